"""An address that bounced for good: nothing goes there, the advisor sees it, and can say that it works again."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from deploy.doctor import retry_events
from services.booking.usecases.book import book_call
from services.booking.usecases.today import send_again, today
from tests.builders import a_booking
from tests.installation import START, Installation
from tests.letters import parsed, to

TUESDAY_TEN = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
DEAD = "INSERT INTO booking.dead_address (person, reason, since) VALUES ('ana@reader.test', '550 5.1.1', now())"


def test_a_mail_that_a_dead_address_kept_back_is_shown_and_leaves_when_the_advisor_says_so(house: Installation) -> None:
    house.run(DEAD)
    with house.booking.sessions.begin() as session:
        book_call(session, a_booking(TUESDAY_TEN), uid_domain="firstcall.test", now=START)
    house.work()
    assert [to(parsed(mail)) for mail in house.mails()] == ["nora@advisor.test"]
    with house.booking.sessions() as session:
        [shown] = today(session, now=START).stuck
    assert (shown.recipient, shown.skip_reason) == ("ana@reader.test", "address_bounced")
    with house.booking.sessions.begin() as session:
        assert send_again(session, shown.id)
    house.work()
    assert sorted(to(parsed(mail)) for mail in house.mails()) == ["ana@reader.test", "nora@advisor.test"]


def test_parked_events_get_a_fresh_start_by_hand(house: Installation) -> None:
    house.run("UPDATE booking.inbox SET handled_at = NULL, parked_at = now(), attempts = 9")
    parked = len(house.rows("SELECT 1 FROM booking.inbox"))
    assert parked > 0
    with Session(house.owner) as session, session.begin():
        assert retry_events(session) == parked
    house.work()
    assert house.rows("SELECT 1 FROM booking.inbox WHERE handled_at IS NULL OR parked_at IS NOT NULL") == []
