"""From iCalendar text to busy times: recurrences, zones, whole days, and what does not count. Expectations by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from services.booking.domain.calendar_text import kept_of
from services.booking.domain.calendar_zones import zone_named
from tests.booking.calendars import calendar, event
from tests.booking.reading import busy, spans

NINE = ("DTSTART;TZID=Europe/Berlin:20261207T090000", "DTEND;TZID=Europe/Berlin:20261207T100000")
VTIMEZONE = (
    *("BEGIN:VTIMEZONE", "TZID:Our office", "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0600"),
    *("TZOFFSETTO:+0500", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "BEGIN:DAYLIGHT"),
    *("DTSTART:16010101T020000", "TZOFFSETFROM:+0500", "TZOFFSETTO:+0600"),
    *("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE"),
)


def several(*events: tuple[str, ...]) -> str:
    """A calendar with these events, each given as its lines."""
    lines = (("BEGIN:VEVENT", *one, "END:VEVENT") for one in events)
    return calendar(*(line for one in lines for line in one))


# What an event is, and how long it takes.


def test_an_event_in_utc_is_when_it_says() -> None:
    assert spans(event("DTSTART:20261207T090000Z", "DTEND:20261207T093000Z")) == ["2026-12-07 09:00-09:30"]


def test_a_duration_is_as_good_as_an_end() -> None:
    assert spans(event("DTSTART:20261207T090000Z", "DURATION:PT1H30M")) == ["2026-12-07 09:00-10:30"]


def test_a_time_without_an_end_takes_no_time_and_a_day_without_one_takes_a_day() -> None:
    """RFC 5545 §3.6.1."""
    assert spans(event("DTSTART:20261207T090000Z")) == []
    assert spans(event("DTSTART:20261207T090000Z", "DTEND:20261207T090000Z")) == []
    assert spans(event("DTSTART;VALUE=DATE:20261207")) == ["2026-12-06 23:00-2026-12-07 23:00"]


def test_a_day_that_ends_on_itself_is_one_day() -> None:
    text = event("DTSTART;VALUE=DATE:20261207", "DTEND;VALUE=DATE:20261207")
    assert spans(text) == ["2026-12-06 23:00-2026-12-07 23:00"]


def test_seconds_are_rounded_outward() -> None:
    assert spans(event("DTSTART:20261207T090059Z", "DTEND:20261207T093001Z")) == ["2026-12-07 09:00-09:31"]


def test_what_began_before_the_range_counts_and_what_ended_before_it_does_not() -> None:
    text = several(
        ("UID:long", "DTSTART:20260901T090000Z", "DTEND:20261002T090000Z"),
        ("UID:over", "DTSTART:20260901T090000Z", "DTEND:20261001T000000Z"),
        ("UID:later", "DTSTART:20271201T000000Z", "DTEND:20271202T000000Z"),
    )
    assert spans(text) == ["2026-09-01 09:00-2026-10-02 09:00"]


def test_a_long_occurrence_that_began_before_the_range_counts() -> None:
    text = event("DTSTART:20260105T090000Z", "DTEND:20260125T090000Z", "RRULE:FREQ=MONTHLY")
    start, end = datetime(2026, 12, 20, tzinfo=UTC), datetime(2026, 12, 21, tzinfo=UTC)
    assert spans(text, start=start, end=end) == ["2026-12-05 09:00-2026-12-25 09:00"]


def test_times_of_one_event_that_touch_are_one() -> None:
    text = event("DTSTART:20261207T090000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY;COUNT=3")
    assert spans(text) == ["2026-12-07 09:00-12:00"]


# What does not count.


@pytest.mark.parametrize(
    "line",
    [
        "TRANSP:TRANSPARENT",
        "STATUS:CANCELLED",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:nora@advisor.test",
        'ATTENDEE;CN="Nora: me";PARTSTAT=declined:MAILTO:Nora@Advisor.test',
        "ATTENDEE;EMAIL=nora@advisor.test;PARTSTAT=DECLINED:urn:uuid:1",
        "ATTENDEE;PARTSTAT=DECLINED;CN=A very long name indeed:mailto:\r\n nora@advisor.test",
    ],
)
def test_free_cancelled_and_declined_events_take_no_time(line: str) -> None:
    assert spans(event(*NINE, line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "TRANSP:OPAQUE",
        "STATUS:TENTATIVE",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:somebody@else.test",
        "ATTENDEE;PARTSTAT=ACCEPTED;CN=DECLINED:mailto:nora@advisor.test",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:nora@advisor.test",
        "DESCRIPTION:TRANSP:TRANSPARENT",
    ],
)
def test_all_others_do(line: str) -> None:
    assert spans(event(*NINE, line)) == ["2026-12-07 08:00-09:00"]


def test_google_names_a_calendar_after_whose_it_is() -> None:
    lines = ("BEGIN:VEVENT", "UID:1", *NINE, "ATTENDEE;PARTSTAT=DECLINED:mailto:me@gmail.test", "END:VEVENT")
    assert spans(calendar("X-WR-CALNAME:me@gmail.test", *lines)) == []
    assert len(spans(calendar("X-WR-CALNAME:Work", *lines))) == 1


def test_an_alarm_says_nothing_about_the_event() -> None:
    alarm = ("BEGIN:VALARM", "TRANSP:TRANSPARENT", "DURATION:PT5M", "END:VALARM")
    assert spans(event(*NINE, *alarm)) == ["2026-12-07 08:00-09:00"]


def test_tasks_and_journals_take_no_time() -> None:
    assert spans(calendar("BEGIN:VTODO", "UID:1", *NINE, "END:VTODO")) == []


def test_free_busy_objects_count_but_for_their_free_times() -> None:
    text = calendar(
        *("BEGIN:VFREEBUSY", "UID:1", "DTSTART:20261207T000000Z", "DTEND:20261208T000000Z"),
        "FREEBUSY:20261207T090000Z/20261207T100000Z,20261207T110000Z/PT30M",
        *("FREEBUSY;FBTYPE=FREE:20261207T140000Z/PT1H", "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261207T160000Z/PT1H"),
        "END:VFREEBUSY",
    )
    assert spans(text) == ["2026-12-07 09:00-10:00", "2026-12-07 11:00-11:30", "2026-12-07 16:00-17:00"]


# What repeats.


def test_a_weekly_event_keeps_its_wall_time_when_clocks_change() -> None:
    """Berlin goes back to winter time on 25 October 2026."""
    text = event(
        *("DTSTART;TZID=Europe/Berlin:20261019T090000", "DTEND;TZID=Europe/Berlin:20261019T100000"),
        "RRULE:FREQ=WEEKLY;COUNT=2",
    )
    assert spans(text) == ["2026-10-19 07:00-08:00", "2026-10-26 08:00-09:00"]


def test_an_event_in_utc_repeats_in_utc() -> None:
    text = event("DTSTART:20261019T070000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert spans(text) == ["2026-10-19 07:00-08:00", "2026-10-26 07:00-08:00"]


def test_excluded_and_added_dates() -> None:
    text = event(
        *NINE,
        "RRULE:FREQ=DAILY;COUNT=4",
        "EXDATE;TZID=Europe/Berlin:20261208T090000",
        "EXDATE:20261209T080000Z",
        "RDATE;TZID=Europe/Berlin:20261215T140000",
        "RDATE;VALUE=PERIOD:20261216T130000Z/PT3H",
    )
    assert spans(text) == [
        *("2026-12-07 08:00-09:00", "2026-12-10 08:00-09:00"),
        *("2026-12-15 13:00-14:00", "2026-12-16 13:00-16:00"),
    ]


def test_an_excluded_day_takes_out_what_is_on_it() -> None:
    text = event(*NINE, "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261208")
    assert spans(text) == ["2026-12-07 08:00-09:00", "2026-12-09 08:00-09:00"]


def test_an_excluded_time_leaves_another_on_the_same_day() -> None:
    """09:00 in Berlin is 08:00 UTC: whoever mixes the two takes out the event at 10:00, which is 09:00 UTC."""
    text = event(*NINE, "RRULE:FREQ=DAILY;COUNT=3;BYHOUR=9,10", "EXDATE;TZID=Europe/Berlin:20261207T090000")
    assert spans(text) == ["2026-12-07 09:00-10:00", "2026-12-08 08:00-09:00"]


SERIES = ("UID:s", *NINE, "RRULE:FREQ=DAILY;COUNT=3")


def test_an_occurrence_that_was_moved_is_where_it_was_moved_to() -> None:
    moved = (
        *("UID:s", "RECURRENCE-ID;TZID=Europe/Berlin:20261208T090000"),
        *("DTSTART;TZID=America/New_York:20261208T150000", "DURATION:PT30M"),
    )
    assert spans(several(SERIES, moved)) == [
        *("2026-12-07 08:00-09:00", "2026-12-08 20:00-20:30", "2026-12-09 08:00-09:00"),
    ]


def test_a_moved_occurrence_hides_no_other_of_that_day() -> None:
    series = ("UID:s", *NINE, "RRULE:FREQ=DAILY;COUNT=2;BYHOUR=9,10")
    moved = (
        *("UID:s", "RECURRENCE-ID;TZID=Europe/Berlin:20261207T090000"),
        *("DTSTART;TZID=Europe/Berlin:20261207T150000", "DTEND;TZID=Europe/Berlin:20261207T160000"),
    )
    assert spans(several(series, moved)) == ["2026-12-07 09:00-10:00", "2026-12-07 14:00-15:00"]


@pytest.mark.parametrize(
    "how", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "ATTENDEE;PARTSTAT=DECLINED:mailto:nora@advisor.test"]
)
def test_an_occurrence_that_was_cancelled_freed_or_declined_is_free_and_no_other(how: str) -> None:
    gone = ("UID:s", "RECURRENCE-ID:20261208T080000Z", "DTSTART:20261208T080000Z", "DTEND:20261208T090000Z", how)
    for text in (several(SERIES, gone), several(gone, SERIES)):
        assert spans(text) == ["2026-12-07 08:00-09:00", "2026-12-09 08:00-09:00"]


def test_this_and_future_moves_all_that_follow() -> None:
    later = (
        *("UID:s", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261208T090000"),
        *("DTSTART;TZID=Europe/Berlin:20261208T110000", "DTEND;TZID=Europe/Berlin:20261208T130000"),
    )
    assert spans(several(SERIES, later)) == [
        *("2026-12-07 08:00-09:00", "2026-12-08 10:00-12:00", "2026-12-09 10:00-12:00"),
    ]


def test_this_and_future_cancels_all_that_follow() -> None:
    gone = (
        *("UID:s", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261208T090000", "STATUS:CANCELLED"),
        *("DTSTART;TZID=Europe/Berlin:20261208T090000", "DTEND;TZID=Europe/Berlin:20261208T100000"),
    )
    assert spans(several(SERIES, gone)) == ["2026-12-07 08:00-09:00"]


def test_an_invitation_to_one_occurrence_of_a_strange_series_counts() -> None:
    text = event("RECURRENCE-ID:20261208T080000Z", "DTSTART:20261208T090000Z", "DURATION:PT1H")
    assert spans(text) == ["2026-12-08 09:00-10:00"]


def test_of_two_changes_to_an_occurrence_the_later_revision_counts() -> None:
    first = ("UID:s", "SEQUENCE:1", "RECURRENCE-ID:20261208T080000Z", "DTSTART:20261208T100000Z", "DURATION:PT1H")
    second = ("UID:s", "SEQUENCE:2", "RECURRENCE-ID:20261208T080000Z", "DTSTART:20261208T120000Z", "DURATION:PT1H")
    for text in (several(SERIES, first, second), several(second, SERIES, first), several(first, second)):
        assert "2026-12-08 12:00-13:00" in spans(text)
        assert "2026-12-08 10:00-11:00" not in spans(text)


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261209T080000Z", "2026-12-09"),
        ("20261209T075959Z", "2026-12-08"),
        ("20261209T090000", "2026-12-09"),
        ("20261209", "2026-12-09"),
    ],
)
def test_a_rule_ends_with_its_last_moment(until: str, last: str) -> None:
    assert spans(event(*NINE, f"RRULE:FREQ=DAILY;UNTIL={until}"))[-1] == f"{last} 08:00-09:00"


def test_a_rule_for_days_ends_with_its_last_day() -> None:
    text = event("DTSTART;VALUE=DATE:20261207", "RRULE:FREQ=WEEKLY;UNTIL=20261221")
    assert [one[:10] for one in spans(text)] == ["2026-12-06", "2026-12-13", "2026-12-20"]


def test_a_night_in_which_the_clocks_change_is_taken_for_the_longer() -> None:
    """01:00 to 05:00 in Berlin: three hours of work on 28 March, unless somebody means four."""
    text = event(
        *("DTSTART;TZID=Europe/Berlin:20270327T010000", "DTEND;TZID=Europe/Berlin:20270327T050000"),
        "RRULE:FREQ=DAILY;COUNT=2",
    )
    assert spans(text) == ["2027-03-27 00:00-04:00", "2027-03-28 00:00-04:00"]
    back = text.replace("20270327", "20261024")
    assert spans(back) == ["2026-10-23 23:00-2026-10-24 03:00", "2026-10-24 23:00-2026-10-25 04:00"]


def test_a_wall_time_that_is_skipped_takes_the_offset_before_the_gap() -> None:
    """RFC 5545 §3.3.5: 02:30 on 28 March 2027 in Berlin is 01:30Z."""
    text = event("DTSTART;TZID=Europe/Berlin:20270328T023000", "DURATION:PT30M")
    assert spans(text) == ["2027-03-28 01:30-02:00"]
    repeated = event("DTSTART;TZID=Europe/Berlin:20261025T023000", "DURATION:PT30M")
    assert spans(repeated) == ["2026-10-25 00:30-01:00"]


def test_an_end_in_another_zone_is_an_instant() -> None:
    text = event("DTSTART;TZID=Europe/Berlin:20261207T100000", "DTEND;TZID=America/New_York:20261207T130000")
    assert spans(text) == ["2026-12-07 09:00-18:00"]


# By which clock.


@pytest.mark.parametrize(
    "tzid",
    [
        *("Europe/Berlin", "europe/berlin", "W. Europe Standard Time", "/Europe/Berlin"),
        *("/freeassociation.sourceforge.net/Europe/Berlin", "/mozilla.org/20050126_1/Europe/Berlin"),
    ],
)
def test_a_zone_is_known_by_its_name_with_or_without_a_vtimezone(tzid: str) -> None:
    lines = ("BEGIN:VEVENT", "UID:1", f"DTSTART;TZID={tzid}:20261207T090000", "DURATION:PT1H", "END:VEVENT")
    wrong = tuple(line.replace("Our office", tzid) for line in VTIMEZONE)
    assert spans(calendar(*lines)) == spans(calendar(*wrong, *lines)) == ["2026-12-07 08:00-09:00"]


def test_one_calendars_vtimezone_says_nothing_about_another() -> None:
    lines = ("BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Our office:20261207T090000", "DURATION:PT1H", "END:VEVENT")
    elsewhere = tuple(line.replace("+0500", "-0800").replace("+0600", "-0700") for line in VTIMEZONE)
    assert spans(calendar(*VTIMEZONE, *lines)) == ["2026-12-07 04:00-05:00"]
    assert spans(calendar(*lines, *elsewhere)) == ["2026-12-07 17:00-18:00"]
    unknown = busy(calendar(*lines))
    assert (unknown.doubtful, spans(calendar(*lines))) == (1, ["2026-12-07 08:00-09:00"])


def test_a_zone_that_only_the_calendar_describes_has_its_summer() -> None:
    text = calendar(
        *VTIMEZONE, "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Our office:20261019T090000", "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;COUNT=2", "END:VEVENT",
    )  # fmt: skip
    assert spans(text) == ["2026-10-19 03:00-04:00", "2026-10-26 04:00-05:00"]


def test_every_windows_name_is_a_place() -> None:
    assert [name for name in WINDOWS_TO_OLSON if zone_named(name) is None] == []
    assert str(zone_named("tzone://Microsoft/Utc")) == "UTC"


@pytest.mark.parametrize("name", ["", "localtime", "posixrules", "../../etc/passwd", "/", "Europe", "x" * 5000, "a\0b"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone_named(name) is None


def test_floating_times_are_the_advisors() -> None:
    text = event("DTSTART:20261207T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    assert spans(text, advisor="America/New_York", calendar="Asia/Tokyo")[0] == "2026-12-07 14:00-15:00"
    assert spans(text)[1] == "2026-12-08 08:00-09:00"


def test_whole_days_are_the_calendars_own_or_else_the_advisors() -> None:
    text = event("DTSTART;VALUE=DATE:20261207", "DTEND;VALUE=DATE:20261208")
    assert spans(text, calendar="Asia/Tokyo") == ["2026-12-06 15:00-2026-12-07 15:00"]
    assert spans(text, calendar="No/Where") == ["2026-12-06 23:00-2026-12-07 23:00"]
    said = text.replace("BEGIN:VEVENT", "X-WR-TIMEZONE:America/New_York\r\nBEGIN:VEVENT")
    assert spans(said) == ["2026-12-07 05:00-2026-12-08 05:00"]


def test_days_on_which_clocks_change_have_23_or_25_hours() -> None:
    assert spans(event("DTSTART;VALUE=DATE:20270328")) == ["2027-03-27 23:00-2027-03-28 22:00"]
    text = event("DTSTART;VALUE=DATE:20261024", "RRULE:FREQ=DAILY;COUNT=3")
    assert spans(text) == ["2026-10-23 22:00-2026-10-26 23:00"]


def test_a_z_is_utc_whatever_else_is_said() -> None:
    text = event("DTSTART;TZID=Europe/Berlin:20261207T090000Z", "DTEND;TZID=Europe/Berlin:20261207T100000Z")
    assert spans(text) == ["2026-12-07 09:00-10:00"]


# Laws.


@given(st.integers(1, 5), st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), st.integers(0, 23))
def test_a_longer_look_only_adds(interval: int, frequency: str, hour: int) -> None:
    text = event(f"DTSTART;TZID=Europe/Berlin:20260101T{hour:02}1500", "DURATION:PT45M",
                 f"RRULE:FREQ={frequency};INTERVAL={interval}")  # fmt: skip
    short = busy(text, end=datetime(2027, 3, 1, tzinfo=UTC))
    assert set(short.spans) <= set(busy(text).spans)


PIECES = st.lists(st.sampled_from([*VTIMEZONE, *NINE, "BEGIN:VEVENT", "END:VEVENT", "UID:1", "TRANSP:TRANSPARENT"]))


@given(st.text(max_size=300) | PIECES.map(lambda lines: calendar(*lines)))
def test_keeping_what_was_kept_gives_the_same_text(text: str) -> None:
    whole = text if "BEGIN:VCALENDAR" in text else calendar("BEGIN:VEVENT", *text.split("\n"), "END:VEVENT")
    kept = kept_of(whole).content
    assert kept_of(kept).content == kept
