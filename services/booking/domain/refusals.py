"""Why a time is not offered: the rule that refuses it, from the function that lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.booking.domain.blocked import away_starts, full_starts, reach
from services.booking.domain.errors import Message
from services.booking.domain.limits import Limit, Per
from services.booking.domain.offsets import Span, minutes_down, minutes_up
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.slots import earliest_start, horizon_span, starts_between
from services.booking.domain.windows import open_windows


class Rule(StrEnum):
    """What can refuse a start, in the order in which it is asked."""

    WHOLE_MINUTE = "whole_minute"
    AWAY = "away"
    HOLIDAY = "holiday"
    OVERRIDE = "override"
    HOURS = "hours"
    WINDOW_END = "window_end"
    INTERVAL = "interval"
    NOTICE = "notice"
    HORIZON = "horizon"
    RANGE_START = "range_start"
    RANGE_END = "range_end"
    LIMIT_DAY = "limit_day"
    LIMIT_WEEK = "limit_week"
    LIMIT_MONTH = "limit_month"
    LIMIT_DAY_ALL = "limit_day_all"
    LIMIT_WEEK_ALL = "limit_week_all"
    LIMIT_MONTH_ALL = "limit_month_all"
    BUSY = "busy"
    BUFFER = "buffer"


@dataclass(frozen=True)
class Refusal:
    """The first rule that refuses a start.

    `span`, in epoch minutes, is what the rule measures by: the dates of the absence (`away`), the open window
    (`window_end`, `interval`), the dates that are open (`horizon`), the period that is full (`limit_…`), the busy time
    (`busy`, `buffer`); for `notice` it runs from now to the earliest start. None for the others, and for a limit that
    is smaller than one call. `limit` is the limit that is reached (`limit_…`).
    """

    rule: Rule
    span: Span | None = None
    limit: Limit | None = None

    @property
    def message(self) -> Message:
        """The rule in words."""
        return _WORDS[self.rule]


_WORDS = {
    Rule.WHOLE_MINUTE: Message("Calls begin on whole minutes."),
    Rule.AWAY: Message("You are away on this date."),
    Rule.HOLIDAY: Message("This date is a public holiday, and those are closed."),
    Rule.OVERRIDE: Message("This date has hours of its own, and this time is outside them."),
    Rule.HOURS: Message("This time is outside the opening hours."),
    Rule.WINDOW_END: Message("The call would end after the opening hours do."),
    Rule.INTERVAL: Message("The starts of this call type fall on other minutes."),
    Rule.NOTICE: Message("This is sooner than the notice allows."),
    Rule.HORIZON: Message(
        "This date is not open for booking: it is too far ahead, or not one of the call type’s dates."
    ),
    Rule.RANGE_START: Message("This is before the range that was asked for."),
    Rule.RANGE_END: Message("The call would end after the range that was asked for."),
    Rule.LIMIT_DAY: Message("This call type has as many calls on this day as you allow."),
    Rule.LIMIT_WEEK: Message("This call type has as many calls in this week as you allow."),
    Rule.LIMIT_MONTH: Message("This call type has as many calls in this month as you allow."),
    Rule.LIMIT_DAY_ALL: Message("All call types together have as many calls on this day as you allow."),
    Rule.LIMIT_WEEK_ALL: Message("All call types together have as many calls in this week as you allow."),
    Rule.LIMIT_MONTH_ALL: Message("All call types together have as many calls in this month as you allow."),
    Rule.BUSY: Message("Something else is in the calendar at this time."),
    Rule.BUFFER: Message("It comes too close to something else in the calendar: a buffer is kept."),
}


def why_refused(
    rules: SlotRules,
    start: datetime,
    *,
    taken: Taken,
    now: datetime,
    within: tuple[datetime, datetime] | None = None,
) -> Refusal | None:
    """The first rule that refuses this aware instant, or None when it is offered.

    `within` is the range that was listed, when it is to be kept as well.
    """
    at = minutes_down(start)
    if at != minutes_up(start):
        return Refusal(Rule.WHOLE_MINUTE)
    joins = at in taken.joinable
    return (
        _away_refusal(rules, at)
        or (None if joins else _hours_refusal(rules, at))
        or _notice_refusal(rules, at, now)
        or _horizon_refusal(rules, at, now)
        or _range_refusal(rules, at, within)
        or (None if joins else _limit_refusal(rules, at, taken) or _busy_refusal(rules, at, taken.busy))
    )


def why_outside(rules: SlotRules, start: datetime) -> Refusal | None:
    """What of the hours a booked call goes against: an absence, a holiday, the hours of its date or of the week.

    On which minute it begins makes no difference: it may have been booked by another interval.
    """
    at = minutes_down(start)
    refusal = _away_refusal(rules, at) or _hours_refusal(rules, at)
    return None if refusal is not None and refusal.rule is Rule.INTERVAL else refusal


def _away_refusal(rules: SlotRules, at: int) -> Refusal | None:
    _, clock = open_windows(rules, at, at + rules.length_min)
    for dates in rules.away:
        if away_starts(replace(rules, away=(dates,)), clock, at, at):
            return Refusal(Rule.AWAY, clock.span(dates))
    return None


def _hours_refusal(rules: SlotRules, at: int) -> Refusal | None:
    bare = replace(rules, away=(), limits=())
    if starts_between(bare, Taken(), at, at):
        return None
    windows, _ = open_windows(rules, at, at + rules.length_min)
    window = next((window for window in windows if window[0] <= at < window[1]), None)
    if window is not None:
        return Refusal(Rule.WINDOW_END if at + rules.length_min > window[1] else Rule.INTERVAL, window)
    if _is_open(replace(rules, holidays=""), at):
        return Refusal(Rule.HOLIDAY)
    usual = replace(rules, holidays="", overrides=())
    return Refusal(Rule.OVERRIDE if _is_open(usual, at) else Rule.HOURS)


def _is_open(rules: SlotRules, at: int) -> bool:
    windows, _ = open_windows(rules, at, at + 1)
    return any(start <= at < end for start, end in windows)


def _notice_refusal(rules: SlotRules, at: int, now: datetime) -> Refusal | None:
    earliest = earliest_start(rules, now)
    return Refusal(Rule.NOTICE, (minutes_down(now), earliest)) if at < earliest else None


def _horizon_refusal(rules: SlotRules, at: int, now: datetime) -> Refusal | None:
    opens, closes = horizon_span(rules, now)
    return None if opens <= at < closes else Refusal(Rule.HORIZON, (opens, closes))


def _range_refusal(rules: SlotRules, at: int, within: tuple[datetime, datetime] | None) -> Refusal | None:
    if within is None:
        return None
    if at < minutes_up(within[0]):
        return Refusal(Rule.RANGE_START)
    return Refusal(Rule.RANGE_END) if at + rules.length_min > minutes_down(within[1]) else None


def _limit_refusal(rules: SlotRules, at: int, taken: Taken) -> Refusal | None:
    _, clock = open_windows(rules, at, at + rules.length_min)
    for limit in rules.limits:
        if full := full_starts(rules, limit, taken.calls, clock, (at, at)):
            return Refusal(_limit_rule(limit), full[0] if full[0] != (at, at + 1) else None, limit)
    return None


def _limit_rule(limit: Limit) -> Rule:
    of_type, of_all = {
        Per.DAY: (Rule.LIMIT_DAY, Rule.LIMIT_DAY_ALL),
        Per.WEEK: (Rule.LIMIT_WEEK, Rule.LIMIT_WEEK_ALL),
        Per.MONTH: (Rule.LIMIT_MONTH, Rule.LIMIT_MONTH_ALL),
    }[limit.per]
    return of_all if limit.every_type else of_type


def _busy_refusal(rules: SlotRules, at: int, busy: Sequence[Span]) -> Refusal | None:
    bare = replace(rules, buffer_before_min=0, buffer_after_min=0)
    for rule, asked in ((Rule.BUSY, bare), (Rule.BUFFER, rules)):
        after, before = reach(asked)
        if refusing := [span for span in busy if span[0] - after <= at < span[1] + before]:
            return Refusal(rule, min(refusing))
    return None
