"""What the advisor does in the console, what it tells others, and the trail it leaves."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import BindParameter, Case

from services.booking.domain.happenings import EVENTS
from services.booking.domain.invites import Method
from services.booking.usecases.ask import ask_by_contact, ask_for_mentorship
from services.booking.usecases.book import book_call
from services.booking.usecases.propose import propose_times
from services.booking.usecases.render.wanted import unwanted
from shared.events import known_events
from tests.browsing import Page, opened, post, send
from tests.builders import a_booking, a_question, a_visitor, a_wish_for_mentorship
from tests.furnished import NORA, signed_in
from tests.installation import START, Installation
from tests.letters import calendar_of, ics_of, link_in, parsed, text_of, to
from tests.stored import stored

TEN = "2026-12-08T09:00:00Z"


@pytest.fixture
def console(house: Installation) -> FlaskClient:
    return signed_in(house)


def ask(house: Installation) -> str:
    with house.booking.sessions.begin() as session:
        return str(ask_by_contact(session, a_question(), now=house.clock.now()).id)


def wish(house: Installation, **changes: str) -> str:
    with house.booking.sessions.begin() as session:
        return str(ask_for_mentorship(session, a_wish_for_mentorship(**changes), now=house.clock.now()).id)


def book(house: Installation, start: str = TEN) -> str:
    with house.booking.sessions.begin() as session:
        request = a_booking(datetime.fromisoformat(start), visitor=a_visitor("Ben Okafor", "ben@reader.test"))
        return str(book_call(session, request, uid_domain="firstcall.test", now=house.clock.now()).id)


def trail(house: Installation) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in house.rows("SELECT actor, act, subject::text FROM access.audit ORDER BY id")]


def test_an_empty_day_says_that_nothing_waits(console: FlaskClient) -> None:
    text = opened(console, "/console").text
    assert "Nothing waits for you." in text
    assert "No call is booked." in text


def test_today_shows_who_asked_who_wishes_and_whom_to_speak_with(house: Installation, console: FlaskClient) -> None:
    ask(house), wish(house), book(house)
    text = opened(console, "/console").text
    for shown in ("2 answers owed.", "Ana Lima", "forty people", "Lead my first project", "Ben Okafor", "10:00"):
        assert shown in text


def test_a_call_whose_address_has_not_answered_is_no_call_yet(house: Installation, console: FlaskClient) -> None:
    call = book(house)
    assert "Next call" in opened(console, "/console").text
    assert opened(console, "/console").soup.select_one("a.act") is not None
    house.run("UPDATE booking.call SET state = 'unverified' WHERE id = :id", id=call)
    page = opened(console, "/console")
    assert "waits for their address to answer" in page.text
    assert "No call is booked." in page.text
    assert page.soup.select_one("a.act") is None


def test_an_answer_that_is_owed_for_two_days_is_late(house: Installation, console: FlaskClient) -> None:
    ask(house)
    assert "late" not in opened(console, "/console").text.split()
    house.clock.move(datetime(2026, 12, 9, 8, 1) - datetime(2026, 12, 7, 8))  # noqa: DTZ001 - a difference
    assert "late" in opened(console, "/console").text.split()


def test_calls_of_the_past_are_not_on_today(house: Installation, console: FlaskClient) -> None:
    book(house)
    house.pass_time(days=2)
    assert "Ben Okafor" not in opened(console, "/console").text


def test_noting_a_question_as_answered_takes_it_off_the_list_and_tells_the_others(
    house: Installation, console: FlaskClient
) -> None:
    ask_id = ask(house)
    answer = send(console, "/console", action=f"/console/asks/{ask_id}/answered")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console?said=answered")
    assert "Nothing waits for you." in opened(console, answer.headers["Location"]).text
    assert trail(house) == [(NORA, "ask_answered", ask_id)]
    told = house.rows("SELECT payload ->> 'answer' FROM webhooks.inbox WHERE name = 'booking.ask_answered.v1'")
    assert told == [("answered",)]


def test_accepting_mails_a_link_that_books_the_session(house: Installation, console: FlaskClient) -> None:
    ask_id = wish(house)
    house.work()
    send(console, "/console", action=f"/console/asks/{ask_id}/accepted")
    house.work()
    [mail] = [parsed(mail) for mail in house.mails()[2:]]
    assert to(mail) == "ana@reader.test"
    link = link_in(mail, "/book/session").removeprefix("http://firstcall.test")
    booked = send(house.browser(), f"{link}&start={TEN}", name="Ana Lima", email="ana@reader.test")
    assert booked.status_code == 303
    assert house.rows("SELECT ask_id::text FROM booking.call") == [(ask_id,)]
    assert trail(house) == [(NORA, "ask_accepted", ask_id)]


def test_accepting_an_ongoing_mentorship_leads_to_its_first_call(house: Installation, console: FlaskClient) -> None:
    house.run("UPDATE booking.call_type SET way = 'mentorship' WHERE slug = 'intro'")
    send(console, "/console", action=f"/console/asks/{wish(house, format='ongoing')}/accepted")
    house.work()
    texts = [text_of(mail) for mail in map(parsed, house.mails()) if "/book/" in text_of(mail)]
    assert len(texts) == 1
    assert "/book/intro?invitation=" in texts[0]


def test_declining_mails_a_kind_no_and_opens_nothing(house: Installation, console: FlaskClient) -> None:
    ask_id = wish(house)
    house.work()
    send(console, "/console", action=f"/console/asks/{ask_id}/declined")
    house.work()
    [mail] = [parsed(mail) for mail in house.mails()[2:]]
    assert to(mail) == "ana@reader.test"
    assert "/book/" not in text_of(mail)
    [(invitation,)] = house.rows("SELECT token FROM booking.ask")
    path = f"/book/session?invitation={invitation}&start={TEN}"
    assert send(house.browser(), path, name="Ana", email="ana@reader.test").status_code == 403


def test_an_answer_given_twice_is_one_and_another_one_comes_too_late(house: Installation, console: FlaskClient) -> None:
    ask_id = wish(house)
    form = opened(console, "/console").fields(f"/console/asks/{ask_id}/accepted")
    for _ in range(2):
        assert post(console, f"/console/asks/{ask_id}/accepted", form).status_code == 303
    refused = Page(post(console, f"/console/asks/{ask_id}/declined", form))
    assert (refused.status, refused.heading) == (409, "Settled already")
    house.work()
    assert len(house.mails()) == 3  # two confirmations, one yes
    assert trail(house) == [(NORA, "ask_accepted", ask_id)]


def test_an_answer_that_does_not_fit_the_ask_is_not_found(house: Installation, console: FlaskClient) -> None:
    ask_id = ask(house)
    form = opened(console, "/console").fields(f"/console/asks/{ask_id}/answered")
    before = stored(house)
    for answer in ("accepted", "declined", "nonsense", "%00", "✓"):
        assert post(console, f"/console/asks/{ask_id}/{answer}", form).status_code == 404
    assert stored(house) == before


def test_cancelling_tells_both_calendars_with_the_reason(house: Installation, console: FlaskClient) -> None:
    call_id = book(house)
    house.work()
    answer = send(console, "/console", action=f"/console/calls/{call_id}/cancel", reason="I am ill")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console?said=call_cancelled")
    # A calendar that is written to may not be reachable just now: said is only what was done.
    assert "Cancelled. Everybody who knew of it is told now." in opened(console, answer.headers["Location"]).text
    house.work()
    mails = [parsed(mail) for mail in house.mails()[2:]]
    assert sorted(map(to, mails)) == ["ben@reader.test", NORA]
    assert {str(Calendar.from_ical(ics_of(mail))["METHOD"]) for mail in mails} == {"CANCEL"}
    assert {calendar_of(mail)["SEQUENCE"] for mail in mails} == {1}
    assert all("I am ill" in text_of(mail) for mail in mails)
    assert trail(house) == [(NORA, "call_cancelled", call_id)]


def test_the_advisor_may_cancel_at_the_last_minute_but_not_what_is_over(
    house: Installation, console: FlaskClient
) -> None:
    soon, later = book(house), book(house, "2026-12-08T11:00:00Z")
    house.clock.move(datetime.fromisoformat("2026-12-08T08:59:00Z") - START)
    assert send(console, "/console", action=f"/console/calls/{soon}/cancel").status_code == 303
    form = opened(console, "/console").fields(f"/console/calls/{later}/cancel")
    house.pass_time(hours=5)
    before = stored(house)
    assert post(console, f"/console/calls/{later}/cancel", form).status_code == 409
    assert stored(house) == before


@pytest.mark.parametrize("reason", ["x" * 1001, "a\0b"])
def test_a_reason_that_cannot_be_taken_leaves_the_call(house: Installation, console: FlaskClient, reason: str) -> None:
    call_id = book(house)
    before = stored(house)
    assert send(console, "/console", action=f"/console/calls/{call_id}/cancel", reason=reason).status_code == 422
    assert stored(house) == before


def test_a_stored_mail_is_shown_as_it_left(house: Installation, console: FlaskClient) -> None:
    book(house)
    house.work()
    [(mail_id,)] = house.rows(
        "SELECT id FROM booking.message WHERE accepted_at IS NOT NULL AND recipient = 'ben@reader.test'"
    )
    page = opened(console, f"/console/mails/{mail_id}")
    [left] = [parsed(mail) for mail in house.mails() if to(parsed(mail)) == "ben@reader.test"]
    assert page.heading == str(left["Subject"])
    shown = page.soup.select_one("pre.letter")
    assert shown is not None
    assert shown.get_text().split() == text_of(left).split()
    for fact in ("ben@reader.test", "State sent", "Calendar file asks for a yes", "bookings@firstcall.test"):
        assert fact in page.text


def test_a_mail_that_nobody_wrote_yet_and_one_that_is_none_say_so(house: Installation, console: FlaskClient) -> None:
    book(house)
    [(mail_id,)] = house.rows(
        "SELECT id FROM booking.message WHERE kind = 'call_booked' AND recipient = 'ben@reader.test'"
    )
    page = opened(console, f"/console/mails/{mail_id}")
    assert page.heading == "Invitation"
    assert "waits for its time" in page.text
    assert "Its text is not kept" in page.text
    for other in ("0199f0c2-7d1e-7cc3-9a43-111111111111", "x", "%00"):
        assert opened(console, f"/console/mails/{other}").status == 404


def reasons() -> list[str]:
    """Every reason for which a mail of booking does not leave."""
    why = unwanted(START)
    assert isinstance(why, Case)
    return [str(reason.value) for _, reason in why.whens if isinstance(reason, BindParameter)] + ["erased"]


@pytest.mark.parametrize("reason", reasons())
def test_a_mail_that_did_not_leave_says_why_in_words(house: Installation, console: FlaskClient, reason: str) -> None:
    book(house)
    house.run("UPDATE booking.message SET state = 'skipped', skip_reason = :reason", reason=reason)
    [(mail_id, *_), *_] = house.rows("SELECT id FROM booking.message")
    page = opened(console, f"/console/mails/{mail_id}")
    assert "Not sent: " in page.text
    assert reason.replace("erased", "skipped") not in page.text


@pytest.mark.parametrize("method", get_args(Method))
def test_what_the_calendar_file_of_a_mail_does_is_said_in_words(
    house: Installation, console: FlaskClient, method: str
) -> None:
    book(house)
    house.work()
    house.run("UPDATE booking.message_body SET method = :method", method=method)
    [(mail_id,), *_] = house.rows("SELECT message_id FROM booking.message_body")
    page = opened(console, f"/console/mails/{mail_id}").text
    assert "Calendar file" in page
    assert method not in page


def test_a_mail_is_dated_and_found_as_on_the_page_of_its_call(house: Installation, console: FlaskClient) -> None:
    call_id = book(house, "2026-12-16T09:00:00Z")
    with house.booking.sessions.begin() as session:
        propose_times(session, UUID(call_id), [datetime.fromisoformat(TEN)], "", now=START)
    lines = {
        str(link["href"]): " ".join(line.get_text(" ").split())
        for line in opened(console, f"/console/calls/{call_id}").soup.select(".story li")
        for link in line.select("a[href^='/console/mails/']")
    }
    assert any(line.startswith("Tue 15 Dec, 10:00 Reminder") for line in lines.values())
    assert any("Proposed times" in line for line in lines.values())
    for address, line in lines.items():
        page = opened(console, address)
        date = page.soup.find("dt", string="When").find_next("dd").get_text()  # type: ignore[union-attr]
        assert (date.split()[1], date[-5:]) == (line.split()[1], line.split()[3])
        assert page.links(f"/console/calls/{call_id}")
    ask(house)
    [(other,)] = house.rows("SELECT id FROM booking.message WHERE kind = 'contact_received'")
    assert not opened(console, f"/console/mails/{other}").links("/console/calls/")


def test_every_event_that_comes_in_has_words_on_today() -> None:
    assert set(EVENTS) == {event.name for event in known_events().values() if "booking" in event.listeners}


def test_what_is_stuck_is_on_today_and_can_be_sent_again(house: Installation, console: FlaskClient) -> None:
    book(house)
    house.run(
        "UPDATE booking.message SET state = 'parked', error = 'no way out'"
        " WHERE recipient = 'ben@reader.test' AND kind = 'call_booked'"
    )
    house.run(
        "INSERT INTO booking.inbox (name, subject, revision, occurred_at, payload, parked_at, error)"
        " VALUES ('nurture.article_published.v1', uuidv7(), 1, now(), '{}', now(), 'does not fit')"
    )
    [(mail_id,)] = house.rows("SELECT id FROM booking.message WHERE state = 'parked'")
    today = opened(console, "/console")
    assert "2 things are stuck" in today.text
    assert "An article that was published could not be taken in. does not fit" in today.text
    assert "./run doctor --retry" in today.text
    assert today.links(f"/console/mails/{mail_id}")
    assert "no way out" in opened(console, f"/console/mails/{mail_id}").text
    again = f"/console/mails/{mail_id}/again"
    form = opened(console, f"/console/mails/{mail_id}").fields(again)
    assert post(console, again, form).status_code == 303
    house.work()
    assert "ben@reader.test" in [to(parsed(mail)) for mail in house.mails()]
    assert trail(house) == [(NORA, "mail_sent_again", str(mail_id))]
    assert post(console, again, form).status_code == 404  # it is not parked any more
