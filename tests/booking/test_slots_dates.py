"""Rules that go by dates: absence, travel, public holidays, how far ahead. 1 June 2026 is a Monday."""

from __future__ import annotations

from datetime import date

import pytest

from services.booking.domain.errors import InvalidInput
from services.booking.domain.horizon import Horizon, HorizonKind
from services.booking.domain.listing import utc_texts
from services.booking.domain.public_holidays import known_region, public_holidays
from services.booking.domain.rules import Dates, SlotRules, Stay, Taken
from services.booking.domain.slots import find_slots
from tests.booking.builders import hours, on, some_rules, utc


def starts(rules: SlotRules, first: str, end: str, *, now: str = "2026-01-01") -> list[str]:
    """What is offered, as "MM-DDTHH:MM" of UTC."""
    found = find_slots(rules, taken=Taken(), now=utc(now), range_start=utc(first), range_end=utc(end))
    return [text[5:16] for text in utc_texts(found)]


def dates(first: str, last: str) -> Dates:
    return Dates(date.fromisoformat(first), date.fromisoformat(last))


def stay(first: str, last: str, zone: str) -> Stay:
    return Stay(date.fromisoformat(first), date.fromisoformat(last), zone)


def test_an_absence_closes_whole_dates_and_what_reaches_into_them() -> None:
    evenings = hours("23:00", "01:00", crosses=True)
    rules = some_rules(evenings, away=(dates("2026-06-02", "2026-06-03"),))
    found = starts(rules, "2026-06-01 12:00", "2026-06-05 12:00")
    # The windows that begin on the 1st and on the 3rd are cut at the edges of the absence.
    assert found[:4] == ["06-01T23:00", "06-01T23:30", "06-04T00:00", "06-04T00:30"]
    assert found[4:] == ["06-04T23:00", "06-04T23:30", "06-05T00:00", "06-05T00:30"]


def test_no_call_reaches_into_an_absence_but_a_buffer_may() -> None:
    rules = some_rules(
        hours("00:00", "24:00"), away=(dates("2026-06-02", "2026-06-02"),), length_min=45, buffer_after_min=60
    )
    assert starts(rules, "2026-06-01 22:00", "2026-06-02 12:00") == ["06-01T22:00", "06-01T22:30", "06-01T23:00"]


def test_an_absence_does_not_begin_another_grid() -> None:
    rules = some_rules(
        hours("23:10", "02:00", crosses=True), away=(dates("2026-06-01", "2026-06-01"),), interval_min=50
    )
    assert starts(rules, "2026-06-01 12:00", "2026-06-02 12:00") == ["06-02T00:00", "06-02T00:50"]


def test_an_absence_lasts_as_long_as_the_local_date_does() -> None:
    autumn = some_rules(hours("00:00", "24:00"), zone="Europe/Berlin", interval_min=60, length_min=60)
    away = some_rules(
        hours("00:00", "24:00"),
        zone="Europe/Berlin",
        interval_min=60,
        length_min=60,
        away=(dates("2026-10-25", "2026-10-25"),),
    )
    span = ("2026-10-24 21:00", "2026-10-26 00:00")
    gone = sorted({*starts(autumn, *span)} - {*starts(away, *span)})
    # A day of 25 hours, from 22:00 to 23:00 UTC of the next.
    assert (len(gone), gone[0], gone[-1]) == (25, "10-24T22:00", "10-25T22:00")


def test_hours_on_dates_of_travel_are_wall_time_of_the_place() -> None:
    weekdays = hours("09:00", "10:00", days=(1, 2, 3, 4, 5))
    rules = some_rules(
        weekdays,
        zone="Europe/Berlin",
        interval_min=60,
        length_min=60,
        # The clocks of New York go forward on Sunday, 8 March.
        travel=(stay("2026-03-05", "2026-03-10", "America/New_York"),),
    )
    assert starts(rules, "2026-03-04", "2026-03-12") == [
        "03-04T08:00",
        "03-05T14:00",
        "03-06T14:00",
        "03-09T13:00",
        "03-10T13:00",
        "03-11T08:00",
    ]


def test_an_override_and_an_absence_of_a_date_of_travel_go_by_the_clock_of_the_place() -> None:
    rules = some_rules(
        hours("09:00", "10:00"),
        zone="Europe/Berlin",
        interval_min=60,
        length_min=60,
        overrides=(on("2026-06-02", ("20:00", "22:00")),),
        travel=(stay("2026-06-01", "2026-06-03", "Asia/Tokyo"),),
        away=(dates("2026-06-03", "2026-06-03"),),
    )
    assert starts(rules, "2026-05-31 12:00", "2026-06-04 12:00") == [
        "06-01T00:00",
        "06-02T11:00",
        "06-02T12:00",
        "06-04T07:00",
    ]


