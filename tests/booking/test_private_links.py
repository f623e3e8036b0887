"""Private links: who has one may book, as often and as long as it says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from services.booking.domain.errors import LinkNeeded, LinkSpent, NotFound, SlotTaken
from services.booking.models import Call, PrivateLink
from services.booking.usecases.availability import offer_of
from services.booking.usecases.links import make_link, revoke_link, spend
from services.booking.usecases.release import release
from tests.booking.crowd import ELEVEN, TEN, book, require_sound, set_type
from tests.installation import START, Installation


def a_link(house: Installation, slug: str = "intro", **changes: Any) -> PrivateLink:
    terms: dict[str, Any] = {"label": "For Ana", "most_uses": 1, "expires_at": None} | changes
    with house.booking.sessions.begin() as session:
        return make_link(session, offer_of(session, slug).call_type.id, **terms, now=START)


@pytest.fixture
def hidden(house: Installation) -> Installation:
    """The intro call is for those who have a link."""
    set_type(house, access="link")
    return house


@pytest.mark.parametrize("token", ["", "made-up"])
def test_a_type_behind_links_opens_with_nothing_else(hidden: Installation, token: str) -> None:
    with pytest.raises(LinkNeeded):
        book(hidden.booking.sessions, link=token)


def test_a_link_for_one_use_opens_once(hidden: Installation) -> None:
    link = a_link(hidden)
    assert book(hidden.booking.sessions, link=link.token).link_id == link.id
    with pytest.raises(LinkSpent):
        book(hidden.booking.sessions, ELEVEN, 2, link=link.token)
    require_sound(hidden)


def test_a_link_for_some_uses_opens_that_often_and_one_without_number_always(hidden: Installation) -> None:
    two, any_number = a_link(hidden, most_uses=2), a_link(hidden, most_uses=None)
    for number in range(4):
        book(hidden.booking.sessions, TEN + timedelta(days=number // 2, hours=number), link=any_number.token)
    for number in range(2):
        book(hidden.booking.sessions, TEN + timedelta(minutes=30 + 60 * number), link=two.token)
    with pytest.raises(LinkSpent):
        book(hidden.booking.sessions, TEN + timedelta(hours=5), link=two.token)
    require_sound(hidden)


def test_a_link_opens_until_it_expires_and_not_at_that_instant(hidden: Installation) -> None:
    link = a_link(hidden, most_uses=None, expires_at=START + timedelta(hours=1))
    book(hidden.booking.sessions, link=link.token, now=START + timedelta(minutes=59))
    with pytest.raises(LinkSpent):
        book(hidden.booking.sessions, ELEVEN, 2, link=link.token, now=START + timedelta(hours=1))


def test_a_revoked_link_opens_nothing_and_stays_revoked(hidden: Installation) -> None:
    link = a_link(hidden)
    for at in (START, START + timedelta(days=1)):
        with hidden.booking.sessions.begin() as session:
            assert revoke_link(session, link.id, now=at).revoked_at == START
    with pytest.raises(LinkSpent):
        book(hidden.booking.sessions, link=link.token)


@pytest.mark.parametrize("over", ["expires_at = :now", "revoked_at = :now", "uses = most_uses"])
def test_the_use_itself_finds_a_link_over_whatever_was_seen_before(house: Installation, over: str) -> None:
    link = a_link(house)
    now = {"now": START} if ":now" in over else {}
    house.run(f"UPDATE booking.private_link SET {over}", **now)
    before = uses(house)
    with pytest.raises(LinkSpent), house.booking.sessions.begin() as session:
        spend(session, link.id, now=START)
    assert uses(house) == before


def test_a_link_that_there_is_not_cannot_be_revoked(house: Installation) -> None:
    with pytest.raises(NotFound), house.booking.sessions.begin() as session:
        revoke_link(session, uuid4(), now=START)


def test_a_link_opens_its_own_type_only(hidden: Installation) -> None:
    with pytest.raises(LinkNeeded):
        book(hidden.booking.sessions, link=a_link(hidden, "strategy").token)


def test_a_link_opens_a_public_type_too_and_is_used_by_it(house: Installation) -> None:
    link = a_link(house)
    book(house.booking.sessions, link=link.token)
    assert uses(house) == 1
    assert book(house.booking.sessions, ELEVEN, 2).link_id is None
    require_sound(house)


def test_a_link_stands_for_an_accepted_request(house: Installation) -> None:
    assert book(house.booking.sessions, call_type="session", link=a_link(house, "session").token).state == "confirmed"


def test_a_booking_that_is_refused_uses_nothing(hidden: Installation) -> None:
    link = a_link(hidden)
    book(hidden.booking.sessions, link=a_link(hidden).token)
    with pytest.raises(SlotTaken):
        book(hidden.booking.sessions, TEN, 2, link=link.token)
    assert book(hidden.booking.sessions, ELEVEN, 2, link=link.token).state == "confirmed"
    require_sound(hidden)


def test_a_call_that_does_not_come_about_gives_its_use_back(hidden: Installation) -> None:
    link = a_link(hidden)
    call = book(hidden.booking.sessions, link=link.token)
    with hidden.booking.sessions.begin() as session:
        mine = session.get_one(Call, call.id)
        mine.state = "cancelled"
        release(session, mine, now=START)
    assert uses(hidden) == 0
    assert book(hidden.booking.sessions, ELEVEN, 2, link=link.token).state == "confirmed"
    require_sound(hidden)


def test_the_advisor_needs_no_link(hidden: Installation) -> None:
    assert book(hidden.booking.sessions, by_advisor=True).link_id is None


def test_the_table_itself_refuses_one_use_too_many(house: Installation) -> None:
    a_link(house)
    with pytest.raises(IntegrityError):
        house.run("UPDATE booking.private_link SET uses = 2")


def test_a_link_that_expired_while_the_form_was_filled_in_is_told_so(hidden: Installation) -> None:
    link = a_link(hidden, expires_at=datetime.fromisoformat("2026-12-07T08:00:01Z"))
    with pytest.raises(LinkSpent):
        book(hidden.booking.sessions, link=link.token, now=START + timedelta(seconds=1))


def uses(house: Installation) -> int:
    [(count,)] = house.rows("SELECT sum(uses) FROM booking.private_link")
    return int(count)
