"""Private links to a call type: made, revoked, spent with a booking, given back when the call does not come about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from services.booking.domain.errors import LinkNeeded, LinkSpent, NotFound
from services.booking.models import CallType, PrivateLink
from services.booking.usecases.audit import note
from shared.security import new_token


def make_link(
    session: Session,
    call_type_id: UUID,
    *,
    label: str,
    most_uses: int | None,
    expires_at: datetime | None,
    now: datetime,
    by: str = "",
) -> PrivateLink:
    """A new link to a call type: for so many uses (None: any number), until an instant (None: for good).

    Given a name in `by`, this and `revoke_link` leave their line in the trail.
    """
    link = PrivateLink(
        token=new_token(),
        call_type_id=call_type_id,
        label=label,
        most_uses=most_uses,
        uses=0,
        expires_at=expires_at,
        created_at=now,
    )
    session.add(link)
    session.flush()
    if by:
        slug = session.get_one(CallType, call_type_id).slug
        note(session, by, "link_made", link.id, now=now, detail={"call_type": slug})
    return link


def revoke_link(session: Session, link_id: UUID, *, now: datetime, by: str = "") -> PrivateLink:
    """Let it open nothing any more. Revoking twice is revoking once. Raises `NotFound`."""
    link = session.get(PrivateLink, link_id, with_for_update=True)
    if link is None:
        raise NotFound
    if link.revoked_at is None:
        link.revoked_at = now
        if by:
            note(session, by, "link_revoked", link_id, now=now)
    return link


def links_page(session: Session, call_type_id: UUID, after: UUID | None, limit: int | None) -> Sequence[PrivateLink]:
    """The private links to a call type, the newest first, revoked ones too; all of them without a limit."""
    query = select(PrivateLink).where(PrivateLink.call_type_id == call_type_id).order_by(PrivateLink.id.desc())
    return session.scalars((query if after is None else query.where(PrivateLink.id < after)).limit(limit)).all()


def opened_by(session: Session, token: str, call_type: CallType, *, now: datetime) -> PrivateLink | None:
    """The link that is shown with a call type, None for none. Raises `LinkNeeded`, or `LinkSpent` for one that is over.

    A look before the door: `spend` decides.
    """
    if not token:
        if call_type.access == "link":
            raise LinkNeeded
        return None
    link = _standing(session, token, now=now)
    if link.call_type_id != call_type.id:
        raise LinkNeeded
    return link


def led_to(session: Session, token: str, *, now: datetime) -> UUID:
    """The call type that a link opens. Raises `LinkNeeded` for an unknown one, `LinkSpent` for one that is over."""
    return _standing(session, token, now=now).call_type_id


def opens(session: Session, link_id: UUID, *, now: datetime) -> bool:
    """Whether a link that was used before still opens its call type."""
    link = session.get(PrivateLink, link_id)
    return link is not None and not _why_over(link, now=now)


def spend(session: Session, link_id: UUID, *, now: datetime) -> None:
    """Use a link once, in one statement, so that two who have the last use do not both get it. Raises `LinkSpent`."""
    used = (
        update(PrivateLink)
        .where(
            PrivateLink.id == link_id,
            PrivateLink.revoked_at.is_(None),
            or_(PrivateLink.expires_at.is_(None), PrivateLink.expires_at > now),
            or_(PrivateLink.most_uses.is_(None), PrivateLink.uses < PrivateLink.most_uses),
        )
        .values(uses=PrivateLink.uses + 1)
        .returning(PrivateLink.id)
        .execution_options(synchronize_session=False)
    )
    if session.execute(used).scalar_one_or_none() is None:
        raise LinkSpent


def give_back(session: Session, link_id: UUID) -> None:
    """The call it was spent on does not come about."""
    returned = update(PrivateLink).where(PrivateLink.id == link_id, PrivateLink.uses > 0)
    session.execute(returned.values(uses=PrivateLink.uses - 1).execution_options(synchronize_session=False))


def _standing(session: Session, token: str, *, now: datetime) -> PrivateLink:
    link = session.scalar(select(PrivateLink).where(PrivateLink.token == token))
    if link is None:
        raise LinkNeeded
    if why := _why_over(link, now=now):
        raise LinkSpent(why)
    return link


def _why_over(link: PrivateLink, *, now: datetime) -> str:
    if link.revoked_at is not None:
        return "revoked"
    if link.expires_at is not None and link.expires_at <= now:
        return "expired"
    return "used" if link.most_uses is not None and link.uses >= link.most_uses else ""
