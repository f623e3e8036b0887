"""Holds: a time is kept for whoever is filling in the form. A real claim, one a visitor, for a few minutes.

A hold lives by machine time. When it is over it gives way to the next claim on its time; the sweep only tidies up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking.domain.errors import TooManyHolds
from services.booking.models import Claim
from services.booking.usecases.availability import Offer, Own, is_free
from services.booking.usecases.claims import NotFree, change_claim, claim, claimed_range, claiming, require_free, take
from shared.clock import machine_now
from shared.ready import Ready, one_by_one
from shared.retention import Outlived, drop_batch

# A household or a small office at one address; whoever else sits there books without a hold.
MOST_OF_ONE_NETWORK = 5
# Rows of holds that are over: kept for a day, because a form may be sent late.
KEPT = timedelta(days=1)


def hold_time(
    session: Session,
    offer: Offer,
    start: datetime,
    *,
    holder: str,
    seconds: float,
    now: datetime,
    network: str | None = None,
) -> datetime:
    """Keep a time for a visitor, instead of what they held before. Returns until when, in machine time.

    Holding the same time again renews it. A group call's seats are not held: its first seat would keep all others out.
    `network` is the digest of where they come from; None is not counted. Raises `SlotTaken` and `TooManyHolds`, and
    then they keep what they held.
    """
    until = machine_now() + timedelta(seconds=seconds)
    own = Own(holder=holder)
    require_free(session, offer, start, now=now, own=own)
    if offer.is_group:
        return until
    during = claimed_range(offer.call_type, start, start + offer.length)
    terms = {"expires_at": until, "network": network}
    if network is not None:
        one_by_one(session, f"holds:{network}")
    # Who holds nothing yet, and is counted with nobody, waits for nobody (ADR 13).
    if offer.rules.limits or not take(session, offer, during, kind="hold", holder=holder, **terms):
        require_free(session, offer, start, now=now, own=own)
        with claiming(session, offer, start, now=now, own=own):
            if offer.rules.limits and not is_free(session, offer, start, now=now, own=own):
                raise NotFree
            if not _kept(session, offer, during, holder, terms):
                raise NotFree
    if network is not None:
        _require_few(session, network)
    return until


def let_go(session: Session, holder: str) -> None:
    """Give back what a visitor holds. Freeing time needs no lock: it is in nobody's way."""
    _LET_GO.rows(session, holder=holder)


def _kept(
    session: Session, offer: Offer, during: Range[datetime], holder: str, terms: Mapping[str, datetime | str | None]
) -> bool:
    """Their one hold moves to this time, or is made."""
    if not _THEIRS.rows(session, holder=holder):
        return claim(session, offer, during, kind="hold", holder=holder, **terms)
    return change_claim(session, offer.advisor.id, Claim.holder == holder, during, active=True, **terms)


def _require_few(session: Session, network: str) -> None:
    """Visitors cost nothing, so whoever wants all of the advisor's time needs only many. They come one by one."""
    [living] = _LIVING.scalars(session, network=network, machine=machine_now())
    if living > MOST_OF_ONE_NETWORK:
        raise TooManyHolds


_THEIRS = Ready(select(Claim.id).where(Claim.holder == bindparam("holder")))
_LET_GO = Ready(
    update(Claim).where(Claim.holder == bindparam("holder"), Claim.active).values(active=False).returning(Claim.id)
)
_LIVING = Ready(
    select(func.count()).where(
        Claim.network == bindparam("network"), Claim.active, Claim.expires_at > bindparam("machine")
    )
)


def sweep_holds(session: Session, *, machine: datetime) -> int:
    """Remove a batch of holds that are long over. Returns how many."""
    return drop_batch(session, [Outlived(Claim, (Claim.kind == "hold") & (Claim.expires_at <= machine - KEPT))])
