"""Calendars that are broken, huge or made to do harm: the rest is read, too much is refused, no word is kept."""

from __future__ import annotations

import itertools
import time
import tracemalloc

import pytest

from services.booking.domain.busy_times import MOST_SPANS
from services.booking.domain.calendar_sources import SourceFailed, Trouble
from services.booking.domain.calendar_text import DEEPEST, MOST_DATES, MOST_LINES, MOST_PARTS, kept_of
from tests.booking.calendars import calendar, event
from tests.booking.reading import OWN, UNTIL, busy, spans

GOOD = ("BEGIN:VEVENT", "UID:good", "DTSTART:20261207T090000Z", "DTEND:20261207T100000Z", "END:VEVENT")
HOURS, MINUTES = ",".join(map(str, range(24))), ",".join(map(str, range(60)))
AS_GOOD = ["2026-12-07 09:00-10:00"]


def trouble_with(text: str) -> Trouble:
    """Why this calendar is not read."""
    with pytest.raises(SourceFailed) as failed:
        busy(text)
    return failed.value.trouble


@pytest.mark.parametrize(
    "lines",
    [
        ("UID:bad",),
        ("UID:bad", "DTSTART:yesterday"),
        ("UID:bad", "DTSTART:20261332T250000Z"),
        ("UID:bad", "DTSTART;TZID=Europe/Berlin:20261207"),
        ("UID:bad", "DTSTART:00010101T000000", "DURATION:PT1H"),
        ("UID:bad", "DTSTART:99991231T235959Z", "DURATION:P99999W"),
        ("UID:bad", "DTSTART;broken"),
        ("UID:bad", "DTSTART:PT1H"),
    ],
)
def test_an_event_without_a_readable_start_takes_no_other_with_it(lines: tuple[str, ...]) -> None:
    found = busy(calendar("BEGIN:VEVENT", *lines, "END:VEVENT", *GOOD))
    assert "good" in {one.uid for one in found.spans}
    assert {one.uid for one in found.spans} <= {"good", "bad"}


@pytest.mark.parametrize(
    "rule", ["FREQ=NEVER", "", "COUNT=3", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;INTERVAL=0", "x" * 900]
)
def test_a_rule_that_cannot_be_read_leaves_the_first_occurrence(rule: str) -> None:
    found = busy(event("DTSTART:20261207T090000Z", "DTEND:20261207T100000Z", f"RRULE:{rule}"))
    assert [(one.start.hour, one.end.hour) for one in found.spans] == [(9, 10)]
    assert found.doubtful == 1


def test_an_end_before_the_start_is_taken_for_both_and_told() -> None:
    found = busy(event("DTSTART:20261207T100000Z", "DTEND:20261207T090000Z"))
    assert ([one.start.hour for one in found.spans], found.doubtful) == ([9], 1)


def test_two_events_of_one_uid_both_count() -> None:
    """Exports exist in which every event has the same one, or none."""
    for uid in (("UID:same",), ()):
        text = calendar(
            *("BEGIN:VEVENT", *uid, "DTSTART:20261207T090000Z", "DURATION:PT1H", "END:VEVENT"),
            *("BEGIN:VEVENT", *uid, "DTSTART:20261208T090000Z", "DURATION:PT1H", "END:VEVENT"),
        )
        assert spans(text) == ["2026-12-07 09:00-10:00", "2026-12-08 09:00-10:00"]


def test_of_two_revisions_of_one_event_the_later_counts() -> None:
    text = calendar(
        *("BEGIN:VEVENT", "UID:1", "SEQUENCE:2", "DTSTART:20261207T090000Z", "DURATION:PT1H", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:1", "SEQUENCE:1", "DTSTART:20261208T090000Z", "DURATION:PT1H", "END:VEVENT"),
    )
    assert spans(text) == AS_GOOD


def test_an_event_whose_end_is_missing_swallows_no_other() -> None:
    kept = kept_of(calendar("BEGIN:VEVENT", "UID:open", "DTSTART:20261206T090000Z", "DURATION:PT1H", *GOOD))
    assert kept.damaged == 1
    text = calendar("BEGIN:VEVENT", "UID:open", "DTSTART:20261206T090000Z", "DURATION:PT1H", *GOOD)
    assert spans(text) == ["2026-12-06 09:00-10:00", *AS_GOOD]


def test_an_end_that_nothing_began_is_passed_over() -> None:
    assert spans(calendar("END:VEVENT", "END:VALARM", *GOOD, "END:VEVENT")) == AS_GOOD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no calendar",
        "BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        event("DTSTART:20261207T090000Z").removesuffix("END:VCALENDAR\r\n"),
        event("DTSTART:20261207T090000Z")[:90],
        calendar() + "BEGIN:VCALENDAR\r\n",
    ],
)
def test_what_is_no_whole_calendar_is_refused_because_what_it_lacks_would_be_free(text: str) -> None:
    assert trouble_with(text) == Trouble.NOT_A_CALENDAR


