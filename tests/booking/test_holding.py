"""A time is kept for whoever fills in the form: a real claim, one a visitor, for a few minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.booking import tasks
from services.booking.domain.errors import SlotTaken
from services.booking.usecases.ask import answer_ask
from services.booking.usecases.availability import NOBODYS, Own, free_starts, offer_of
from services.booking.usecases.hold import hold_time, let_go
from services.booking.usecases.links import make_link
from shared.clock import machine_now
from tests.booking.calls import wished
from tests.booking.crowd import ELEVEN, TEN, book, require_sound, set_type
from tests.browsing import opened, post, send
from tests.installation import START, Installation

ANA, BEN = Own(holder="ana"), Own(holder="ben")
FORM = "/book/intro?start=2026-12-08T09:00:00Z"
TYPED = {"name": "Ana Lima", "email": "ana@reader.test", "worth": "A yes or a no"}


def hold(house: Installation, start: datetime = TEN, who: Own = ANA, slug: str = "intro") -> datetime:
    with house.booking.sessions.begin() as session:
        return hold_time(session, offer_of(session, slug), start, holder=who.holder or "", seconds=300, now=START)


def free(house: Installation, who: Own = NOBODYS, slug: str = "intro") -> list[datetime]:
    with house.booking.sessions() as session:
        offer = offer_of(session, slug)
        return free_starts(session, offer, now=START, start=TEN, end=TEN + timedelta(hours=3), own=who)


def test_a_time_that_is_held_is_free_for_its_holder_only(house: Installation) -> None:
    hold(house)
    assert TEN in free(house, ANA)
    assert TEN not in free(house, BEN)
    assert TEN not in free(house)
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, holder="ben")
    assert book(house.booking.sessions, holder="ana").state == "confirmed"
    require_sound(house)


def test_a_hold_keeps_the_buffers_of_its_call_type(house: Installation) -> None:
    set_type(house, interval_minutes=15)
    hold(house, TEN + timedelta(hours=1), slug="strategy")
    hour = [
        int((start - TEN).total_seconds()) // 60
        for start in free(house)
        if start < TEN + timedelta(hours=2, minutes=15)
    ]
    assert hour == [0, 15, 120]


def test_holding_another_time_lets_the_first_one_go(house: Installation) -> None:
    hold(house, TEN)
    hold(house, ELEVEN)
    assert TEN in free(house, BEN)
    assert ELEVEN not in free(house, BEN)
    assert house.rows("SELECT count(*) FROM booking.claim") == [(1,)]


def test_a_hold_that_another_prevents_leaves_the_first_one_held(house: Installation) -> None:
    hold(house, TEN)
    hold(house, ELEVEN, BEN)
    with pytest.raises(SlotTaken):
        hold(house, ELEVEN)
    assert TEN not in free(house, BEN)


def test_holding_the_same_time_again_renews_it(house: Installation) -> None:
    first = hold(house)
    assert hold(house) > first
    [(ends,)] = house.rows("SELECT expires_at FROM booking.claim")
    assert ends > first


def test_a_hold_ends_by_itself_and_by_letting_go(house: Installation) -> None:
    hold(house)
    house.run("UPDATE booking.claim SET expires_at = now() - interval '1 second'")
    assert TEN in free(house, BEN)
    hold(house, ELEVEN, BEN)
    with house.booking.sessions.begin() as session:
        let_go(session, "ben")
        let_go(session, "nobody")
    assert ELEVEN in free(house, ANA)


def test_whoever_let_go_can_hold_again(house: Installation) -> None:
    hold(house)
    with house.booking.sessions.begin() as session:
        let_go(session, "ana")
    hold(house)
    assert TEN not in free(house, BEN)


@pytest.mark.parametrize("start", [TEN + timedelta(minutes=10), TEN + timedelta(hours=12), START])
def test_only_what_is_offered_can_be_held(house: Installation, start: datetime) -> None:
    with pytest.raises(SlotTaken):
        hold(house, start)
    assert house.rows("SELECT 1 FROM booking.claim") == []


def test_booking_gives_the_hold_up_also_when_another_time_is_booked(house: Installation) -> None:
    hold(house)
    book(house.booking.sessions, ELEVEN, holder="ana")
    assert TEN in free(house, BEN)
    require_sound(house)


def test_a_booking_that_is_refused_leaves_the_hold(house: Installation) -> None:
    book(house.booking.sessions, ELEVEN, 2)
    hold(house)
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, ELEVEN, holder="ana")
    assert TEN not in free(house, BEN)


def test_looking_at_a_group_call_keeps_no_seat(house: Installation) -> None:
    set_type(house, seats=3)
    hold(house)
    assert TEN in free(house, BEN)


def test_holds_that_are_long_over_are_swept_away(house: Installation) -> None:
    hold(house, TEN)
    hold(house, ELEVEN, BEN)
    house.run("UPDATE booking.claim SET expires_at = :at WHERE holder = 'ana'", at=machine_now() - timedelta(days=2))
    tasks.tidy_holds(house.booking)
    assert house.rows("SELECT holder FROM booking.claim") == [("ben",)]


def test_the_page_holds_the_time_it_shows_until_it_is_left(house: Installation) -> None:
    ana, ben = house.browser(), house.browser()
    answer = hold_by(ana)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    left = datetime.fromisoformat(answer.get_json()["until"]) - machine_now()
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)
    refused = hold_by(ben)
    assert refused.status_code == 409
    assert "2026-12-08T08:30:00Z" in refused.get_json()["nearest"]
    assert post(ana, "/book/intro/let-go", opened(ana, FORM).fields("/book/intro")).status_code == 204
    assert hold_by(ben).status_code == 200


def test_who_holds_a_time_books_it_by_the_form_and_nobody_else_does(house: Installation) -> None:
    ana, ben = house.browser(), house.browser()
    form = opened(ben, FORM).fields("/book/intro")
    hold_by(ana)
    assert post(ben, "/book/intro", {**form, **TYPED}).status_code == 409
    assert send(ana, FORM, action="/book/intro", **TYPED).status_code == 303


def test_a_hold_lasts_as_long_as_the_settings_say(house: Installation) -> None:
    house.with_settings(timings=house.settings.timings.model_copy(update={"hold": 60}))
    until = datetime.fromisoformat(hold_by(house.browser()).get_json()["until"])
    assert until - machine_now() <= timedelta(seconds=60)


def test_one_address_of_the_network_holds_few_times_at_once(house: Installation) -> None:
    set_type(house, interval_minutes=30, buffer_before_minutes=0, buffer_after_minutes=0)
    visitors, home = [house.browser() for _ in range(6)], "192.0.2.7"
    starts = [f"2026-12-{day:02}T{hour:02}:00:00Z" for day in (9, 10) for hour in (8, 9, 10)]
    forms = [opened(browser, FORM).fields("/book/intro") for browser in visitors]

    def held(number: int, start: str, *, address: str = home) -> int:
        sent = {**forms[number], "start": start}
        there = {"REMOTE_ADDR": address}
        return visitors[number].post("/book/intro/hold", data=sent, environ_base=there).status_code

    assert [held(number, start) for number, start in enumerate(starts)] == [200] * 5 + [429]
    # What one of them holds may be renewed and moved; the sixth gets theirs from elsewhere, or once one is let go.
    assert [held(0, starts[0]), held(0, starts[5])] == [200, 200]
    assert held(5, starts[0], address="192.0.2.8") == 200
    assert held(5, starts[0]) == 429
    assert held(5, starts[0], address="2001:db8::1") == 200
    assert visitors[4].post("/book/intro/let-go", data=forms[4]).status_code == 204
    assert held(5, starts[4]) == 200
    assert home not in str(house.rows("SELECT network FROM booking.claim"))
    # A hold that is over counts for nothing.
    house.run("UPDATE booking.claim SET expires_at = :at WHERE holder IS NOT NULL", at=machine_now())
    assert held(4, starts[3]) == 200


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"start": ""}, 422),
        ({"start": "soon"}, 422),
        ({"minutes": "45"}, 422),
        ({"minutes": "9" * 5000}, 422),
        ({"minutes": "-30"}, 422),
        ({"minutes": "30"}, 200),
        ({"minutes": ""}, 200),
        ({"csrf_token": "made-up"}, 403),
    ],
)
def test_what_is_no_time_of_this_call_type_is_not_held(house: Installation, typed: dict[str, str], status: int) -> None:
    assert hold_by(house.browser(), **typed).status_code == status


def test_a_call_type_that_there_is_not_is_not_held(house: Installation) -> None:
    browser = house.browser()
    assert post(browser, "/book/nothing/hold", opened(browser, FORM).fields("/book/intro")).status_code == 404


def test_what_only_a_link_opens_is_held_only_with_one(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        intro = offer_of(session, "intro").call_type.id
        link = make_link(session, intro, label="", most_uses=1, expires_at=None, now=START)
    set_type(house, access="link")
    assert [hold_by(house.browser(), link=token).status_code for token in ("", "made-up")] == [403, 403]
    assert house.rows("SELECT 1 FROM booking.claim") == []
    assert hold_by(house.browser(), link=link.token).status_code == 200
    house.run("UPDATE booking.private_link SET uses = 1")
    assert hold_by(house.browser(), link=link.token).status_code == 409


def test_what_only_an_accepted_request_opens_is_held_only_with_one(house: Installation) -> None:
    set_type(house, access="accepted_request")
    ask = wished(house)
    [(token,)] = house.rows("SELECT token FROM booking.ask")
    assert [hold_by(house.browser(), invitation=one).status_code for one in ("", token)] == [403, 403]
    with house.booking.sessions.begin() as session:
        answer_ask(session, ask, "accepted", now=START)
    assert hold_by(house.browser(), invitation=token).status_code == 200


def hold_by(browser: FlaskClient, **typed: str) -> TestResponse:
    """As the page's script asks for it: with the token of the form that this browser was shown."""
    token = opened(browser, "/contact").fields("/contact")["csrf_token"]
    form = {"csrf_token": token, "start": "2026-12-08T09:00:00Z", **typed}
    return post(browser, "/book/intro/hold", form)
