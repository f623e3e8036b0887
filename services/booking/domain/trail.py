"""What the lines of the trail say. An act that has no words here is shown by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.booking.domain.errors import Message

ACTS: Mapping[str, Message] = {
    "address_blocked": Message("Blocked an address"),
    "address_unblocked": Message("Let an address in again"),
    "ask_accepted": Message("Accepted a mentorship request"),
    "ask_answered": Message("Noted a question as answered"),
    "ask_declined": Message("Declined a mentorship request"),
    "away_added": Message("Went out of office"),
    "away_removed": Message("Took back an absence"),
    "calendar_access_changed": Message("Changed how a calendar is reached"),
    "calendar_connected": Message("Connected a calendar"),
    "calendar_disconnected": Message("Disconnected a calendar"),
    "calendar_roles_set": Message("Changed what a calendar is for"),
    "calendars_looked_for": Message("Looked for calendars again"),
    "call_booked": Message("Booked a call for somebody"),
    "call_cancelled": Message("Cancelled a call"),
    "call_confirmed": Message("Said yes to a call"),
    "call_declined": Message("Said no to a call"),
    "call_held": Message("Noted that a call was held"),
    "call_missed": Message("Noted that somebody did not come"),
    "call_moved": Message("Moved a call"),
    "call_paid": Message("Noted a call as paid"),
    "call_type_changed": Message("Changed a call type"),
    "call_type_made": Message("Made a call type"),
    "dates_cleared": Message("Let the week hold again on dates"),
    "dates_set": Message("Gave dates hours of their own"),
    "endpoint_added": Message("Added an endpoint"),
    "endpoint_removed": Message("Removed an endpoint"),
    "feed_made": Message("Made an address to subscribe to"),
    "feed_revoked": Message("Revoked an address to subscribe to"),
    "guest_removed": Message("Took back the invitation of a guest"),
    "guests_invited": Message("Invited guests"),
    "holidays_set": Message("Chose whose public holidays are closed"),
    "limits_set": Message("Changed the limits"),
    "link_made": Message("Made a private link"),
    "link_revoked": Message("Revoked a private link"),
    "mail_sent_again": Message("Sent a mail again"),
    "notes_written": Message("Wrote notes about a call"),
    "password_changed": Message("Changed the password"),
    "person_erased": Message("Erased a person"),
    "proposal_accepted": Message("Took the time that somebody proposed"),
    "proposal_refused": Message("Left a call where it is"),
    "said_late": Message("Said to come late"),
    "schedule_deleted": Message("Deleted a schedule"),
    "schedule_made": Message("Made a schedule"),
    "schedule_renamed": Message("Renamed a schedule"),
    "times_offered": Message("Answered with times"),
    "times_proposed": Message("Proposed other times"),
    "token_made": Message("Made an API token"),
    "travel_added": Message("Added a stay in another zone"),
    "travel_removed": Message("Removed a stay in another zone"),
    "weekly_hours_set": Message("Changed the weekly hours"),
    "zone_set": Message("Moved to another zone"),
}


def changes(act: str, detail: Mapping[str, Any]) -> list[str]:
    """What changed, a line each: `before → after`, or the value alone; without its name where the act says it.

    >>> changes("ask_answered", {"state": ["open", "answered"], "scopes": ["audit:read"], "calls": 2})
    ['state: open → answered', 'scopes: audit:read', 'calls: 2']
    >>> changes("away_added", {"away_added": ["", "2026-12-24 to 2026-12-31"]})
    ['2026-12-24 to 2026-12-31']
    """
    return [_shown(value) if name == act else f"{name}: {_shown(value)}" for name, value in detail.items()]


def _shown(value: Any) -> str:
    if not isinstance(value, list):
        return _plain(value) or "–"
    if len(value) == 2:
        return " → ".join(_plain(one) or "–" for one in value).removeprefix("– → ")
    return ", ".join(map(_plain, value))


def _plain(value: Any) -> str:
    """A value as people write it: of questions and choices their words."""
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, Mapping):
        return str(value.get("label") or value.get("name") or dict(value))
    return {None: "", True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool | None) else str(value)
