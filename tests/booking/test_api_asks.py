"""Asking as a program does it: a question, a wish for mentorship."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.booking.programs import A_CALL, A_QUESTION, A_WISH, call, errors_of
from tests.installation import Installation
from tests.letters import parsed, text_of, to
from tests.stored import stored


@pytest.fixture
def program(house: Installation) -> FlaskClient:
    return house.browser()


def test_a_question_is_stored_confirmed_and_shown_to_the_advisor(house: Installation, program: FlaskClient) -> None:
    answer = call(program, "/contact", A_QUESTION | {"phone": "+1 212 555 0100", "company": "Lima & Sons"})
    [(ask_id,)] = house.rows("SELECT id::text FROM booking.ask")
    assert (answer.status_code, answer.get_json()) == (201, {"id": ask_id, "state": "open"})
    house.work()
    mails = {to(parsed(mail)): text_of(parsed(mail)) for mail in house.mails()}
    assert set(mails) == {"ana@reader.test", "nora@advisor.test"}
    assert "forty people" in mails["ana@reader.test"]
    for told in ("forty people", "+1 212 555 0100", "Lima & Sons", "America/New_York"):
        assert told in mails["nora@advisor.test"]


@pytest.mark.parametrize(
    ("path", "body", "table"),
    [("/contact", A_QUESTION, "ask"), ("/mentorship-requests", A_WISH, "ask"), ("/bookings", A_CALL, "call")],
)
def test_who_tells_no_zone_reads_times_in_the_advisors(
    house: Installation, program: FlaskClient, path: str, body: dict[str, object], table: str
) -> None:
    zoneless = {name: value for name, value in body.items() if name != "timezone"}
    assert call(program, path, zoneless).status_code == 201
    assert house.rows(f"SELECT zone FROM booking.{table}") == house.rows("SELECT zone FROM booking.advisor")


def test_a_program_that_vouches_for_the_box_leaves_the_sentence_as_proof(
    house: Installation, program: FlaskClient
) -> None:
    call(program, "/contact", A_QUESTION | {"follow_up": True})
    [(sentence,)] = house.rows("SELECT follow_up FROM booking.ask")
    assert sentence.startswith("Also send me the short version of “What a part-time data lead does” in ")
    house.work()
    assert house.rows("SELECT shown FROM nurture.consent") == [(sentence,)]


@pytest.mark.parametrize("follow_up", [{}, {"follow_up": False}])
def test_without_the_box_nobody_becomes_a_lead(
    house: Installation, program: FlaskClient, follow_up: dict[str, bool]
) -> None:
    call(program, "/contact", A_QUESTION | follow_up)
    house.work()
    assert house.rows("SELECT 1 FROM nurture.lead") == []
    assert len(house.mails()) == 2


def test_a_wish_for_mentorship_is_stored_with_all_that_was_told(house: Installation, program: FlaskClient) -> None:
    answer = call(program, "/mentorship-requests", A_WISH | {"preferred_times": "Tuesdays after 17:00"})
    assert (answer.status_code, answer.get_json()["state"]) == (201, "open")
    house.work()
    [advisors] = [text_of(parsed(mail)) for mail in house.mails() if to(parsed(mail)) == "nora@advisor.test"]
    for told in ("first project", "nine years", "Tuesdays after 17:00"):
        assert told in advisors


@pytest.mark.parametrize(("path", "body"), [("/contact", A_QUESTION), ("/mentorship-requests", A_WISH)])
def test_the_same_form_twice_is_one_ask_and_its_key_belongs_to_one_person(
    house: Installation, program: FlaskClient, path: str, body: dict[str, str]
) -> None:
    keyed = body | {"form_key": "of-this-form"}
    first, again = call(program, path, keyed), call(program, path, keyed)
    assert first.get_json() == again.get_json()
    other = call(program, path, keyed | {"name": "Ben", "email": "ben@reader.test"})
    assert other.status_code == 201
    assert house.rows("SELECT person FROM booking.ask ORDER BY 1") == [("ana@reader.test",), ("ben@reader.test",)]
    assert house.rows("SELECT count(*) FROM booking.message") == [(4,)]


@pytest.mark.parametrize("missing", ["name", "email", "message"])
def test_what_is_missing_from_a_question_is_named(quiet_house: Installation, missing: str) -> None:
    before = stored(quiet_house)
    body = {name: value for name, value in A_QUESTION.items() if name != missing}
    answer = call(quiet_house.browser(), "/contact", body)
    assert answer.status_code == 422
    assert errors_of(answer)[missing][1] == "Send this field."
    assert stored(quiet_house) == before


def test_everything_that_is_wrong_is_told_at_once(quiet_house: Installation) -> None:
    body = {"name": " ", "email": "nobody", "format": "weekly", "background": "", "goal": "x" * 5001, "timezone": "CET"}
    answer = call(quiet_house.browser(), "/mentorship-requests", body)
    assert answer.status_code == 422
    assert set(errors_of(answer)) == set(body)


@pytest.mark.parametrize(
    "email",
    [
        *(
            "",
            "ana",
            "ana@",
            "@reader.test",
            "ana@reader",
            "ana@@reader.test",
            "ana @reader.test",
            "a" * 65 + "@x.test",
        ),
        *(
            "Ana <ana@reader.test>",
            "ana@reader.test, ben@reader.test",
            "ana@reader.test\nBcc: eve@x.test",
            "ana@-x.test",
        ),
        *("jürgen@reader.test", "ana@reader.local", "ana@[127.0.0.1]", "ana@localhost", "ana@reader.test\0"),
    ],
)
def test_an_address_that_mail_cannot_reach_is_named_with_what_one_looks_like(
    quiet_house: Installation, email: str
) -> None:
    before = stored(quiet_house)
    answer = call(quiet_house.browser(), "/contact", A_QUESTION | {"email": email})
    assert answer.status_code == 422
    assert "ana@example.org" in errors_of(answer)["email"][1]
    assert stored(quiet_house) == before


def test_an_address_is_kept_as_it_was_written_and_compared_without_case(house: Installation) -> None:
    call(house.browser(), "/contact", A_QUESTION | {"email": "  Ana.Lima@BÜCHER.test "})
    assert house.rows("SELECT email, person FROM booking.ask") == [
        ("Ana.Lima@xn--bcher-kva.test", "ana.lima@xn--bcher-kva.test")
    ]
