"""A refusal as the advisor reads it: the rule, the thing in the way, and the room where it can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.domain.errors import Message
from services.booking.domain.hours_text import hours_text
from services.booking.domain.public_holidays import holiday_name
from services.booking.domain.refusals import Refusal, Rule
from services.booking.models import Schedule
from services.booking.routes.hours_page import room_path
from services.booking.routes.limit_words import limit_words
from services.booking.usecases.availability import Offer, from_epoch_minute
from services.booking.usecases.why import Judged, Source
from shared import i18n

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Explainer:
    """Refusals of one offer in words, on the clock of `zone`."""

    offer: Offer
    schedule: Schedule
    zone: str
    language: str

    def answer(self, judged: Judged) -> dict[str, Any]:
        """One start: `words` say the rule, `detail` the thing, `href` and `link` where it is changed."""
        if judged.refusal is None:
            return {"offered": True, "words": self.say(Message("This time is offered.")), "detail": "", "href": ""}
        words = judged.refusal.message.translated(i18n.translations(self.language).gettext)
        href, link = self._room(judged)
        detail = _DETAILS.get(judged.refusal.rule, _nothing)(self, judged, judged.refusal)
        return {"offered": False, "words": words, "detail": detail, "href": href, "link": self.say(link)}

    def stretches(self, day: Sequence[Judged]) -> Iterator[dict[str, Any]]:
        """The starts of a day, those together that follow each other and have the same answer."""
        for _, group in groupby(day, key=lambda one: (one.refusal, one.source)):
            starts = list(group)
            yield {"first": starts[0].start, "last": starts[-1].start, "count": len(starts), **self.answer(starts[0])}

    def _room(self, judged: Judged) -> tuple[str, Message]:
        refusal, source = judged.refusal, judged.source
        rule = refusal.rule if refusal else Rule.WHOLE_MINUTE
        if source is not None and source.kind == "call":
            return f"/console/calls/{source.call}", Message("The call")
        if source is not None and source.kind == "calendar":
            return "/console/calendars", Message("Calendars")
        if rule in _ROOMS:
            place, words = _ROOMS[rule]
            return place.format(schedule=room_path(self.schedule), slug=self.offer.call_type.slug), words
        return "", Message("")

    def say(self, message: Message) -> str:
        """A sentence in the advisor's language."""
        return message.translated(i18n.translations(self.language).gettext) if message.template else ""

    def day(self, at: datetime) -> str:
        """The day in words."""
        return i18n.day(at, self.zone, self.language)

    def time(self, at: datetime) -> str:
        """The time of day."""
        return i18n.time(at, self.zone, self.language)

    def span(self, start: datetime, end: datetime) -> str:
        """The day, and from when to when."""
        return f"{i18n.day_short(start, self.zone, self.language)}, {i18n.span(start, end, self.zone, self.language)}"

    def local_date(self, at: datetime) -> date:
        """The date on the clock."""
        return at.astimezone(ZoneInfo(self.zone)).date()


def _nothing(_explainer: Explainer, _judged: Judged, _refusal: Refusal) -> str:
    return ""


def _away(explainer: Explainer, _judged: Judged, refusal: Refusal) -> str:
    _, end = _instants(refusal)
    return explainer.say(Message("You are back after %(day)s.", {"day": explainer.day(end - timedelta(minutes=1))}))


def _holiday(explainer: Explainer, judged: Judged, _refusal: Refusal) -> str:
    on, region = explainer.local_date(judged.start), explainer.offer.rules.holidays
    # A window that runs past midnight belongs to the evening before.
    name = holiday_name(region, on, explainer.language) or holiday_name(region, on - _ONE_DAY, explainer.language)
    return explainer.say(Message("%(name)s. Give the date hours of its own to open it.", {"name": name}))


def _override(explainer: Explainer, judged: Judged, _refusal: Refusal) -> str:
    on = explainer.local_date(judged.start)
    own = {one.date: one.windows for one in explainer.offer.rules.overrides}
    windows = own.get(on, own.get(on - _ONE_DAY, ()))
    return _hours(explainer, windows)


def _week(explainer: Explainer, judged: Judged, _refusal: Refusal) -> str:
    day = explainer.local_date(judged.start).isoweekday()
    return _hours(explainer, [window for window in explainer.offer.rules.weekly if day in window.days])


def _hours(explainer: Explainer, windows: Sequence[Any]) -> str:
    params: dict[str, str | int] = {"schedule": explainer.schedule.name, "hours": hours_text(windows)}
    if not windows:
        return explainer.say(Message("In “%(schedule)s” this day is closed.", params))
    return explainer.say(Message("In “%(schedule)s” this day has %(hours)s.", params))