def test_several_calendars_in_one_text_are_read_as_one() -> None:
    assert len(spans(calendar(*GOOD) + event("DTSTART:20261208T090000Z", "DURATION:PT1H"))) == 2


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\n\n"])
def test_lines_may_end_in_any_way(end: str) -> None:
    assert spans("\ufeff" + calendar(*GOOD).replace("\r\n", end)) == AS_GOOD


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;COUNT=99999999",
        "FREQ=SECONDLY;BYMONTH=2;COUNT=1",
        "FREQ=MINUTELY;BYSECOND=1,2",
        f"FREQ=DAILY;BYHOUR={HOURS};BYMINUTE={MINUTES}",
    ],
)
def test_a_rule_that_repeats_too_often_takes_all_its_time_and_no_other_event_with_it(rule: str) -> None:
    evil = ("BEGIN:VEVENT", "UID:evil", "DTSTART:20270101T090000Z", "DURATION:PT1M", f"RRULE:{rule}", "END:VEVENT")
    found = busy(calendar(*evil, *GOOD))
    assert [one.start.isoformat() for one in found.spans if one.uid == "good"] == ["2026-12-07T09:00:00+00:00"]
    [taken] = [one for one in found.spans if one.uid == "evil"]
    assert taken.start.isoformat() == "2027-01-01T09:00:00+00:00"
    assert taken.end >= UNTIL
    assert found.doubtful == 1


def test_what_repeats_too_often_ends_with_its_rule_and_frees_what_is_free() -> None:
    often = ("BEGIN:VEVENT", "UID:evil", "DTSTART:20261201T090000Z", "DURATION:PT1M")
    until = "RRULE:FREQ=SECONDLY;UNTIL=20261207T093000Z"
    assert spans(calendar(*often, until, "END:VEVENT")) == ["2026-12-01 09:00-2026-12-07 09:31"]
    found = busy(calendar(*often, until, "TRANSP:TRANSPARENT", "END:VEVENT"))
    assert (found.spans, found.doubtful) == ((), 1)
    # It may also be on dates of its own; those are behind the rule.
    longer = busy(calendar(*often, until, "RDATE:20270101T090000Z", "END:VEVENT"))
    assert longer.spans[0].end >= UNTIL