def test_a_window_over_midnight_keeps_the_clock_of_the_date_it_began_on() -> None:
    rules = some_rules(
        hours("22:00", "01:00", crosses=True),
        zone="Europe/Berlin",
        interval_min=60,
        length_min=60,
        travel=(stay("2026-06-02", "2026-06-02", "America/New_York"),),
    )
    assert starts(rules, "2026-06-02 12:00", "2026-06-03 12:00") == ["06-03T02:00", "06-03T03:00", "06-03T04:00"]


def test_public_holidays_are_closed_and_an_override_opens_one() -> None:
    rules = some_rules(hours("09:00", "10:00"), interval_min=60, length_min=60, holidays="DE-BE")
    # Good Friday and Easter Monday.
    assert starts(rules, "2026-04-02", "2026-04-08") == ["04-02T09:00", "04-04T09:00", "04-05T09:00", "04-07T09:00"]
    opened = some_rules(
        hours("09:00", "10:00"), length_min=60, holidays="DE-BE", overrides=(on("2026-04-03", ("12:00", "13:00")),)
    )
    assert starts(opened, "2026-04-03", "2026-04-05") == ["04-03T12:00", "04-04T09:00"]


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    womens_day = date(2026, 3, 8).toordinal() - date(1970, 1, 1).toordinal()
    assert womens_day in public_holidays("DE-BE", 2026)
    assert womens_day not in public_holidays("DE", 2026)
    assert public_holidays("", 2026) == frozenset()


@pytest.mark.parametrize("name", ["", "DE", "DE-BE", "US", "NP"])
def test_regions_with_known_holidays_are_taken(name: str) -> None:
    assert known_region(name) == name


@pytest.mark.parametrize("name", ["XX", "de", "DE-", "DE-XX", "Germany", "DE-BE-1", "\0"])
def test_other_regions_are_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidInput, match="holidays: "):
        known_region(name)


def ahead(horizon: Horizon, *, now: str, zone: str = "UTC", holidays: str = "") -> list[str]:
    rules = some_rules(
        hours("09:00", "10:00"), zone=zone, interval_min=60, length_min=60, horizon=horizon, holidays=holidays
    )
    return starts(rules, "2026-04-01", "2026-05-01", now=now)


def test_a_horizon_of_days_ends_with_a_whole_date_of_the_advisors_zone() -> None:
    one = Horizon(HorizonKind.DAYS, 1)
    assert ahead(one, now="2026-04-10 08:00") == ["04-10T09:00", "04-11T09:00"]
    assert ahead(one, now="2026-04-10 23:59") == ["04-11T09:00"]
    # In Kiritimati it is the 11th already at 10:00 UTC of the 10th.
    assert ahead(one, now="2026-04-10 10:00", zone="Pacific/Kiritimati") == ["04-10T19:00", "04-11T19:00"]
    assert ahead(Horizon(HorizonKind.DAYS, 0), now="2026-04-10 08:00") == ["04-10T09:00"]


def test_a_horizon_of_business_days_does_not_count_weekends_and_holidays() -> None:
    # From Thursday: Friday is Good Friday, Monday is Easter Monday; the two days are Tuesday and Wednesday.
    two = Horizon(HorizonKind.BUSINESS_DAYS, 2)
    assert ahead(two, now="2026-04-02 10:00", holidays="DE")[-1] == "04-08T09:00"
    assert ahead(two, now="2026-04-02 10:00")[-1] == "04-06T09:00"


def test_a_horizon_of_dates_opens_these_and_no_others() -> None:
    fixed = Horizon(HorizonKind.DATES, first=date(2026, 4, 20), last=date(2026, 4, 21))
    assert ahead(fixed, now="2026-04-01 10:00") == ["04-20T09:00", "04-21T09:00"]
    assert ahead(fixed, now="2026-04-20 10:00") == ["04-21T09:00"]
    assert ahead(fixed, now="2026-04-22 10:00") == []


def test_a_horizon_of_dates_needs_both_of_them() -> None:
    with pytest.raises(ValueError, match="a first and a last one"):
        ahead(Horizon(HorizonKind.DATES), now="2026-04-01 10:00")
