"""What opens a call type to a person: an accepted request, a private link, or nothing when it is public."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvitationNeeded, InvitationUsed
from services.booking.domain.requests import BookingRequest
from services.booking.domain.states import GONE
from services.booking.models import Ask, Call, CallType, PrivateLink
from services.booking.usecases.links import opened_by, opens


def opened_with(
    session: Session, call_type: CallType, request: BookingRequest, *, by_advisor: bool, now: datetime
) -> dict[str, UUID | None]:
    """The columns of a call that say what opened its type to this person: `ask_id`, `link_id`.

    A private link opens whatever it leads to. The advisor needs none; the ask that they answer with the call is kept
    all the same. Raises `InvitationNeeded`, `InvitationUsed`, `LinkNeeded`, `LinkSpent`.
    """
    if by_advisor:
        return {"ask_id": session.scalar(select(Ask.id).where(Ask.token == request.invitation)), "link_id": None}
    link = opened_by(session, request.link, call_type, now=now)
    ask = _invitation(session, request) if link is None and call_type.access == "accepted_request" else None
    return {"ask_id": ask.id if ask else None, "link_id": link.id if link else None}


def opens_again(session: Session, call: Call) -> dict[str, str]:
    """What opened the call's type to its person, by the names under which a booking takes it: `link`, `invitation`.

    An accepted request opens it again once the call has not come about.
    """
    link = session.get(PrivateLink, call.link_id) if call.link_id else None
    ask = session.get(Ask, call.ask_id) if call.ask_id and call.state in GONE else None
    return ({"link": link.token} if link else {}) | ({"invitation": ask.token} if ask else {})


def way_back(session: Session, call: Call, call_type: CallType, *, now: datetime) -> str:
    """Where the same person books another call of this type, as a path. "" when it does not open to them any more."""
    opened = call_type.access == "public" or (call.link_id is not None and opens(session, call.link_id, now=now))
    opened = opened or (call_type.access == "accepted_request" and call.ask_id is not None and call.state in GONE)
    if not (opened and call_type.active):
        return ""
    query = urlencode(opens_again(session, call))
    return f"/book/{call_type.slug}" + (f"?{query}" if query else "")


def require_way_in(session: Session, call_type: CallType, invitation: str, link: str, *, now: datetime) -> None:
    """Let nobody take a type's time, be it for minutes, whom nothing opens it to. Who they are is not known yet.

    Raises `InvitationNeeded`, `InvitationUsed`, `LinkNeeded`, `LinkSpent`.
    """
    if opened_by(session, link, call_type, now=now) is None and call_type.access == "accepted_request":
        _accepted(session, Ask.token == invitation)


def _invitation(session: Session, request: BookingRequest) -> Ask:
    return _accepted(session, Ask.token == request.invitation, Ask.person == request.visitor.person)


def _accepted(session: Session, *which: ColumnElement[bool]) -> Ask:
    ask = session.scalar(select(Ask).where(*which, Ask.state == "accepted", Ask.format == "one_session"))
    if ask is None:
        raise InvitationNeeded
    if session.scalar(select(Call.id).where(Call.ask_id == ask.id, Call.state.not_in(GONE))) is not None:
        # Said kindly here; the index on the table is what decides.
        raise InvitationUsed
    return ask
