"""Limits in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.booking.domain.errors import Message
from services.booking.domain.limits import Limit, Per, Unit
from services.booking.routes.said import said
from shared.i18n import translations
from shared.web.app import language

LABELS: Mapping[tuple[Unit, Per], Message] = {
    (Unit.CALLS, Per.DAY): Message("Calls a day"),
    (Unit.CALLS, Per.WEEK): Message("Calls a week"),
    (Unit.CALLS, Per.MONTH): Message("Calls a month"),
    (Unit.MINUTES, Per.DAY): Message("Minutes a day"),
    (Unit.MINUTES, Per.WEEK): Message("Minutes a week"),
    (Unit.MINUTES, Per.MONTH): Message("Minutes a month"),
}


def limit_label(unit: Unit, per: Per) -> str:
    """What the field of a limit is called."""
    return said(LABELS[unit, per])


def limit_words(limit: Limit) -> str:
    """A limit as one says it: "4 calls a day"."""
    said = _WORDS[limit.unit, limit.per](translations(language()).ngettext, limit.most)
    return said % {"num": limit.most}


Plural = Callable[[str, str, int], str]

# Each pair stands beside its `ngettext`, where the catalogue finds it.
_WORDS: Mapping[tuple[Unit, Per], Callable[[Plural, int], str]] = {
    (Unit.CALLS, Per.DAY): lambda ngettext, n: ngettext("one call a day", "%(num)s calls a day", n),
    (Unit.CALLS, Per.WEEK): lambda ngettext, n: ngettext("one call a week", "%(num)s calls a week", n),
    (Unit.CALLS, Per.MONTH): lambda ngettext, n: ngettext("one call a month", "%(num)s calls a month", n),
    (Unit.MINUTES, Per.DAY): lambda ngettext, n: ngettext("one minute a day", "%(num)s minutes a day", n),
    (Unit.MINUTES, Per.WEEK): lambda ngettext, n: ngettext("one minute a week", "%(num)s minutes a week", n),
    (Unit.MINUTES, Per.MONTH): lambda ngettext, n: ngettext("one minute a month", "%(num)s minutes a month", n),
}
