"""Why a time is not offered: the rule that refuses it, from the function that lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.booking.domain.errors import Message
from services.booking.domain.offsets import Span, minutes_down, minutes_up
from services.booking.domain.rules import SlotRules
from services.booking.domain.slots import blocked_starts, earliest_start, starts_between
from services.booking.domain.windows import open_windows


class Rule(StrEnum):
    """What can refuse a start, in the order in which it is asked."""

    WHOLE_MINUTE = "whole_minute"
    OVERRIDE = "override"
    HOURS = "hours"
    WINDOW_END = "window_end"
    INTERVAL = "interval"
    NOTICE = "notice"
    RANGE_START = "range_start"
    RANGE_END = "range_end"
    BUSY = "busy"
    BUFFER = "buffer"


@dataclass(frozen=True)
class Refusal:
    """The first rule that refuses a start.

    `span`, in epoch minutes, is what the rule measures by: the open window (`window_end`, `interval`), the busy time
    (`busy`, `buffer`); for `notice` it runs from now to the earliest start. None for the others.
    """

    rule: Rule
    span: Span | None = None

    @property
    def message(self) -> Message:
        """The rule in words."""
        return _WORDS[self.rule]


_WORDS = {
    Rule.WHOLE_MINUTE: Message("Calls begin on whole minutes."),
    Rule.OVERRIDE: Message("This date has hours of its own, and this time is outside them."),
    Rule.HOURS: Message("This time is outside the opening hours."),
    Rule.WINDOW_END: Message("The call would end after the opening hours do."),
    Rule.INTERVAL: Message("The starts of this call type fall on other minutes."),
    Rule.NOTICE: Message("This is sooner than the notice allows."),
    Rule.RANGE_START: Message("This is before the range that was asked for."),
    Rule.RANGE_END: Message("The call would end after the range that was asked for."),
    Rule.BUSY: Message("Something else is in the calendar at this time."),
    Rule.BUFFER: Message("It comes too close to something else in the calendar: a buffer is kept."),
}


def why_refused(
    rules: SlotRules,
    start: datetime,
    *,
    busy: Sequence[Span],
    now: datetime,
    within: tuple[datetime, datetime] | None = None,
) -> Refusal | None:
    """The first rule that refuses this aware instant, or None when it is offered.

    `within` is the range that was listed, when it is to be kept as well.
    """
    at = minutes_down(start)
    if at != minutes_up(start):
        return Refusal(Rule.WHOLE_MINUTE)
    return (
        _hours_refusal(rules, at)
        or _notice_refusal(rules, at, now)
        or _range_refusal(rules, at, within)
        or _busy_refusal(rules, at, busy)
    )


def _hours_refusal(rules: SlotRules, at: int) -> Refusal | None:
    if starts_between(rules, (), at, at):
        return None
    windows, _ = open_windows(rules, at, at + rules.length_min)
    window = next((window for window in windows if window[0] <= at < window[1]), None)
    if window is None:
        usual = replace(rules, overrides=())
        return Refusal(Rule.OVERRIDE if starts_between(usual, (), at, at) else Rule.HOURS)
    return Refusal(Rule.WINDOW_END if at + rules.length_min > window[1] else Rule.INTERVAL, window)


def _notice_refusal(rules: SlotRules, at: int, now: datetime) -> Refusal | None:
    earliest = earliest_start(rules, now)
    return Refusal(Rule.NOTICE, (minutes_down(now), earliest)) if at < earliest else None


def _range_refusal(rules: SlotRules, at: int, within: tuple[datetime, datetime] | None) -> Refusal | None:
    if within is None:
        return None
    if at < minutes_up(within[0]):
        return Refusal(Rule.RANGE_START)
    return Refusal(Rule.RANGE_END) if at + rules.length_min > minutes_down(within[1]) else None


def _busy_refusal(rules: SlotRules, at: int, busy: Sequence[Span]) -> Refusal | None:
    bare = replace(rules, buffer_before_min=0, buffer_after_min=0)
    for rule, asked in ((Rule.BUSY, bare), (Rule.BUFFER, rules)):
        if in_the_way := [span for span in busy if blocked_starts(asked, (span,), at, at)]:
            return Refusal(rule, min(in_the_way))
    return None
