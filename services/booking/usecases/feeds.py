"""Addresses to subscribe to: making and revoking them, and what they give out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotFound
from services.booking.domain.feeds import Period, PublishedCall, Taken, calls_ics, free_busy_ics
from services.booking.domain.states import STANDING
from services.booking.models import BusyTime, Calendar, Call, Claim, Feed, GroupCall
from services.booking.usecases.advisors_copy import copy_of_call, copy_of_group, organizers_address
from services.booking.usecases.audit import note
from services.booking.usecases.availability import advisor_of
from shared.i18n import translations
from shared.security import new_token
from shared.settings import Settings

Kind = Literal["calls", "free_busy"]

LONGEST_LABEL = 80
# A subscriber forgets what a feed no longer has: what was cancelled stays long enough to be seen crossed out.
CANCELLED_FOR = timedelta(days=30)
PAST_FOR = timedelta(days=365)
AHEAD = timedelta(days=90)
# Of a feed: its text, given when it last changed.
Writer = Callable[[datetime], bytes]


@dataclass(frozen=True)
class Publication:
    """What an address gives out, and since when it has been that."""

    content: bytes
    etag: str
    changed: datetime


def make_feed(session: Session, kind: Kind, label: str, *, now: datetime, by: str = "") -> Feed:
    """A new address. The label is the advisor's own word for who has it.

    Given a name in `by`, this and `revoke_feed` leave their line in the trail.
    """
    made = Feed(token=new_token(), kind=kind, label=label.strip()[:LONGEST_LABEL], created_at=now, changed_at=now)
    session.add(made)
    session.flush()
    if by:
        note(session, by, "feed_made", made.id, now=now, detail={"kind": kind, "label": made.label})
    return made


def revoke_feed(session: Session, feed_id: UUID, *, now: datetime, by: str = "") -> None:
    """Let nobody read it any more. Twice is once. Raises `NotFound`."""
    feed = session.get(Feed, feed_id, with_for_update=True)
    if feed is None:
        raise NotFound
    if feed.revoked_at is None:
        feed.revoked_at = now
        if by:
            note(session, by, "feed_revoked", feed_id, now=now)


def feeds(session: Session) -> Sequence[Feed]:
    """The addresses that can be read, the newest first."""
    return session.scalars(select(Feed).where(Feed.revoked_at.is_(None)).order_by(Feed.created_at.desc())).all()


def published(session: Session, token: str, settings: Settings, *, now: datetime, machine: datetime) -> Publication:
    """What this address gives out now. Raises `NotFound`, also for a revoked one.

    `now` decides what is shown, `machine` which holds are alive. When something changed since the last asking, that is
    noted as of `now`.
    """
    feed = session.scalar(select(Feed).where(Feed.token == token, Feed.revoked_at.is_(None)))
    if feed is None:
        raise NotFound
    if feed.kind == "calls":
        write = _calls(session, settings, now=now)
    else:
        write = _taken(session, settings, feed, now=now, machine=machine)
    changed = _last_change(session, feed, write(feed.created_at), now=now.replace(microsecond=0))
    content = write(changed)
    return Publication(content, hashlib.sha256(content).hexdigest()[:32], changed)


def _last_change(session: Session, feed: Feed, content: bytes, *, now: datetime) -> datetime:
    """When the content became what it is. Two that find it changed at once agree on who saw it first."""
    digest = hashlib.sha256(content).hexdigest()
    noted = update(Feed).where(Feed.id == feed.id, Feed.digest != digest).values(digest=digest, changed_at=now)
    session.execute(noted.execution_options(synchronize_session=False))
    return session.scalars(select(Feed.changed_at).where(Feed.id == feed.id)).one()


def _calls(session: Session, settings: Settings, *, now: datetime) -> Writer:
    name = translations("en").gettext("Calls of %s") % advisor_of(session).name
    found = [*_single(session, settings, now), *_group(session, settings, now)]
    shown = sorted(found, key=lambda call: (call.invite.start, call.invite.uid))
    return lambda changed: calls_ics(name, shown)  # noqa: ARG005 - every call has its own last change


def _single(session: Session, settings: Settings, now: datetime) -> Iterator[PublishedCall]:
    stands = Call.state.in_(STANDING) & (Call.ends_at >= now - PAST_FOR)
    cancelled = (Call.state == "cancelled") & (Call.changed_at >= now - CANCELLED_FOR)
    for call in session.scalars(select(Call).where(Call.group_call_id.is_(None), or_(stands, cancelled))):
        yield PublishedCall(copy_of_call(session, settings, call), call.created_at, call.changed_at)


def _group(session: Session, settings: Settings, now: datetime) -> Iterator[PublishedCall]:
    stands = (GroupCall.state != "cancelled") & (GroupCall.ends_at >= now - PAST_FOR)
    cancelled = (GroupCall.state == "cancelled") & (GroupCall.changed_at >= now - CANCELLED_FOR)
    for group in session.scalars(select(GroupCall).where(or_(stands, cancelled))):
        yield PublishedCall(copy_of_group(session, settings, group), group.created_at, group.changed_at)


def _taken(session: Session, settings: Settings, feed: Feed, *, now: datetime, machine: datetime) -> Writer:
    # From midnight, not from now: the text is a new one once a day and not at every asking.
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + AHEAD + timedelta(days=1)
    periods = (*_claimed(session, start, end, machine=machine), *_read(session, start, end))
    organizer = organizers_address(advisor_of(session), settings)
    uid = f"{feed.id}@{settings.mail_domain}"
    return lambda changed: free_busy_ics(Taken(uid, organizer, start, end, periods, changed))


def _claimed(session: Session, start: datetime, end: datetime, *, machine: datetime) -> Iterator[Period]:
    alive = or_(Claim.expires_at.is_(None), Claim.expires_at > machine)
    query = select(Claim.during).where(Claim.active, alive, Claim.during.op("&&")(Range(start, end)))
    for during in session.scalars(query):
        yield during.lower, during.upper


def _read(session: Session, start: datetime, end: datetime) -> Iterator[Period]:
    """What the calendars that are read have; not our own calls in them, which a claim tells of first."""
    ours = exists().where(Call.uid == BusyTime.uid) | exists().where(GroupCall.uid == BusyTime.uid)
    inside = func.lower(BusyTime.during) < end, func.upper(BusyTime.during) > start
    query = select(BusyTime.during).join(Calendar).where(Calendar.is_read, *inside, ~ours)
    for during in session.scalars(query):
        yield during.lower, during.upper