SECONDS = ",".join(["1"] * 400)


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:00010101T000000", "DURATION:PT1M", "RRULE:FREQ=DAILY"),
        ("DTSTART:00010101T000000Z", "DURATION:PT1M", "RRULE:FREQ=DAILY"),
        ("DTSTART:00010101T000000Z", "DTEND:99991231T235959Z", "RRULE:FREQ=DAILY"),
        ("DTSTART:00010101T000000", f"RRULE:FREQ=MINUTELY;BYSECOND={SECONDS};UNTIL=00010101T000000"),
        ("DTSTART;TZID=Asia/Tokyo:00010101T000000", f"RRULE:FREQ=MINUTELY;BYSECOND={SECONDS};UNTIL=00010101T000000"),
    ],
)
def test_what_repeats_too_often_at_the_ends_of_time_holds_up_no_other(lines: tuple[str, ...]) -> None:
    found = busy(calendar("BEGIN:VEVENT", "UID:evil", *lines, "END:VEVENT", *GOOD))
    assert "good" in {one.uid for one in found.spans}
    assert found.doubtful == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20261207T090000Z", "DURATION:PT1M", f"RRULE:FREQ=DAILY;BYDAY={'MO,' * 1000}MO"),
        ("DTSTART:20261207T090000Z", "DURATION:PT1M", "EXDATE:" + "20261208T090000Z," * (MOST_DATES + 1)),
        ("DTSTART:20261207T090000Z", *(f"EXDATE:2026{month:02}01T090000Z" for month in range(MOST_LINES))),
        ("BEGIN:VALARM",) * (DEEPEST + 1),
    ],
)
def test_what_would_take_for_ever_is_refused(lines: tuple[str, ...]) -> None:
    assert trouble_with(event(*lines)) == Trouble.TOO_MUCH


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=40",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    ],
)
def test_a_rule_for_days_that_never_come_is_the_first_occurrence(rule: str) -> None:
    """dateutil looks for them up to the year 9999, which takes it minutes."""
    found = busy(event("DTSTART:20261207T090000Z", "DTEND:20261207T100000Z", f"RRULE:{rule}"))
    assert (len(found.spans), found.doubtful) == (1, 0)


def test_a_calendar_of_too_many_events_is_refused() -> None:
    assert trouble_with(calendar(*("BEGIN:VEVENT", "END:VEVENT") * (MOST_PARTS + 1))) == Trouble.TOO_MUCH


def test_a_calendar_of_too_many_times_is_refused() -> None:
    many = MOST_SPANS // 8000 + 1
    one = ("DTSTART:20261207T090000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY")
    lines = (line for number in range(many) for line in ("BEGIN:VEVENT", f"UID:{number}", *one, "END:VEVENT"))
    assert trouble_with(calendar(*lines)) == Trouble.TOO_MUCH


def test_when_time_is_up_it_is_too_much() -> None:
    with pytest.raises(SourceFailed) as failed:
        busy(calendar(*GOOD), out_of_time=lambda: True)
    assert failed.value.trouble == Trouble.TOO_MUCH


@pytest.mark.parametrize("repeats", [(), ("RRULE:FREQ=YEARLY",)], ids=["that happen once", "that repeat"])
def test_time_is_looked_at_also_within_the_events_of_one_uid(repeats: tuple[str, ...]) -> None:
    """One UID may be on every event, and what was said of its occurrences is held against each of them."""
    when = ("DTSTART:20261207T090000Z", "DURATION:PT1H")
    many = [("BEGIN:VEVENT", "UID:same", *when, *repeats, "END:VEVENT")] * 50
    changes = [("BEGIN:VEVENT", "UID:same", "RECURRENCE-ID:20270101T090000Z", *when, "END:VEVENT")] * 50
    asked = itertools.count(1)
    text = calendar(*itertools.chain(*many, *changes))
    busy(text, out_of_time=lambda: next(asked) > 10_000)
    # Once for each event at the least, wherever it stands, and for each again where it is held against the changes.
    assert next(asked) > 2 * 100 + 50


@pytest.mark.parametrize(
    "lines",
    [
        event("DTSTART:20261207T090000Z", "DTEND:99991231T235930Z"),
        event("DTSTART:20261207T090000Z", "DURATION:PT1H", "RDATE;VALUE=PERIOD:20261208T090000Z/99991231T235930Z"),
        calendar("BEGIN:VFREEBUSY", "UID:1", "FREEBUSY:20261207T090000Z/99991231T235930Z", "END:VFREEBUSY"),
    ],
)
def test_what_ends_in_the_last_minute_that_there_is_is_read(lines: str) -> None:
    assert max(one.end for one in busy(lines).spans).year == 9999


