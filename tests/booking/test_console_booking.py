"""The advisor books for somebody, and answers an ask with times: under no rule but what is taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.booking.models import Call
from tests.booking.calls import NIGHT, TEN, TWELVE, asked, booked, of_type, wished
from tests.booking.crowd import set_type
from tests.booking.invitations import ANA, event_of, flat, has_calendar
from tests.browsing import Page, opened, post
from tests.builders import a_visitor
from tests.furnished import NORA, signed_in
from tests.installation import Installation
from tests.letters import parsed, to
from tests.stored import stored

NEW = "/console/calls/new"
BEN = {"name": "Ben Okafor", "email": "ben@reader.test", "timezone": "Asia/Kathmandu"}


@pytest.fixture
def console(house: Installation) -> FlaskClient:
    return signed_in(house)


def book(console: FlaskClient, path: str = NEW, **typed: Any) -> Page:
    return Page(post(console, NEW, {**opened(console, path).fields(NEW), **BEN, **typed}))


def calls(house: Installation, columns: str = "state, starts_at, ends_at, name, zone") -> list[tuple[Any, ...]]:
    return [tuple(row) for row in house.rows(f"SELECT {columns} FROM booking.call ORDER BY starts_at, id")]


def test_a_call_is_booked_at_any_time_to_come_in_their_zone(house: Installation, console: FlaskClient) -> None:
    of_type(house, confirmation="always", verify_email=True, most_open=0, other_minutes=[45])
    answer = book(console, start="2026-12-08T23:00", minutes="45").answer
    end = NIGHT + timedelta(minutes=45)
    assert calls(house) == [("confirmed", NIGHT, end, "Ben Okafor", "Asia/Kathmandu")]
    [(call_id,)] = calls(house, "id")
    assert answer.headers["Location"] == f"/console/calls/{call_id}?said=call_booked"
    page = opened(console, answer.headers["Location"])
    assert page.heading == "Ben Okafor"
    assert "Booked for Tue 8 Dec, 23:00 · you" in page.text
    told = {"call_type": "intro", "start": "2026-12-08T22:00:00Z"}
    assert house.rows("SELECT actor, act, subject, detail FROM access.audit") == [(NORA, "call_booked", call_id, told)]


def test_a_free_time_is_one_of_the_chips_and_a_repeated_form_books_once(
    house: Installation, console: FlaskClient
) -> None:
    form = {**opened(console, NEW).fields(NEW), **BEN}
    chips = [str(chip["value"]) for chip in opened(console, NEW).soup.select("input[name=chosen]")]
    for _ in range(2):
        assert post(console, NEW, {**form, "chosen": chips[1]}).status_code == 303
    assert [start.strftime("%Y-%m-%dT%H:%M:%SZ") for (start,) in calls(house, "starts_at")] == [chips[1]]
    assert house.rows("SELECT count(*) FROM access.audit") == [(1,)]


def test_the_time_must_be_typed_where_none_can_be_chosen(house: Installation, console: FlaskClient) -> None:
    def label() -> str:
        [said] = opened(console, NEW).soup.select("label[for=start]")
        return said.get_text()

    assert label() == "Any other time, in Berlin (optional)"
    house.run("DELETE FROM booking.weekly_hours")
    assert label() == "The time, in Berlin"
    assert "required" in str(opened(console, NEW).soup.select_one("input#start"))


def test_what_the_advisor_says_stands_in_their_invitation_and_in_no_other(
    house: Installation, console: FlaskClient
) -> None:
    words = {"message": "As agreed\non the phone.", "notes": "Wants a price", "guests": "gil@guest.test"}
    assert book(console, start="2026-12-08T23:00", company="Reader Ltd", **words).status == 303
    assert calls(house, "notes, company") == [("Wants a price", "Reader Ltd")]
    house.work()
    mails = {to(mail): mail for mail in map(parsed, house.mails())}
    assert set(mails) == {"ben@reader.test", NORA, "gil@guest.test"}
    assert "As agreed > on the phone." in flat(mails["ben@reader.test"])
    for mail in (mails[NORA], mails["gil@guest.test"]):
        assert "As agreed" not in flat(mail)
    assert all(map(has_calendar, mails.values()))
    assert not any("Wants a price" in mail.as_string() for mail in mails.values())
    assert "03:45" in flat(mails["ben@reader.test"])  # on Wednesday, in Kathmandu


def test_what_the_advisor_says_is_not_lost_when_the_call_moves_before_its_mail_left(
    house: Installation, console: FlaskClient
) -> None:
    book(console, start="2026-12-08T23:00", message="As agreed", guests="gil@guest.test")
    [(call_id,)] = calls(house, "id")
    for hour in ("11", "12"):
        act(console, call_id, "move", start=f"2026-12-08T{hour}:00")
    house.work()
    mails = {to(mail): mail for mail in map(parsed, house.mails())}
    assert "I booked this call for you. We speak on Tuesday 8 December." in flat(mails["ben@reader.test"])
    assert [whom for whom, mail in mails.items() if "As agreed" in flat(mail)] == ["ben@reader.test"]
    # It was read by now: the next update does not say it again.
    act(console, call_id, "move", start="2026-12-08T10:00")
    house.work()
    later = list(map(flat, map(parsed, house.mails()[len(mails) :])))
    assert not any("As agreed" in mail for mail in later)
    assert any("I moved our call to" in mail for mail in later)


def test_what_the_advisor_says_goes_with_the_news_of_a_guest(house: Installation, console: FlaskClient) -> None:
    book(console, start="2026-12-08T23:00", message="As agreed")
    [(call_id,)] = calls(house, "id")
    act(console, call_id, "guests", guests="gil@guest.test")
    house.work()
    [to_ben] = [mail for mail in map(parsed, house.mails()) if to(mail) == "ben@reader.test"]
    assert "I booked this call for you." in flat(to_ben)
    assert "As agreed" in flat(to_ben)


def act(console: FlaskClient, call_id: Any, form: str, **typed: str) -> None:
    page, action = f"/console/calls/{call_id}", f"/console/calls/{call_id}/{form}"
    assert post(console, action, {**opened(console, page).fields(action), **typed}).status_code == 303


def test_answers_can_be_given_and_none_must_be(house: Installation, console: FlaskClient) -> None:
    house.run(
        "UPDATE booking.call_type SET questions = jsonb_set(questions, '{1,required}', 'true') WHERE slug = 'intro'"
    )
    assert book(console, start="2026-12-08T22:00").status == 303
    typed = {"answers.situation": "board_asks", "answers.worth": "A plan"}
    assert book(console, start="2026-12-08T23:00", **typed).status == 303
    first, second = calls(house, "answers")
    assert first == ([],)
    assert [answer["answer"] for answer in second[0]] == ["The board asks for a plan that we cannot yet tell", "A plan"]


def test_a_session_by_invitation_and_a_seat_can_be_booked(house: Installation, console: FlaskClient) -> None:
    assert book(console, f"{NEW}?call_type=session", start="2026-12-08T23:00").status == 303
    set_type(house, "strategy", seats=3)
    for name in ("Ana", "Cem"):
        sent = {"name": name, "email": f"{name.lower()}@reader.test", "start": "2026-12-09T21:00"}
        assert book(console, f"{NEW}?call_type=strategy", **sent).status == 303
    assert house.rows("SELECT taken FROM booking.group_call") == [(2,)]
    again = book(console, f"{NEW}?call_type=strategy", email="cem@reader.test", start="2026-12-09T21:00")
    assert again.status == 409
    assert "There is such a call with this address already." in again.text


def test_another_for_the_same_person_is_filled_in(house: Installation, console: FlaskClient) -> None:
    call = booked(house, visitor=a_visitor(company="Reader Ltd"))
    form = opened(console, f"{NEW}?for={call.id}").fields(NEW)
    assert (form["name"], form["email"], form["timezone"]) == ("Ana Lima", ANA, "America/New_York")
    for nobody in ("x", "%00", "0199f0c2-7d1e-7cc3-9a43-111111111111"):
        assert opened(console, f"{NEW}?for={nobody}").fields(NEW)["name"] == ""


def test_a_taken_time_is_told_beside_it_with_all_that_was_typed(house: Installation, console: FlaskClient) -> None:
    booked(house)
    before = stored(house)
    page = book(console, start="2026-12-08T10:15", guests="gil@guest.test", message="As agreed", notes="A note")
    assert page.status == 409
    assert page.wrong("start").startswith("Tue 8 Dec, 10:15 is taken. Nearest free: ")
    kept = page.fields(NEW)
    assert (kept["start"], kept["email"], kept["timezone"]) == ("2026-12-08T10:15", "ben@reader.test", "Asia/Kathmandu")
    assert (kept["guests"], kept["message"], kept["notes"]) == ("gil@guest.test", "As agreed", "A note")
    assert stored(house) == before


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"start": ""}, "start"),
        ({"start": "soon"}, "start"),
        ({"start": "2026-12-07T08:00"}, "start"),  # has passed
        ({"start": "2027-03-28T02:30"}, "start"),  # does not exist in Berlin
        ({"start": "2027-10-31T02:30"}, "start"),  # comes twice
        ({"start": "0001-01-01T00:00"}, "start"),
        ({"chosen": "x" * 9000}, "start"),
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"guests": "nobody"}, "guests"),
        ({"guests": "ben@reader.test"}, "guests"),
        ({"message": "x" * 1001}, "message"),
        ({"notes": "a\0b"}, "notes"),
        ({"answers.situation": "made up"}, "answers.situation"),
        ({"phone": "x" * 41}, "phone"),
    ],
)
def test_what_cannot_be_booked_is_told_beside_its_field_and_books_nothing(
    house: Installation, console: FlaskClient, typed: dict[str, str], field: str
) -> None:
    before = stored(house)
    page = book(console, **{"start": "2026-12-08T23:00", **typed})
    assert page.status == 422
    assert page.wrong(field)
    assert stored(house) == before


@pytest.mark.parametrize("sent", [{"call_type": "nothing"}, {"call_type": "✓"}, {"call_type": "x" * 9000}])
def test_a_call_type_that_is_not_there_is_not_found(
    house: Installation, console: FlaskClient, sent: dict[str, str]
) -> None:
    before = stored(house)
    assert book(console, start="2026-12-08T23:00", **sent).status == 404
    assert console.get(NEW, query_string=sent).status_code == 404
    assert stored(house) == before


@pytest.mark.parametrize("minutes", ["44", "0", "x", "-30", "9" * 400])
def test_a_length_that_is_not_offered_is_refused(house: Installation, console: FlaskClient, minutes: str) -> None:
    of_type(house, other_minutes=[45])
    before = stored(house)
    page = book(console, start="2026-12-08T23:00", minutes=minutes)
    assert page.status == 422
    assert page.wrong("minutes")
    assert stored(house) == before


def test_a_question_is_answered_with_times(house: Installation, console: FlaskClient) -> None:
    ask = asked(house)
    path = f"/console/asks/{ask}/times"
    assert opened(console, "/console").links(path)
    page = opened(console, path)
    assert "What does it cost for forty people?" in page.text
    sent = {**page.fields(path), "start": ["2026-12-08T12:00", "2026-12-08T23:00"], "message": "On the phone?"}
    answer = post(console, path, sent)
    assert answer.headers["Location"] == "/console?said=times_offered"
    assert house.rows("SELECT state FROM booking.ask") == [("answered",)]
    assert house.rows("SELECT starts, message FROM booking.proposal") == [([TWELVE, NIGHT], "On the phone?")]
    told = {
        "call_type": "intro",
        "starts": ["2026-12-08T11:00:00Z", "2026-12-08T22:00:00Z"],
        "state": ["open", "answered"],
    }
    assert house.rows("SELECT actor, act, subject, detail FROM access.audit") == [(NORA, "times_offered", ask, told)]
    assert "Nothing waits for you." in opened(console, "/console").text


def test_a_wish_for_mentorship_is_accepted_with_times_of_another_call(
    house: Installation, console: FlaskClient
) -> None:
    path = f"/console/asks/{wished(house)}/times"
    page = opened(console, f"{path}?call_type=session")
    assert post(console, path, {**page.fields(path), "start": "2026-12-08T12:00"}).status_code == 303
    assert house.rows("SELECT state FROM booking.ask") == [("accepted",)]
    house.work()
    [mail] = [mail for mail in map(parsed, house.mails()) if "/times/" in flat(mail)]
    assert to(mail) == ANA


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"start": ""}, 422),
        ({"start": "soon"}, 422),
        ({"start": "2026-12-08T10:00"}, 409),  # taken
        ({"start": [f"2026-12-08T{hour}:00" for hour in range(11, 23)]}, 422),
        ({"start": "2026-12-08T23:00", "message": "x" * 1001}, 422),
        ({"start": "2026-12-08T23:00", "call_type": ""}, 422),
        ({"start": "2026-12-08T23:00", "call_type": "nothing"}, 404),
    ],
)
def test_an_answer_with_times_that_cannot_be_sent_leaves_the_ask_open(
    house: Installation, console: FlaskClient, sent: dict[str, Any], status: int
) -> None:
    path = f"/console/asks/{asked(house)}/times"
    booked(house)
    before = stored(house)
    page = Page(post(console, path, {**opened(console, path).fields(path), "message": "Hello", **sent}))
    assert page.status == status
    assert status == 404 or page.fields(path)["message"] == sent.get("message", "Hello")
    assert stored(house) == before


def test_an_ask_that_was_declined_takes_no_times(house: Installation, console: FlaskClient) -> None:
    path = f"/console/asks/{wished(house)}/times"
    form = opened(console, path).fields(path)
    house.run("UPDATE booking.ask SET state = 'declined'")
    page = Page(post(console, path, {**form, "start": "2026-12-08T23:00"}))
    assert page.status == 409
    assert "settled already" in page.text


def test_an_ask_that_is_not_there_is_not_found(quiet_house: Installation) -> None:
    for ask in ("0199f0c2-7d1e-7cc3-9a43-111111111111", "x", "%00"):
        assert opened(signed_in(quiet_house), f"/console/asks/{ask}/times").status == 404


def test_the_advisors_entry_opens_the_call(house: Installation, console: FlaskClient) -> None:
    call: Call = booked(house, TEN)
    house.work()
    [mail] = [mail for mail in map(parsed, house.mails()) if to(mail) == NORA]
    assert str(event_of(mail)["URL"]) == f"http://firstcall.test/console/calls/{call.id}"
    assert f"http://firstcall.test/console/calls/{call.id}" in flat(mail)
