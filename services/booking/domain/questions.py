"""What a call type's form asks beside name and address: how a question is defined, and how its answer is read.

The same reading for the form and for the API. Definitions are the advisor's own words, kept with the call type; an
answer is kept with the question as it was worded then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from services.booking.domain.errors import Message, invalid
from services.booking.domain.forms import Problems, clean_line, clean_text, clipped, clipped_text
from services.booking.domain.requests import Answer
from shared.events.booking import CLICK_IDS, UTM

Kind = Literal["text", "long_text", "choice", "several", "number", "phone", "url", "yes_no", "hidden"]
MOST_QUESTIONS = 20
MOST_CHOICES = 50
# Of what an address brings along; a form takes more.
LONGEST_PREFILL = 1000


@dataclass(frozen=True)
class Choice:
    """One of the answers to choose from: the value of its field, and its words."""

    key: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question. `key` names its field and its parameter in an address; `hidden` is only filled from there."""

    key: str
    label: str
    kind: Kind = "text"
    required: bool = False
    hint: str = ""
    choices: tuple[Choice, ...] = ()


def questions_of(definitions: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    """The questions of a call type, from `[{key, label, kind?, required?, hint?, choices?: [{key, label}]}]`.

    Raises `InvalidInput` for a definition that no form could show, naming `questions.<position>`, or its `.choices`.
    """
    if len(definitions) > MOST_QUESTIONS:
        raise invalid("questions", Message("These are too many questions."), Message("Ask the ones that matter most."))
    problems, none = Problems(), Question("", "")
    found = [problems.take(none, _question, given, f"questions.{at}") for at, given in enumerate(definitions)]
    problems.finish()
    keys = [question.key for question in found]
    if len(set(keys)) < len(keys):
        message, fix = Message("Two questions have the same key."), Message("Give each question a key of its own.")
        raise invalid("questions", message, fix)
    return tuple(found)


def definition(question: Question) -> dict[str, Any]:
    """The question as it is kept: what `questions_of` reads."""
    return asdict(question) | {"choices": [asdict(choice) for choice in question.choices]}


def answers_of(
    questions: Sequence[Question], given: Mapping[str, Any], *, translate: Callable[[str], str] = str
) -> tuple[Answer, ...]:
    """What was answered, in the order of the questions; `given` holds answers by key or by the question's words.

    A program may have asked more than the call type does: that is kept behind the rest, in its own words. Raises
    `InvalidInput` naming `answers.<key>`.
    """
    problems, answers = Problems(), []
    for question in questions:
        sent = given.get(question.key, given.get(question.label))
        answer = problems.take("", read_answer, question, sent, translate=translate)
        answers.append(Answer(question.label, answer, hidden=question.kind == "hidden"))
    known = {name for question in questions for name in (question.key, question.label)}
    for name in [name for name in given if name not in known]:
        answers.append(problems.take(Answer("", ""), _own, name, given[name]))
    problems.finish()
    return tuple(answer for answer in answers if answer.answer)


def read_answer(question: Question, given: object, *, translate: Callable[[str], str] = str) -> str:
    """One answer as it is kept, "" for none. Raises `InvalidInput` naming `answers.<key>`."""
    field = f"answers.{question.key}"
    answer = "" if given is None or given in ("", []) else _read(question, given, field)
    if question.required and not answer and question.kind != "hidden":
        raise invalid(field, Message("This is empty."), _FIX_EMPTY.get(question.kind, Message("Fill it in, please.")))
    return translate(answer) if question.kind == "yes_no" and answer else answer


def prefilled(questions: Sequence[Question], parameters: Mapping[str, str]) -> dict[str, str]:
    """What the address of the page has answered already, by key; only for questions there are, and cut short.

    Of `several`, the keys stand with commas between them. A choice is known by its key or its words, however typed.
    """
    found = {question.key: _brought(question, parameters.get(question.key)) for question in questions}
    return {key: value for key, value in found.items() if value}


def _brought(question: Question, given: str | None) -> str:
    text = (clipped_text if question.kind == "long_text" else clipped)(given, LONGEST_PREFILL)
    if not question.choices:
        return text
    keys = {name.casefold(): choice.key for choice in question.choices for name in (choice.label, choice.key)}
    # Some words have a comma of their own.
    return keys.get(text.casefold()) or ",".join(keys.get(one.strip().casefold(), one) for one in text.split(","))


def _question(given: Mapping[str, Any], field: str) -> Question:
    key, kind = str(given.get("key", "")), given.get("kind", "text")
    if not _KEY.fullmatch(key) or key in RESERVED:
        message = Message("“%(key)s” cannot be the key of a question.", {"key": clipped(key, 40)})
        fix = Message("Use small letters, digits and underscores, and a word that the form does not use itself.")
        raise invalid(field, message, fix)
    if kind not in KINDS:
        fix = Message("Choose one of %(kinds)s.", {"kinds": ", ".join(KINDS)})
        raise invalid(field, Message("This is no kind of question."), fix)
    label = clean_line(str(given.get("label") or ""), field)
    hint = clean_line(str(given.get("hint") or ""), field, required=False)
    choices = tuple(_choice(choice, field) for choice in given.get("choices") or ())
    _require_choices(kind, choices, f"{field}.choices")
    return Question(key, label, kind, given.get("required") is True, hint, choices[:MOST_CHOICES])


def _require_choices(kind: str, choices: Sequence[Choice], field: str) -> None:
    if kind not in ("choice", "several"):
        if choices:
            message = Message("A question of this kind has no answers to choose from.")
            raise invalid(field, message, Message("Leave them out, or choose another kind."))
    elif len(choices) < 2:
        message = Message("This question needs two or more answers to choose from.")
        raise invalid(field, message, Message("Write two or more answers, one a line."))
    elif len({choice.key for choice in choices}) < len(choices):
        message = Message("Two of the answers to choose from have the same key.")
        raise invalid(field, message, Message("Give each answer a key of its own."))


def _choice(given: object, field: str) -> Choice:
    if isinstance(given, Mapping):
        label = clean_line(str(given.get("label") or ""), field)
        return Choice(clean_line(str(given.get("key") or label), field), label)
    label = clean_line(str(given), field)
    return Choice(label, label)


def _own(name: str, given: object) -> Answer:
    words = clean_line(name, "answers")
    return Answer(words, clean_text(_text_of(given, f"answers.{words}"), f"answers.{words}", required=False))


def _read(question: Question, given: object, field: str) -> str:
    if question.kind == "choice":
        return _one(question, given, field)
    if question.kind == "several":
        return _some(question, given, field)
    return _READERS[question.kind](given, field)


def _line(given: object, field: str) -> str:
    return clean_line(_text_of(given, field), field, required=False)


def _long(given: object, field: str) -> str:
    return clean_text(_text_of(given, field), field, required=False)


def _one(question: Question, given: object, field: str) -> str:
    for choice in question.choices:
        if given in (choice.key, choice.label):
            return choice.label
    among = "; ".join(choice.label for choice in question.choices)
    raise invalid(field, Message("This is not one of the answers."), Message("Choose one of: %(all)s.", {"all": among}))


def _some(question: Question, given: object, field: str) -> str:
    chosen = given if isinstance(given, list) else [given]
    labels = {_one(question, one, field) for one in chosen[: MOST_CHOICES + 1]}
    return "; ".join(choice.label for choice in question.choices if choice.label in labels)


def _number(given: object, field: str) -> str:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    text = str(given) if is_number else _text_of(given, field).strip()
    if not _NUMBER.fullmatch(text):
        raise invalid(field, Message("This is not a number."), Message("Write it in digits, for example 40 or 2.5."))
    return text.replace(",", ".")


def phone_number(given: object, field: str) -> str:
    """A number that can be called, "" for none. Raises `InvalidInput`."""
    text = clean_line(_text_of(given, field), field, limit=40, required=False)
    if text and not (_PHONE.fullmatch(text) and 5 <= len(re.sub(r"\D", "", text)) <= 20):
        fix = Message("Write it with the code of the country, for example +49 30 1234567.")
        raise invalid(field, Message("This is not a telephone number."), fix)
    return text


def _url(given: object, field: str) -> str:
    text = clean_line(_text_of(given, field), field, limit=1000, required=False)
    address = text if not text or "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        fits = not text or (parts.scheme in ("http", "https") and "." in (parts.hostname or "") and " " not in text)
    except ValueError:
        fits = False
    if not fits:
        fix = Message("It looks like https://example.org/page.")
        raise invalid(field, Message("This is not the address of a page."), fix)
    return address


def _yes_no(given: object, field: str) -> str:
    if given is True or given == "yes":
        return str(YES)
    if given is False or given == "no":
        return str(NO)
    raise invalid(field, Message("This is neither yes nor no."), Message("Answer yes or no."))


def _text_of(given: object, field: str) -> str:
    if not isinstance(given, str):
        raise invalid(field, Message("This is not a text."), Message("Send a string."))
    return given


KINDS: tuple[str, ...] = get_args(Kind)
YES, NO = Message("Yes"), Message("No")
# Fields and parameters of the booking page itself: a question of that name would be filled in by something else.
_OF_PERSONS = ("company", "email", "guests", "name", "phone")
_OF_THE_PAGE = (
    "answers",
    "day",
    "just",
    "landing",
    "link",
    "lost",
    "minutes",
    "month",
    "reason",
    "referrer",
    "start",
    "via",
)
_OF_THE_FORM = ("another", "call_type", "csrf_token", "form_key", "homepage", "invitation", "proof", "timezone", "zone")
RESERVED = frozenset((*_OF_PERSONS, *_OF_THE_PAGE, *_OF_THE_FORM, *UTM, *CLICK_IDS))
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,6})?", re.ASCII)
_PHONE = re.compile(r"\+?[0-9 ()./-]+")
_FIX_EMPTY: Mapping[Kind, Message] = {
    kind: Message("Choose one of the answers.") for kind in ("choice", "several", "yes_no")
}
_READERS: Mapping[Kind, Callable[[object, str], str]] = {
    "text": _line,
    "long_text": _long,
    "number": _number,
    "phone": phone_number,
    "url": _url,
    "yes_no": _yes_no,
    "hidden": _line,
}
