"""The console's form of a call type: what it shows, and what was sent, as `domain.offers` reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unicodedata import normalize

from sqlalchemy.orm import Session

from services.booking.domain.errors import InvalidInput
from services.booking.domain.offers import FIELDS
from services.booking.domain.questions import MOST_QUESTIONS
from services.booking.models import CallType
from services.booking.usecases.offers import NO_WAY, schedule_name

TICKED = ("pending_blocks", "verify_email", "no_show_follow_up", "active")
# What a new call type is shown with; the columns have the same defaults.
USUAL = {
    # Whatever is being tried out is on no list before somebody says so.
    "way": NO_WAY,
    "minutes": "30",
    "interval_minutes": "30",
    "buffer_before_minutes": "0",
    "buffer_after_minutes": "0",
    "notice_minutes": "720",
    "horizon_kind": "days",
    "horizon_days": "60",
    "move_notice_minutes": "720",
    "cancel_notice_minutes": "120",
    "seats": "1",
    "confirmation": "none",
    "location_kind": "video",
    "access": "public",
    "reminder_minutes": "60, 1440",
    "follow_up_minutes": "60",
    "pending_blocks": "yes",
    "no_show_follow_up": "yes",
    "active": "yes",
}

KINDS_IN_WORDS = {
    "text": "a line",
    "long_text": "a longer text",
    "choice": "one of several",
    "several": "any of several",
    "number": "a number",
    "phone": "a telephone number",
    "url": "an address on the web",
    "yes_no": "yes or no",
    "hidden": "only filled from the address",
}


def given_of(form: Mapping[str, str]) -> dict[str, object]:
    """What was sent, by the names of `FIELDS`. A box that is not ticked is a no; a question without words is none."""
    given: dict[str, object] = {name: form[name] for name in FIELDS if name in form and name not in TICKED}
    given |= {name: "yes" if form.get(name) else "no" for name in TICKED}
    # A new one need not say where it stands.
    given = {name: value for name, value in given.items() if value or name not in ("way", "position")}
    if "schedule" in form:
        given["schedule"] = form["schedule"]
    given["questions"] = _questions(form)
    return given


def beside_rows(error: InvalidInput, form: Mapping[str, str]) -> InvalidInput:
    """What is wrong with a question, said of its row: those without words were left out before they were counted."""
    rows = dict(enumerate(_asked(form)))
    fields = {f"questions.{number}": f"q{at}_label" for number, at in rows.items()}
    fields |= {f"questions.{number}.choices": f"q{at}_choices" for number, at in rows.items()}
    return InvalidInput([replace(one, field=fields.get(one.field, one.field)) for one in error.errors])


def filled(session: Session, call_type: CallType | None) -> dict[str, str]:
    """The values of the form for a call type, or for a new one."""
    if call_type is None:
        return dict(USUAL)
    values = {name: _text(getattr(call_type, name)) for name in FIELDS if name != "questions"}
    values["schedule"] = schedule_name(session, call_type) or ""
    for at, question in enumerate(call_type.questions):
        values |= {f"q{at}_{name}": _text(question.get(name)) for name in ("key", "label", "kind", "hint", "required")}
        values[f"q{at}_choices"] = "\n".join(_choice(choice) for choice in question.get("choices") or ())
    return values


def question_rows(values: Mapping[str, str]) -> int:
    """How many rows of questions stand open: up to the last with words. The others are folded, one in another."""
    return max(_asked(values), default=-1) + 1


def _asked(form: Mapping[str, str]) -> list[int]:
    """The rows that hold a question."""
    return [at for at in range(MOST_QUESTIONS) if form.get(f"q{at}_label", "").strip()]


def _questions(form: Mapping[str, str]) -> list[dict[str, object]]:
    rows = [f"q{at}_" for at in _asked(form)]
    taken = {form.get(f"{row}key", "").strip() for row in rows}
    return [_question(form, row, taken) for row in rows]


def _question(form: Mapping[str, str], row: str, taken: set[str]) -> dict[str, object]:
    """One row as a question; a key that is made for it is added to those `taken`."""
    label = form.get(f"{row}label", "").strip()
    kind = form.get(f"{row}kind") or "text"
    lines = [line.strip() for line in form.get(f"{row}choices", "").splitlines() if line.strip()]
    return {
        "key": form.get(f"{row}key", "").strip() or _key(label, taken),
        "label": label,
        "kind": kind,
        "hint": form.get(f"{row}hint", ""),
        "required": bool(form.get(f"{row}required")),
        "choices": [_choice_of(line) for line in lines] if kind in ("choice", "several") else [],
    }


def _choice_of(line: str) -> dict[str, str]:
    """`key = Words` or just the words, which are then the key as well."""
    key, equals, label = line.partition(" = ")
    return {"key": key, "label": label} if equals else {"key": line, "label": line}


def _choice(choice: Mapping[str, str]) -> str:
    return choice["label"] if choice["key"] == choice["label"] else f"{choice['key']} = {choice['label']}"


def _key(label: str, taken: set[str]) -> str:
    """A key out of a question's words, for whoever does not care what it is called in addresses. It is taken then.

    >>> _key("How many people?", set()), _key("人数は？", {"question"})
    ('how_many_people', 'question_2')
    """
    plain = normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")[:36] or "question"
    key = next(key for key in (name, *(f"{name}_{number}" for number in range(2, 100))) if key not in taken)
    taken.add(key)
    return key


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)