def _window(explainer: Explainer, _judged: Judged, refusal: Refusal) -> str:
    start, end = _instants(refusal)
    sizes: dict[str, str | int] = {
        "span": explainer.span(start, end),
        "minutes": explainer.offer.minutes,
        "interval": explainer.offer.rules.interval_min,
    }
    if refusal.rule is Rule.WINDOW_END:
        return explainer.say(Message("You are open %(span)s, and the call takes %(minutes)s min.", sizes))
    return explainer.say(Message("You are open %(span)s, with a start every %(interval)s min.", sizes))


def _notice(explainer: Explainer, _judged: Judged, refusal: Refusal) -> str:
    _, first = _instants(refusal)
    when: dict[str, str | int] = {"day": explainer.day(first), "time": explainer.time(first)}
    return explainer.say(Message("The notice ends on %(day)s, %(time)s.", when))


def _horizon(explainer: Explainer, _judged: Judged, refusal: Refusal) -> str:
    first, end = _instants(refusal)
    days: dict[str, str | int] = {"first": explainer.day(first), "last": explainer.day(end - timedelta(minutes=1))}
    return explainer.say(Message("Open are the dates from %(first)s to %(last)s.", days))


def _limit(explainer: Explainer, _judged: Judged, refusal: Refusal) -> str:
    if refusal.limit is None:
        return ""
    return explainer.say(Message("The limit is %(limit)s.", {"limit": limit_words(refusal.limit)}))


def _busy(explainer: Explainer, judged: Judged, refusal: Refusal) -> str:
    said = []
    if judged.source is not None:
        said.append(_source(explainer, judged.source))
        whole = _instants(refusal)
        if judged.source.kind in ("call", "group") and whole != (judged.source.start, judged.source.end):
            kept = Message("With what is kept free around it, it takes %(span)s.", {"span": explainer.span(*whole)})
            said.append(explainer.say(kept))
    if refusal.rule is Rule.BUFFER:
        rules = explainer.offer.rules
        own: dict[str, str | int] = {"before": rules.buffer_before_min, "after": rules.buffer_after_min}
        said.append(explainer.say(Message("This call keeps %(before)s min free before and %(after)s min after.", own)))
    return " ".join(said)


def _source(explainer: Explainer, source: Source) -> str:
    params: dict[str, str | int] = {
        "name": source.name,
        "who": source.who,
        "span": explainer.span(source.start, source.end),
        "until": explainer.time(source.until) if source.until else "",
    }
    return explainer.say(Message(_SOURCES[source.kind].template, params))


def _instants(refusal: Refusal) -> tuple[datetime, datetime]:
    first, end = refusal.span or (0, 0)
    return from_epoch_minute(first), from_epoch_minute(end)


_SOURCES = {
    "call": Message("%(name)s with %(who)s, %(span)s."),
    "group": Message("The group call %(name)s, %(span)s."),
    "hold": Message("Somebody is filling in the form: %(span)s is kept for them until %(until)s."),
    "calendar": Message("Your calendar “%(name)s” has something on %(span)s."),
}
_DETAILS: dict[Rule, Callable[[Explainer, Judged, Refusal], str]] = {
    Rule.AWAY: _away,
    Rule.HOLIDAY: _holiday,
    Rule.OVERRIDE: _override,
    Rule.HOURS: _week,
    Rule.WINDOW_END: _window,
    Rule.INTERVAL: _window,
    Rule.NOTICE: _notice,
    Rule.HORIZON: _horizon,
    Rule.BUSY: _busy,
    Rule.BUFFER: _busy,
    **{rule: _limit for rule in Rule if rule.startswith("limit_")},
}
_OF_TYPE = "/console/call-types/{slug}"
_ROOMS = {
    Rule.AWAY: ("/console/hours#away", Message("Out of office")),
    Rule.HOLIDAY: ("{schedule}#dates", Message("Dates that differ")),
    Rule.OVERRIDE: ("{schedule}#dates", Message("Dates that differ")),
    Rule.HOURS: ("{schedule}#week", Message("The week")),
    Rule.WINDOW_END: ("{schedule}#week", Message("The week")),
    Rule.INTERVAL: (_OF_TYPE, Message("The call type")),
    Rule.NOTICE: (_OF_TYPE, Message("The call type")),
    Rule.HORIZON: (_OF_TYPE, Message("The call type")),
    Rule.BUFFER: (_OF_TYPE, Message("The call type")),
    **{rule: ("/console/hours#limits", Message("Limits")) for rule in Rule if rule.startswith("limit_")},
}
