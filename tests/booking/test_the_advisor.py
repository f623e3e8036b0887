"""The advisor changes who they are, how they are reached and who sends their invitations, while all goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.booking.tasks import read_calendars
from services.booking.usecases.change import Change, move_call
from tests.booking.calendars import event
from tests.booking.calls import ELEVEN, TWELVE, booked, by_ben, row
from tests.booking.invitations import ANA, NORA, event_of, has_calendar
from tests.booking.programs import Advisors, a_token, bearer, errors_of
from tests.booking.reading import Feed, connect_caldav, connect_feed, feed, taken
from tests.browsing import Page, opened, post
from tests.fakes.caldav import radicale
from tests.furnished import signed_in
from tests.installation import START, Installation
from tests.letters import parsed, to
from tests.stored import stored

__all__ = ["feed"]

ROOM = "/console/advisor"
OWN = "nora@firstcall.test"
LINK = "https://meet.advisor.test/new"


def send(house: Installation, **typed: str) -> Page:
    """The form of the room as it is shown, with some of it typed anew."""
    browser = signed_in(house)
    return Page(post(browser, ROOM, opened(browser, ROOM).fields(ROOM) | typed, follow_redirects=True))


def invitations(house: Installation, whom: str) -> list[tuple[str, str]]:
    """The start of each invitation that somebody got, and its ORGANIZER, in their order."""
    found = [event_of(mail) for mail in map(parsed, house.mails()) if to(mail) == whom and has_calendar(mail)]
    return [(f"{one['DTSTART'].dt:%H:%M}", str(one["ORGANIZER"]).removeprefix("mailto:")) for one in found]


def test_the_form_shows_what_is_and_saving_it_so_changes_nothing(house: Installation) -> None:
    before = house.rows("SELECT a::text FROM booking.advisor a")
    assert send(house).status == 200
    assert house.rows("SELECT a::text FROM booking.advisor a") == before
    assert house.rows("SELECT 1 FROM access.audit") == []
    assert opened(signed_in(house), "/console/settings").links(ROOM) == [ROOM]


def test_what_is_changed_is_seen_by_visitors_and_told_to_letters(house: Installation) -> None:
    page = send(house, name="Nora Winter", title="Head of data", signature="Nora Winter\n\nBerlin", video_url=LINK)
    assert "Saved." in page.text
    home = opened(house.browser(), "/")
    assert "Nora Winter" in home.text
    assert "Head of data" in home.text
    assert house.rows("SELECT signature FROM booking.advisor") == [(["Nora Winter", "Berlin"],)]
    house.work()
    assert house.rows("SELECT name, signature FROM nurture.known_advisor") == [
        ("Nora Winter", ["Nora Winter", "Berlin"])
    ]
    call = booked(house)
    assert LINK in opened(house.browser(), f"/call/{call.token}").soup.decode()


def test_the_trail_says_in_words_what_was_and_is(house: Installation) -> None:
    send(house, name="Nora Winter", email=OWN, organizer="advisor", video_url=LINK)
    [(detail,)] = house.rows("SELECT detail FROM access.audit WHERE act = 'advisor_changed'")
    assert set(detail) == {"name", "email", "organizer", "video_url"}
    words = opened(signed_in(house), "/console/audit").text
    assert "Changed your own details" in words
    assert "Name: Nora Feld → Nora Winter" in words
    assert f"E-mail: {NORA} → {OWN}" in words
    assert "Who sends the invitations: the mailbox that is read → your own address" in words


def test_who_sends_changes_for_calls_from_then_on_and_for_no_call_that_is_booked(house: Installation) -> None:
    ana = booked(house)
    house.work()
    assert "One call is still to come." in send(house, email=OWN, organizer="advisor").text
    ben = by_ben(house, ELEVEN)
    with house.booking.sessions.begin() as session:
        move_call(session, ana.token, TWELVE, Change("advisor"), now=START)
    house.work()
    assert invitations(house, ANA) == [("09:00", "bookings@firstcall.test"), ("11:00", "bookings@firstcall.test")]
    assert invitations(house, "ben@reader.test") == [("10:00", OWN)]
    send(house, organizer="mailbox")
    with house.booking.sessions.begin() as session:
        move_call(session, ben.token, TWELVE.replace(hour=13), Change("advisor"), now=START)
    house.work()
    assert invitations(house, "ben@reader.test")[-1] == ("13:00", OWN)
    assert (row(house, ana, "organizer"), row(house, ben, "organizer")) == ("", OWN)


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "N" * 121, "title": " "}, {"name", "title"}),
        ({"name": "Nora\nWinter"}, {"name"}),
        ({"email": "nobody"}, {"email"}),
        ({"email": ""}, {"email"}),
        ({"video_url": "http://meet.test"}, {"video_url"}),
        ({"video_url": "javascript:alert(1)"}, {"video_url"}),
        ({"signature": "\n".join("abcdefg")}, {"signature"}),
        ({"signature": "x" * 121}, {"signature"}),
        ({"organizer": "moon"}, {"organizer"}),
        ({"organizer": "advisor"}, {"organizer"}),
        ({"organizer": "advisor", "email": "nora@firstcall.test.evil.test"}, {"organizer"}),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_fix_and_nothing_is_stored(
    house: Installation, typed: dict[str, str], fields: set[str]
) -> None:
    before, crm = stored(house), Advisors(house)
    page = send(house, **typed)
    assert page.status == 422
    assert all(page.wrong(field) for field in fields)
    given: dict[str, Any] = {**typed}
    if "signature" in typed:
        given["signature"] = typed["signature"].split("\n")
    answer = crm.send("PATCH", "/advisor", given)
    assert answer.status_code == 422
    assert errors_of(answer).keys() == fields
    assert all(fix for _, fix in errors_of(answer).values())
    assert [one for one in stored(house) if not one[0].startswith("access.")] == [
        one for one in before if not one[0].startswith("access.")
    ]


def test_an_address_that_may_not_send_is_refused_while_it_is_to_send(house: Installation) -> None:
    assert send(house, email=OWN, organizer="advisor").status == 200
    page = send(house, email="nora@elsewhere.test")
    assert (page.status, "or use an address of your own at firstcall.test" in page.text) == (422, True)
    assert send(house, email="nora@elsewhere.test", organizer="mailbox").status == 200


def test_what_was_set_up_wrong_does_not_keep_the_rest_from_being_changed(house: Installation) -> None:
    house.run("UPDATE booking.advisor SET organizer = 'advisor'")
    assert send(house, name="Nora Winter").status == 200


def test_a_program_sees_and_changes_it_with_a_scope_of_its_own(house: Installation) -> None:
    crm = Advisors(house, "advisor:read", "advisor:write")
    before = crm.get("/advisor")
    assert (before["email"], before["organizer"]) == (NORA, "mailbox")
    booked(house)
    answer = crm.do("PATCH", "/advisor", {"signature": ["Nora"], "email": f" {OWN} ", "organizer": "advisor"})
    assert answer == before | {"signature": ["Nora"], "email": OWN, "organizer": "advisor", "calls_ahead": 1}
    assert crm.do("PATCH", "/advisor", {})["email"] == OWN
    assert [act for act, _ in crm.lines()] == ["advisor_changed"]
    other = bearer(a_token(house, "availability:write", "advisor:read"))
    assert house.browser().patch("/api/v1/advisor", json={"name": "Eve"}, headers=other).status_code == 403
    assert house.browser().patch("/api/v1/advisor", json={"name": "Eve"}).status_code == 401
    assert crm.send("PATCH", "/advisor", {"zone": "Europe/Lisbon"}).status_code == 422


def test_what_was_declined_by_the_new_address_is_free_once_calendars_were_read_anew(
    house: Installation, feed: Feed, tmp_path: Path
) -> None:
    declined = f"ATTENDEE;PARTSTAT=DECLINED:mailto:{OWN}"
    feed.content = event("DTSTART:20261208T100000Z", "DTEND:20261208T110000Z", declined)
    connect_feed(house, feed.url)
    with radicale(tmp_path) as server:
        server.put("two.ics", event("DTSTART:20261208T130000Z", "DTEND:20261208T140000Z", declined, uid="two@x.test"))
        connect_caldav(house, server)
        assert read_calendars(house.booking) == 2
        assert taken(house) == ["2026-12-08 10:00-11:00", "2026-12-08 13:00-14:00"]
        send(house, email=OWN)
        assert len(taken(house)) == 2, "until they were read"
        assert read_calendars(house.booking) == 2
    assert taken(house) == []
