"""What a booking may ask for: its length, its guests, its place, how many a person may have."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.booking.domain.errors import InvalidInput, OpenCallExists, SlotTaken
from services.booking.domain.free_mail import is_free_mail
from services.booking.domain.guest_list import guest_list
from services.booking.domain.requests import GuestRequest
from services.booking.usecases.availability import Offer, free_starts, offer_of
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.hold import hold_time
from tests.booking.calls import ELEVEN, TEN, booked, by_ben, of_type, row
from tests.booking.crowd import book, require_sound, set_type
from tests.booking.invitations import ANA, NORA, event_of
from tests.booking.test_feeds import block
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation
from tests.letters import parsed, to


def a_guest(number: int = 1, **changes: str) -> GuestRequest:
    email = changes.get("email", f"guest{number}@reader.test")
    return GuestRequest(changes.get("name", f"Guest {number}"), email, email.lower())


def field_of(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [error.field for error in refused.value.errors]


def test_a_call_takes_the_length_that_was_chosen_or_the_usual_one(house: Installation) -> None:
    of_type(house, other_minutes=[60, 15])
    assert booked(house).ends_at == TEN + timedelta(minutes=30)
    assert by_ben(house, ELEVEN).ends_at == ELEVEN + timedelta(minutes=30)
    long = booked(house, ELEVEN + timedelta(hours=1), minutes=60)
    assert long.ends_at - long.starts_at == timedelta(minutes=60)
    with pytest.raises(SlotTaken):
        by_ben(house, ELEVEN + timedelta(minutes=90))
    require_sound(house)


@pytest.mark.parametrize("minutes", [0, -30, 45, 10**9])
def test_a_length_that_is_not_offered_is_refused_by_name(house: Installation, minutes: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        booked(house, minutes=minutes)
    assert field_of(refused) == ["minutes"]


def test_guests_are_kept_with_the_call_each_once(house: Installation) -> None:
    twice = a_guest(1, name="The same", email="GUEST1@reader.test")
    call = booked(house, guests=(a_guest(1), a_guest(2), twice))
    stored = house.rows("SELECT name, email FROM booking.guest WHERE call_id = :id ORDER BY name", id=call.id)
    assert stored == [("Guest 1", "guest1@reader.test"), ("Guest 2", "guest2@reader.test")]


@pytest.mark.parametrize("email", ["Ana@reader.test", "nora@advisor.test"])
def test_whoever_comes_anyway_is_no_guest(house: Installation, email: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        booked(house, guests=(a_guest(1), a_guest(email=email)))
    assert field_of(refused) == ["guests"]
    assert house.rows("SELECT 1 FROM booking.call") == []


def test_ten_guests_may_come_and_eleven_may_not() -> None:
    ten = [a_guest(number) for number in range(10)]
    assert guest_list([*ten, a_guest(3)], coming=(), is_group=False) == ten
    with pytest.raises(InvalidInput) as refused:
        guest_list([*ten, a_guest(10)], coming=(), is_group=False)
    assert field_of(refused) == ["guests"]


def test_nobody_brings_guests_to_a_group_call(house: Installation) -> None:
    set_type(house, seats=5)
    with pytest.raises(InvalidInput) as refused:
        booked(house, guests=(a_guest(),))
    assert field_of(refused) == ["guests"]


def test_a_person_has_as_many_open_calls_of_a_type_as_it_allows(house: Installation) -> None:
    set_type(house, most_open=2)
    first = booked(house)
    booked(house, ELEVEN)
    with pytest.raises(OpenCallExists) as refused:
        booked(house, ELEVEN + timedelta(hours=1))
    # Who types in an address need not be its owner: nothing of the calls is told.
    assert first.token not in str(refused.value)
    by_ben(house, ELEVEN + timedelta(hours=1))
    booked(house, ELEVEN + timedelta(hours=2), call_type="strategy")
    with house.booking.sessions.begin() as session:
        cancel_call(session, first.token, Change("prospect"), now=START)
    assert booked(house, ELEVEN + timedelta(hours=4)).state == "confirmed"


def test_calls_that_are_over_do_not_count_as_open(house: Installation) -> None:
    set_type(house, most_open=1)
    booked(house)
    house.clock.move(timedelta(days=1, hours=2))  # over, and not completed yet
    assert booked(house, TEN + timedelta(days=1, hours=4)).state == "confirmed"


def test_a_person_is_the_same_however_their_address_is_written(house: Installation) -> None:
    set_type(house, most_open=1)
    booked(house)
    with pytest.raises(OpenCallExists):
        booked(house, ELEVEN, visitor=a_visitor(email="ANA@reader.test"))


def test_the_advisor_books_somebody_past_all_rules_but_never_over_a_call(house: Installation) -> None:
    set_type(house, most_open=1, notice_minutes=7 * 24 * 60)
    night = TEN.replace(hour=22)
    for start in (night, night + timedelta(minutes=30)):
        assert book(house.booking.sessions, start, by_advisor=True).state == "confirmed"
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, night + timedelta(minutes=15), 2, by_advisor=True)
    require_sound(house)


def test_what_a_visitor_holds_is_not_the_advisors_either(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        hold_time(session, offer_of(session, "intro"), TEN, holder="somebody", seconds=300, now=START)
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, TEN, by_advisor=True)


@pytest.mark.parametrize(
    ("kind", "location", "place"),
    [
        ("video", "", ""),  # the advisor's link, whatever it will be then
        ("video", "https://meet.test/room", "https://meet.test/room"),
        ("phone_in", "+49 30 1234", "tel:+49301234"),
        ("phone_out", "", "tel:+15550100"),
        ("in_person", "Lindenweg 4, Berlin", "Lindenweg 4, Berlin"),
    ],
)
def test_the_place_is_settled_when_the_call_is_booked(
    house: Installation, kind: str, location: str, place: str
) -> None:
    set_type(house, location_kind=kind, location=location)
    call = booked(house, phone="+1 555 0100")
    set_type(house, location="somewhere else")
    assert row(house, call, "location, phone") == (place, "+1 555 0100")


def test_every_jitsi_call_has_a_room_that_nobody_can_guess(house: Installation) -> None:
    set_type(house, location_kind="jitsi", location="https://meet.advisor.test/")
    rooms = [booked(house).location, by_ben(house, ELEVEN).location]
    assert len(set(rooms)) == 2
    for room in rooms:
        assert room.startswith("https://meet.advisor.test/")
        assert len(room.rpartition("/")[2]) >= 22
    house.work()
    told = [(to(mail), str(event_of(mail)["LOCATION"])) for mail in map(parsed, house.mails())]
    assert {(ANA, rooms[0]), ("ben@reader.test", rooms[1])} <= set(told)
    assert [room for whom, room in told if whom == NORA] == rooms


def test_who_is_to_be_called_gives_a_number(house: Installation) -> None:
    set_type(house, location_kind="phone_out")
    with pytest.raises(InvalidInput) as refused:
        booked(house)
    assert field_of(refused) == ["phone"]


def test_two_forms_that_differ_in_length_or_guests_are_two(house: Installation) -> None:
    of_type(house, other_minutes=[60])
    assert booked(house, form_key="k").id == booked(house, form_key="k").id
    for changes in ({"minutes": 60}, {"guests": (a_guest(),)}, {"phone": "+1 555 0100"}):
        with pytest.raises(SlotTaken):
            booked(house, form_key="k", **changes)


@pytest.mark.parametrize(
    ("domain", "free"),
    [
        ("gmail.com", True),
        ("googlemail.com", True),
        ("outlook.de", True),
        ("hotmail.co.uk", True),
        ("yahoo.com.br", True),
        ("gmx.net", True),
        ("proton.me", True),
        ("qq.com", True),
        ("reader.test", False),
        ("mail.reader.com", False),
        ("live.example.org", False),
        ("gmail.com.reader.test", False),
        ("notgmail.com", False),
        ("", False),
    ],
)
def test_free_mail_is_told_by_its_domain(domain: str, free: bool) -> None:
    assert is_free_mail(domain) is free


@pytest.mark.parametrize(("slug", "minutes"), [("intro", 60), ("strategy", 45)])
def test_what_is_listed_can_be_booked_and_no_other_time(house: Installation, slug: str, minutes: int) -> None:
    """By the tables, as the pure rules are held against themselves: two days with something of everything."""
    set_type(house, other_minutes=[60], interval_minutes=15)
    set_type(house, "strategy", interval_minutes=15)
    house.run(
        "INSERT INTO booking.date_override (schedule_id, on_date, windows)"
        " SELECT id, '2026-12-09', CAST(:open AS jsonb) FROM booking.schedule WHERE standard",
        open='[{"start_minute": 1320, "end_minute": 90, "crosses_midnight": true}]',
    )
    by_ben(house, TEN)
    booked(house, TEN + timedelta(hours=2), call_type="strategy", visitor=a_visitor(email="eve@reader.test"))
    with house.booking.sessions.begin() as session:
        hold_time(session, offer_of(session, "intro"), TEN + timedelta(hours=4), holder="eve", seconds=300, now=START)
    block(house, TEN + timedelta(hours=5), TEN + timedelta(hours=5, minutes=25))
    with house.booking.sessions() as session:
        offer = offer_of(session, slug, minutes=minutes)
        listed = free_starts(session, offer, now=START, start=START, end=TEN + timedelta(days=2))
    day, night = TEN - timedelta(hours=2), TEN + timedelta(days=1, hours=11, minutes=45)
    quarters = [day + timedelta(minutes=15 * number) for number in range(36)]
    quarters += [night + timedelta(minutes=15 * number) for number in range(15)]
    tried = sorted([*quarters, *(at + timedelta(minutes=5) for at in quarters[::9])])
    taken = [at for at in tried if _can_be_booked(house, offer, at)]
    assert taken == [at for at in listed if at in tried]
    assert len(taken) > 10


def _can_be_booked(house: Installation, offer: Offer, start: datetime) -> bool:
    wanted = a_booking(start, call_type=offer.call_type.slug, minutes=offer.minutes)
    with house.booking.sessions() as session:  # and rolled back
        try:
            book_call(session, wanted, uid_domain="firstcall.test", now=START)
        except SlotTaken:
            return False
    return True


def test_a_call_of_the_past_cannot_be_booked_by_the_advisor_either(house: Installation) -> None:
    with pytest.raises(InvalidInput):
        book(house.booking.sessions, START - timedelta(hours=1), by_advisor=True)
    assert house.rows("SELECT 1 FROM booking.call") == []