def test_a_name_of_a_zone_without_an_end_is_none() -> None:
    """Each part of it would be a name to look up: of a megabyte, gigabytes."""
    name = "/" + "a/" * 20_000
    tracemalloc.start()
    found = busy(event(f"DTSTART;TZID={name}:20261207T090000", "DURATION:PT1H"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(found.spans), found.doubtful) == (1, 1)
    assert most < 50 * len(name)


def test_whose_a_calendar_is_costs_no_more_when_it_says_so_often() -> None:
    """Addresses are looked up among the advisor's, not all of those taken down for each of them."""
    names = [f"X-WR-CALNAME:{number}@reader.test" for number in range(20_000)]
    lines = ("BEGIN:VEVENT", "UID:1", *["ATTENDEE;PARTSTAT=DECLINED:mailto:0@reader.test"] * 10_000, "END:VEVENT")
    begun = time.process_time()
    kept_of(calendar(*names))
    of_names, begun = time.process_time() - begun, time.process_time()
    assert "TRANSP" in kept_of(calendar(*names, *lines)).content
    assert time.process_time() - begun < 10 * of_names


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=SECONDLY", "FREQ=YEARLY;INTERVAL=0", "FREQ=YEARLY;BYHOUR=1", "FREQ=DAILY", "FREQ=YEARLY;BYMINUTE=1,2"),
        *("FREQ=YEARLY;BYDAY=MO,TU", "FREQ=YEARLY;BYMONTH=1,2", "FREQ=YEARLY;COUNT=9", "FREQ=YEARLY;BYYEARDAY=1"),
    ],
)
def test_a_zone_that_changes_all_the_time_is_no_zone(rule: str) -> None:
    text = calendar(
        *("BEGIN:VTIMEZONE", "TZID:Odd", "BEGIN:STANDARD", "DTSTART:16010101T000000", f"RRULE:{rule}"),
        *("TZOFFSETFROM:+0100", "TZOFFSETTO:+0300", "END:STANDARD", "END:VTIMEZONE"),
        *("BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Odd:20261207T090000", "DURATION:PT1H", "END:VEVENT"),
    )
    found = busy(text)
    assert (found.doubtful, found.spans[0].start.hour) == (1, 8)


def test_no_word_of_what_it_is_about_is_kept() -> None:
    secret = (
        *("SUMMARY:Secret", "DESCRIPTION:Secret\r\n  folded Secret", "LOCATION:Secret", "CATEGORIES:Secret"),
        *("ORGANIZER;CN=Secret:mailto:secret@secret.test", "ATTENDEE;CN=Secret;PARTSTAT=DECLINED:mailto:s@secret.test"),
        *("COMMENT:Secret", "X-SECRET:Secret", "URL:https://secret.test", "CONTACT:Secret", "ATTACH:secret"),
        "ATTENDEE;PARTSTAT=DECLINED:mailto:nora@advisor.test",
        *("BEGIN:VALARM", "DESCRIPTION:Secret", "UID:secret", "END:VALARM"),
    )
    start = 'DTSTART;X-SECRET="Secret: word";TZID=Europe/Berlin:20261207T090000'
    lines = (*secret, "BEGIN:VTODO", "SUMMARY:Secret", "END:VTODO", "X-WR-CALNAME:Secret", "X-WR-CALDESC:Secret")
    kept = kept_of(event(start, "DURATION:PT1H", *lines), own=OWN).content
    assert "secret" not in kept.lower()
    assert "nora" not in kept.lower()
    assert "DTSTART;TZID=Europe/Berlin:20261207T090000" in kept
    assert "TRANSP:TRANSPARENT" in kept


def test_what_the_database_cannot_hold_is_taken_out() -> None:
    found = busy(event("DTSTART:20261207T090000Z", "DURATION:PT1H", uid="a\0b\x07" + "c" * 5000))
    assert found.spans[0].uid.startswith("abc")
    assert len(found.spans[0].uid) <= 1000
