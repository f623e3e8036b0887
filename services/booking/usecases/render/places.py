"""Where a call takes place, as each of those who come needs to read it."""

from __future__ import annotations

from dataclasses import dataclass

from services.booking.models import Advisor, Call, CallType
from services.booking.usecases.render.readers import To
from shared.i18n import translations


@dataclass(frozen=True)
class Place:
    """`words` is what is read; `url` is what opens it (`https:`, `tel:`), or ""."""

    words: str
    url: str = ""


def location_of(advisor: Advisor, call_type: CallType) -> str:
    """Where calls of this type take place: the type's own place, else the advisor's video link."""
    return call_type.location or advisor.video_url


def place_of(call: Call, call_type: CallType, advisor: Advisor, to: To, language: str) -> Place:
    """The call's place for one reader. The prospect's number is told to nobody but the two who use it."""
    _ = translations(language).gettext
    where = call.location or location_of(advisor, call_type)
    if not where.startswith("tel:"):
        return Place(where, where if where.startswith("https://") else "")
    number = where.removeprefix("tel:")
    if number != call.phone.replace(" ", ""):
        return Place(_("By phone: %s") % number, where)
    names = {"name": call.name, "advisor": advisor.name, "number": number}
    if to == To.ADVISOR:
        return Place(_("You call %(name)s at %(number)s") % names, where)
    if to == To.PROSPECT:
        return Place(_("%(advisor)s calls you at %(number)s") % names)
    return Place(_("%(advisor)s calls %(name)s") % names)
