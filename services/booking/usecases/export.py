"""What booking keeps about one person, for that person to read. Nothing about anybody else is in it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from services.booking.models import (
    Ask,
    Audit,
    Blocked,
    Call,
    CallType,
    DeadAddress,
    Guest,
    Inbox,
    Message,
    MessageBody,
    Proposal,
)
from shared.export import Gettext, Part, as_json, events_about, mails_to, plain, rows


def export_person(session: Session, person: str, *, gettext: Gettext) -> dict[str, Any]:
    """`{service, person, kept: {part: how many}, parts: [{name, about, items}]}`, in plain JSON.

    `person` is the key. Somebody who is not known has the same parts, all of them empty.
    """
    _ = gettext
    parts = [
        Part("asks", _("What you asked by the forms, in your words."), _asks(session, person)),
        Part(
            "calls", _("Your calls, with the advisor's notes. Guests are counted, not named."), _calls(session, person)
        ),
        Part("proposals", _("Other times that were proposed for your calls and asks."), _proposals(session, person)),
        Part("invitations", _("Calls of others to which you were invited."), _invitations(session, person)),
        Part(
            "mails",
            _("Mails to you, with their text while it is kept."),
            mails_to(session, Message, MessageBody, person),
        ),
        Part(
            "mails_about_you", _("Mails to others about your calls and asks, without text."), _others(session, person)
        ),
        Part("events", _("What our own services told each other about you."), events_about(session, Inbox, person)),
        Part("address", _("That your address bounced, or is blocked."), _address(session, person)),
        Part("trail", _("What the advisor did with your calls and asks."), _trail(session, person)),
    ]
    return as_json("booking", person, parts)


def _asks(session: Session, person: str) -> list[dict[str, Any]]:
    return rows(session.scalars(select(Ask).where(Ask.person == person).order_by(Ask.created_at)))


def _calls(session: Session, person: str) -> list[dict[str, Any]]:
    guests = select(func.count()).where(Guest.call_id == Call.id).correlate(Call).scalar_subquery()
    query = select(Call, CallType.name, guests).join(CallType, CallType.id == Call.call_type_id)
    found = session.execute(query.where(Call.person == person).order_by(Call.starts_at))
    return [{**rows([call])[0], "call_type": name, "guests": count} for call, name, count in found]


def _proposals(session: Session, person: str) -> list[dict[str, Any]]:
    theirs = or_(Proposal.call_id.in_(_ids(Call, person)), Proposal.ask_id.in_(_ids(Ask, person)))
    return rows(session.scalars(select(Proposal).where(theirs).order_by(Proposal.created_at)))


def _invitations(session: Session, person: str) -> list[dict[str, Any]]:
    """Their own row, and when the call is; whose call it is, is the other's."""
    query = select(Guest, Call.starts_at, Call.ends_at).join(Call, Call.id == Guest.call_id)
    found = session.execute(query.where(Guest.person == person).order_by(Call.starts_at))
    return [{**rows([guest])[0], "starts_at": plain(start), "ends_at": plain(end)} for guest, start, end in found]


def _others(session: Session, person: str) -> list[dict[str, Any]]:
    about = Message.subject_id.in_(_ids(Call, person)) | Message.subject_id.in_(_ids(Ask, person))
    query = select(Message.kind, Message.state, Message.created_at).where(about, Message.person != person)
    return [
        {"kind": kind, "state": plain(state), "created_at": plain(at)}
        for kind, state, at in session.execute(query.order_by(Message.created_at))
    ]


def _address(session: Session, person: str) -> list[dict[str, Any]]:
    dead = session.scalars(select(DeadAddress).where(DeadAddress.person == person))
    return rows(dead) + rows(session.scalars(select(Blocked).where(Blocked.pattern == person)))


def _trail(session: Session, person: str) -> list[dict[str, Any]]:
    about = Audit.subject.in_(_ids(Call, person)) | Audit.subject.in_(_ids(Ask, person))
    found = session.scalars(select(Audit).where(about).order_by(Audit.id))
    return [{"act": line.act, "at": plain(line.at), "detail": plain(line.detail)} for line in found]


def _ids(table: type[Call | Ask], person: str) -> Any:
    return select(table.id).where(table.person == person)
