"""Questions of a call type: how they are defined, and how an answer of each kind is read from a form and a program."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain.errors import InvalidInput
from services.booking.domain.questions import (
    KINDS,
    RESERVED,
    Choice,
    Question,
    answers_of,
    prefilled,
    questions_of,
    read_answer,
)
from services.booking.domain.requests import Answer
from services.booking.usecases.set_up import set_up
from tests import builders
from tests.booking.programs import A_CALL, call, errors_of
from tests.browsing import Page, opened, post, send
from tests.furnished import signed_in
from tests.installation import START, Installation
from tests.letters import parsed, text_of, to
from tests.stored import stored

WAYS = [{"key": "code", "label": "Code"}, {"key": "team", "label": "The team"}, {"key": "plan", "label": "A plan"}]
# One of every kind, as they are kept with a call type.
ASKED: list[dict[str, Any]] = [
    {"key": "role", "label": "Your role", "kind": "text", "required": True, "hint": "Two words."},
    {"key": "story", "label": "What happened?", "kind": "long_text"},
    {"key": "size", "label": "How big?", "kind": "choice", "choices": ["Small", "Large"]},
    {"key": "ways", "label": "What is it about?", "kind": "several", "choices": WAYS},
    {"key": "people", "label": "How many people?", "kind": "number"},
    {"key": "mobile", "label": "Which number?", "kind": "phone"},
    {"key": "site", "label": "Your site", "kind": "url"},
    {"key": "nda", "label": "Do we need an NDA?", "kind": "yes_no"},
    {"key": "plan", "label": "Plan", "kind": "hidden"},
]
FORM = "/book/intro?start=2026-12-08T09:00:00Z"
WHO = {"name": "Ana Lima", "email": "ana@reader.test"}


@pytest.fixture
def asking(house: Installation) -> Installation:
    house.run("UPDATE booking.call_type SET questions = CAST(:asked AS jsonb)", asked=json.dumps(ASKED))
    return house


def kept(house: Installation) -> dict[str, str]:
    [(answers,)] = house.rows("SELECT answers FROM booking.call")
    return {one["question"]: one["answer"] for one in answers}


def a_question(kind: Any, **more: Any) -> Question:
    return Question("it", "Is it?", kind, **more)


@pytest.mark.parametrize(
    ("kind", "sent", "answer"),
    [
        ("text", "  two words ", "two words"),
        ("long_text", "one\r\ntwo", "one\ntwo"),
        ("number", "40", "40"),
        ("number", " -2,5 ", "-2.5"),
        ("number", 7, "7"),
        ("number", 2.5, "2.5"),
        ("phone", "+49 (30) 123-456/7", "+49 (30) 123-456/7"),
        ("url", "example.org/a?b=c", "https://example.org/a?b=c"),
        ("url", "http://example.org", "http://example.org"),
        ("yes_no", "yes", "Yes"),
        ("yes_no", True, "Yes"),
        ("yes_no", False, "No"),
        ("hidden", "pro", "pro"),
        *((kind, None, "") for kind in KINDS),
        *((kind, "", "") for kind in KINDS),
    ],
)
def test_an_answer_of_each_kind_is_kept_as_people_read_it(kind: str, sent: object, answer: str) -> None:
    assert read_answer(a_question(kind, choices=(Choice("a", "A"),)), sent) == answer


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("text", "two\nlines"),
        ("text", 7),
        ("long_text", "\0"),
        ("choice", "b"),
        ("choice", ["a"]),
        ("choice", {}),
        ("several", ["a", "b"]),
        ("several", [["a"]]),
        *(("number", text) for text in ("many", "1e5", "nan", "٣", "1 000", "9" * 400, True, float("inf"))),
        *(("phone", text) for text in ("call me", "+", "123", "1" * 39, "12345\n")[:4]),
        *(("url", text) for text in ("javascript:alert(1)", "ftp://example.org", "x", "http://[", "https://a b.org")),
        *(("yes_no", text) for text in ("maybe", 1, 0, "on")),
    ],
)
def test_an_answer_that_does_not_fit_its_kind_is_refused_by_name(kind: str, sent: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_answer(a_question(kind, choices=(Choice("a", "A"),)), sent)
    [error] = refused.value.errors
    assert error.field == "answers.it"
    assert str(error.fix)


@given(st.sampled_from(KINDS), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_whatever_is_sent_is_read_or_refused(kind: str, sent: object) -> None:
    try:
        answer = read_answer(a_question(kind, choices=(Choice("a", "A"), Choice("b", "B"))), sent)
    except InvalidInput:
        return
    answer.encode()
    assert "\0" not in answer


def test_answers_come_by_key_or_by_the_questions_words_and_in_its_order() -> None:
    asked = questions_of(ASKED)
    found = answers_of(asked, {"Your site": "example.org", "role": "CTO", "ways": ["plan", "Code"], "size": "Large"})
    assert found == (
        Answer("Your role", "CTO"),
        Answer("How big?", "Large"),
        Answer("What is it about?", "Code; A plan"),
        Answer("Your site", "https://example.org"),
    )


def test_what_a_program_asked_itself_is_kept_behind_the_rest() -> None:
    found = answers_of(questions_of(ASKED), {"Their own": "words", "role": "CTO"})
    assert found == (Answer("Your role", "CTO"), Answer("Their own", "words"))


def test_a_required_question_is_missed_and_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        answers_of(questions_of(ASKED), {"people": "many", "nda": "perhaps"})
    assert [error.field for error in refused.value.errors] == ["answers.role", "answers.people", "answers.nda"]


def test_an_address_answers_only_questions_there_are_and_not_endlessly() -> None:
    found = prefilled(questions_of(ASKED), {"role": "x" * 5000, "nobody": "asked", "plan": "pro", "site": ""})
    assert found == {"role": "x" * 1000, "plan": "pro"}


@pytest.mark.parametrize(
    ("typed", "brought"),
    [("team", "team"), ("Team", "team"), ("the TEAM", "team"), ("Code, a plan", "code,plan"), ("none", "none")],
)
def test_an_address_names_a_choice_by_its_key_or_its_words(typed: str, brought: str) -> None:
    [several] = questions_of([{"key": "ways", "label": "Which?", "kind": "several", "choices": WAYS}])
    assert prefilled([several], {"ways": typed}) == {"ways": brought}


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"key": "Ünknown", "label": "x"},
        *({"key": name, "label": "x"} for name in ("email", "start", "proof", "utm_source", "homepage", "zone")),
        {"key": "a", "label": ""},
        {"key": "a", "label": "two\nlines"},
        {"key": "a", "label": "x", "kind": "file"},
        {"key": "a", "label": "x", "kind": ["text"]},
    ],
)
def test_a_definition_that_no_form_could_show_is_refused(definition: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        questions_of([ASKED[0], definition])
    assert refused.value.errors[0].field == "questions.1"


@pytest.mark.parametrize(
    ("kind", "choices", "said"),
    [
        ("choice", [], "needs two or more answers"),
        ("several", [], "needs two or more answers"),
        ("choice", ["One"], "needs two or more answers"),
        ("several", ["One", "One"], "the same key"),
        ("text", ["One", "Two"], "has no answers to choose from"),
    ],
)
def test_answers_to_choose_from_that_do_not_fit_are_named(kind: str, choices: list[str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        questions_of([ASKED[0], {"key": "a", "label": "x", "kind": kind, "choices": choices}])
    assert [error.field for error in refused.value.errors] == ["questions.1.choices"]


def test_two_questions_of_one_key_and_too_many_are_refused() -> None:
    for definitions in ([ASKED[0], ASKED[0]], [{"key": f"q{number}", "label": "x"} for number in range(21)]):
        with pytest.raises(InvalidInput):
            questions_of(definitions)


def test_a_first_start_with_a_wrong_question_fails_before_anything_is_stored(installation: Installation) -> None:
    wrong = builders.a_call_type("intro", questions=[{"key": "email", "label": "x"}])
    with installation.booking.sessions() as session, pytest.raises(InvalidInput):
        set_up(session, profile=builders.ADVISOR, call_types=[wrong], windows=[], now=START)


def test_no_question_can_take_a_name_that_the_form_uses_itself(asking: Installation) -> None:
    own = {one["key"] for one in ASKED}
    names = set(opened(asking.browser(), f"{FORM}&invitation=x").fields("/book/intro")) - own
    assert names <= RESERVED


def test_the_form_asks_each_kind_and_keeps_what_was_answered(asking: Installation) -> None:
    browser = asking.browser()
    page = opened(browser, FORM)
    for one in ASKED[:-1]:
        field = page.soup.find(attrs={"name": one["key"]})
        assert field is not None, one["key"]
        assert one["label"] in page.text
    typed = {**WHO, "role": "CTO", "size": "Small", "people": "40", "mobile": "+49 30 123456", "nda": "no"}
    fields: dict[str, Any] = {**page.fields("/book/intro"), **typed, "ways": ["code", "plan"], "site": "example.org"}
    assert post(browser, "/book/intro", fields).status_code == 303
    assert kept(asking) == {
        "Your role": "CTO",
        "How big?": "Small",
        "What is it about?": "Code; A plan",
        "How many people?": "40",
        "Which number?": "+49 30 123456",
        "Your site": "https://example.org",
        "Do we need an NDA?": "No",
    }


def test_a_wrong_answer_is_told_beside_its_question_and_the_others_stay(asking: Installation) -> None:
    browser, before = asking.browser(), stored(asking)
    fields: dict[str, Any] = {**opened(browser, FORM).fields("/book/intro"), **WHO, "people": "many", "nda": "yes"}
    again = Page(post(browser, "/book/intro", fields | {"ways": ["team", "plan"], "story": "Long <b>ago</b>"}))
    assert again.status == 422
    assert "This is not a number." in again.wrong("people")
    assert again.wrong("role")
    ticked = [str(box["value"]) for box in again.soup.select("[name=ways][checked], [name=nda][checked]")]
    assert ticked == ["team", "plan", "yes"]
    assert again.fields("/book/intro")["story"] == "Long <b>ago</b>"
    assert stored(asking) == before


@pytest.mark.parametrize("ways", ["code,plan", "code&ways=plan"])
def test_an_address_fills_in_the_form_on_its_way_through_the_calendar(asking: Installation, ways: str) -> None:
    browser = asking.browser()
    way = "/book/intro?role=CTO&ways=code,plan&nda=yes&plan=pro&size=Large&nobody=asked&email=ana@reader.test"
    first = opened(browser, way.replace("code,plan", ways))
    [slot, *_] = [link for link in first.links("start=") if link.startswith("/book/intro?")]
    form = opened(browser, slot)
    assert post(browser, "/book/intro", form.fields("/book/intro") | {"name": "Ana Lima"}).status_code == 303
    assert kept(asking) | {"What is it about?": ""} == {
        "Your role": "CTO",
        "How big?": "Large",
        "What is it about?": "",
        "Do we need an NDA?": "Yes",
        "Plan": "pro",
    }
    ticked = [str(box["value"]) for box in form.soup.select("[name=ways][checked]")]
    assert ticked == ["code", "plan"]
    assert "nobody" not in slot


def test_an_address_can_answer_a_question_of_every_kind(asking: Installation) -> None:
    brought = {
        "role": "CTO & founder",
        "story": "Long ago\r\nit broke",
        "size": "Large",
        "people": "40",
        "mobile": "+49 30 123456",
        "site": "https://example.org/a?b=c",
        "nda": "no",
        "plan": "pro",
    }
    browser = asking.browser()
    form = opened(browser, f"{FORM}&{urlencode({**brought, 'ways': 'team,plan'})}")
    ticked = [str(box["value"]) for box in form.soup.select("[name=ways][checked]")]
    fields: dict[str, Any] = {**form.fields("/book/intro"), **WHO, "ways": ticked}
    assert post(browser, "/book/intro", fields).status_code == 303
    words = {one["key"]: one["label"] for one in ASKED}
    expected = {**brought, "story": "Long ago\nit broke", "nda": "No", "ways": "The team; A plan"}
    assert kept(asking) == {words[key]: answer for key, answer in expected.items()}


def test_a_program_answers_by_key_by_words_and_in_its_own_types(asking: Installation) -> None:
    answers = {"role": "CTO", "How many people?": 40, "ways": ["code"], "nda": True}
    assert call(asking.browser(), "/bookings", {**A_CALL, "answers": answers}).status_code == 201
    assert kept(asking) == {
        "Your role": "CTO",
        "What is it about?": "Code",
        "How many people?": "40",
        "Do we need an NDA?": "Yes",
    }


def test_a_program_is_told_which_answer_is_wrong(asking: Installation) -> None:
    before = stored(asking)
    answer = call(asking.browser(), "/bookings", {**A_CALL, "answers": {"people": "many", "size": "Medium"}})
    assert answer.status_code == 422
    assert set(errors_of(answer)) == {"answers.role", "answers.people", "answers.size"}
    assert "Small; Large" in errors_of(answer)["answers.size"][1]
    assert stored(asking) == before


def test_a_program_can_read_what_is_asked(asking: Installation) -> None:
    listed = asking.browser().get("/api/v1/call-types").get_json()["items"]
    assert questions_of(listed[0]["questions"]) == questions_of(ASKED)


def test_the_sample_call_types_ask_what_a_form_can_show() -> None:
    import tomllib
    from pathlib import Path

    content = Path(__file__).parents[2] / "content" / "call-types.toml"
    found = [questions_of(row["questions"]) for row in tomllib.loads(content.read_text("utf-8"))["call_type"]]
    assert [question.key for question in found[0]] == ["situation", "worth"]
    assert all(found)


def test_a_hidden_question_that_is_required_is_never_held_against_anybody(asking: Installation) -> None:
    assert answers_of([Question("plan", "Plan", "hidden", required=True)], {}) == ()
    assert send(asking.browser(), FORM, **WHO, role="CTO").status_code == 303


def test_what_only_the_address_answered_is_for_the_advisor_alone(asking: Installation) -> None:
    """The person saw neither the question nor the answer; the advisor knows by it where they come from."""
    browser, console = asking.browser(), signed_in(asking)
    sent = send(browser, f"{FORM}&plan=campX", **WHO, role="CTO", story="Long ago", site="example.org")
    [(call_id, token)] = asking.rows("SELECT id, token FROM booking.call")
    assert sent.status_code == 303
    page = opened(browser, f"/call/{token}").text
    assert "Your site https://example.org" in page
    assert "campX" not in page
    [line] = [line.get_text(" ") for line in opened(console, "/console").soup.select("summary .said")]
    assert line.endswith("https://example.org")
    calls = opened(console, "/console/calls").text
    assert "https://example.org" in calls
    assert "campX" not in calls
    assert "Plan campX" in opened(console, f"/console/calls/{call_id}").text
    asking.work()
    asking.pass_time(hours=1)
    asking.work()
    [reminder] = [mail for mail in map(parsed, asking.mails()) if "You wrote" in text_of(mail)]
    assert "https://example.org" in text_of(reminder)
    said = {to(mail): "campX" in text_of(mail) for mail in map(parsed, asking.mails())}
    assert said == {"ana@reader.test": False, "nora@advisor.test": True}
