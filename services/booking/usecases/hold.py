"""Holds: a time is kept for whoever is filling in the form. A real claim, one a visitor, for a few minutes.

A hold lives by machine time. When it is over it gives way to the next claim on its time; the sweep only tidies up.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking.models import Claim
from services.booking.usecases.availability import Offer, Own, is_free
from services.booking.usecases.claims import NotFree, change_claim, claim, claimed_range, claiming, require_free
from shared.clock import machine_now
from shared.retention import Outlived, drop_batch

# Rows of holds that are over: kept for a day, because a form may be sent late.
KEPT = timedelta(days=1)


def hold_time(
    session: Session, offer: Offer, start: datetime, *, holder: str, seconds: float, now: datetime
) -> datetime:
    """Keep a time for a visitor, instead of what they held before. Returns until when, in machine time.

    Holding the same time again renews it. A group call's seats are not held: its first seat would keep all others out.
    Raises `SlotTaken`, and then they keep what they held.
    """
    until = machine_now() + timedelta(seconds=seconds)
    own = Own(holder=holder)
    require_free(session, offer, start, now=now, own=own)
    if offer.is_group:
        return until
    during = claimed_range(offer.call_type, start, start + offer.length)
    with claiming(session, offer, start, now=now, own=own):
        if not (is_free(session, offer, start, now=now, own=own) and _kept(session, offer, during, holder, until)):
            raise NotFree
    return until


def let_go(session: Session, holder: str) -> None:
    """Give back what a visitor holds. Freeing time needs no lock: it is in nobody's way."""
    session.execute(update(Claim).where(Claim.holder == holder, Claim.active).values(active=False))


def _kept(session: Session, offer: Offer, during: Range[datetime], holder: str, until: datetime) -> bool:
    """Their one hold moves to this time, or is made."""
    theirs = Claim.holder == holder
    if session.scalar(select(Claim.id).where(theirs)) is None:
        return claim(session, offer, during, kind="hold", holder=holder, expires_at=until)
    return change_claim(session, offer.advisor.id, theirs, during, active=True, expires_at=until)


def sweep_holds(session: Session, *, machine: datetime) -> int:
    """Remove a batch of holds that are long over. Returns how many."""
    return drop_batch(session, [Outlived(Claim, (Claim.kind == "hold") & (Claim.expires_at <= machine - KEPT))])
