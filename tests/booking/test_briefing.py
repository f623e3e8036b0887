"""The briefing: the advisor's copies say who comes, what they wrote and what they read; nobody else's do."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases.advisors_copy import copy_of_call
from services.booking.usecases.ask import answer_ask
from services.booking.usecases.book import book_call
from services.booking.usecases.calls import guests_of
from services.booking.usecases.choose import choose_time
from services.booking.usecases.guests import remove_guest
from services.booking.usecases.propose import offer_times
from tests.booking.calls import TEN, asked, booked, of_type, wished
from tests.booking.invitations import ANA, NORA, event_of, flat, has_calendar
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation
from tests.letters import ics_of, parsed, to

TITLE = "What a part-time data lead does"
ARTICLE = "/articles/part-time-data-lead"
WAY = {"landing": ARTICLE, "referrer": "https://news.test/item", "source": "newsletter", "campaign": "winter"}
BY_LETTER = {"landing": "/book/intro", "source": "letters", "campaign": "part-time-data-lead"}
GIL = GuestRequest("Gil", "gil@guest.test", "gil@guest.test")


def sent(house: Installation) -> dict[str, EmailMessage]:
    """The invitations that left, by who got them."""
    house.work()
    return {to(mail): mail for mail in map(parsed, house.mails()) if has_calendar(mail)}


def description(mail: EmailMessage) -> str:
    return str(event_of(mail)["DESCRIPTION"])


def everything(mail: EmailMessage) -> str:
    """All that its reader, or their calendar, is given."""
    return flat(mail) + ics_of(mail).replace(b"\r\n ", b"").decode()


def test_the_advisors_entry_says_who_what_they_wrote_and_what_they_read(house: Installation) -> None:
    booked(house, attribution=WAY, visitor=a_visitor(company="Reader Ltd"))
    mail = sent(house)[NORA]
    for words in ("Ana Lima", ANA, "Reader Ltd", "What would make this worth your time?", "A yes or a no"):
        assert words in description(mail)
        assert words in flat(mail)
    for line in (f"Read: {TITLE}", "Came from: newsletter / winter", "Referred by: https://news.test/item"):
        assert line in description(mail)
    assert TITLE in flat(mail)


def test_the_advisor_reads_who_else_is_invited_and_guests_get_no_such_line(house: Installation) -> None:
    hana = GuestRequest("", "hana@guest.test", "hana@guest.test")
    call = booked(house, guests=(GIL, hana))
    mails = sent(house)
    line = "Guests: Gil (gil@guest.test), hana@guest.test"
    assert line in description(mails[NORA])
    assert line in " ".join(flat(mails[NORA]).split())
    for whom in (ANA, GIL.email, hana.email):
        assert "Guests" not in everything(mails[whom])
    with house.booking.sessions.begin() as session:
        # As a calendar that is written to has it, and who subscribes.
        assert line in copy_of_call(session, house.settings, session.get_one(Call, call.id)).description
        for guest in guests_of(session, call):
            remove_guest(session, call.token, guest.id, now=house.clock.now())
    assert "Guests" not in everything(sent(house)[NORA])


def test_who_came_by_a_letter_has_read_its_article(house: Installation) -> None:
    booked(house, attribution=BY_LETTER)
    assert f"Read: {TITLE}" in description(sent(house)[NORA])


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"landing": "/articles/gone"},
        {"landing": "//["},
        {"landing": "//a\u2100/articles/b"},
        {"campaign": "winter"},
    ],
)
def test_what_is_not_known_is_not_said(house: Installation, way: dict[str, str]) -> None:
    booked(house, attribution=way)
    assert "Read:" not in description(sent(house)[NORA])


def test_neither_the_prospect_nor_a_guest_is_shown_the_briefing(house: Installation) -> None:
    booked(house, attribution=WAY, guests=(GIL,))
    mails = sent(house)
    assert set(mails) == {NORA, ANA, "gil@guest.test"}
    for address in (ANA, "gil@guest.test"):
        for words in (TITLE, "newsletter", "news.test", "A yes or a no", "worth your time"):
            assert words not in everything(mails[address]), (address, words)


def test_a_session_by_invitation_brings_the_request_along(house: Installation) -> None:
    ask = wished(house)
    house.run("UPDATE booking.ask SET attribution = CAST(:way AS jsonb)", way=f'{{"landing": "{ARTICLE}"}}')
    with house.booking.sessions.begin() as session:
        answer_ask(session, ask, "accepted", now=START)
    [(invitation,)] = house.rows("SELECT token FROM booking.ask")
    wanted = a_booking(TEN, call_type="session", invitation=invitation, attribution={"landing": "/book/session"})
    with house.booking.sessions.begin() as session:
        book_call(session, wanted, uid_domain="firstcall.test", now=START)
    mails = sent(house)
    for words in ("Lead my first project", "Backend engineer", "A yes or a no", f"Read: {TITLE}"):
        assert words in description(mails[NORA])
    for words in ("Lead my first project", "Backend engineer", TITLE):
        assert words not in everything(mails[ANA])


def test_a_question_that_led_to_a_call_is_told_once(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        token = offer_times(session, asked(house), "intro", [TEN], "", now=START).token
    with house.booking.sessions.begin() as session:
        choose_time(session, token, TEN, uid_domain="firstcall.test", now=START)
    assert description(sent(house)[NORA]).count("forty people") == 1


def test_the_entry_of_a_group_call_has_a_briefing_for_each_who_comes(house: Installation) -> None:
    of_type(house, seats=3)
    booked(house, attribution=WAY)
    booked(house, visitor=a_visitor("Ben", "ben@reader.test"))
    mails = sent(house)
    for shown in (description(mails[NORA]), flat(mails[NORA])):
        assert TITLE in shown
        assert "Ana Lima" in shown
        assert "Ben" in shown
    assert "Ben" not in everything(mails[ANA])
