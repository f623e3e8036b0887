"""The page of one call, for who booked it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from services.booking.domain.answer_by import answer_by
from services.booking.domain.errors import BookingError, InvalidInput, NotFound, SlotTaken
from services.booking.domain.invites import invite_ics
from services.booking.domain.states import OPEN, STANDING, CallState
from services.booking.domain.zones import z
from services.booking.models import Call, CallType
from services.booking.routes.calendar import Openings, Page, slot
from services.booking.routes.forms import Form, shown_errors
from services.booking.routes.said import said
from services.booking.usecases import change
from services.booking.usecases.availability import Offer, from_epoch_minute, offer_for
from services.booking.usecases.calls import guests_of, minutes_of
from services.booking.usecases.change import may_cancel, moved_enough
from services.booking.usecases.guests import may_invite
from services.booking.usecases.late import MINUTES, late_now, may_be_late
from services.booking.usecases.new_calls import VERIFY_WITHIN
from services.booking.usecases.opening import opens_again, way_back
from services.booking.usecases.propose import open_proposal
from services.booking.usecases.render import Copies, Place, To, own_words_of, place_of
from shared.web.app import language, this_service
from shared.web.policy import let_form_lead_to

# What the last step can have been, as the call stands now: a tab that is loaded again later tells nothing of the past.
STEPS = {
    **dict.fromkeys(map(str, OPEN), ("booked", "moved", "late", "guests")),
    str(CallState.CANCELLED): ("cancelled",),
}


def render(session: Session, call: Call, *, just: str = "", refused: BookingError | None = None) -> str:
    """The call as it stands; `just` is the step that led here, `refused` why the last one did not work."""
    now, offer = this_service().clock.now(), offer_for(session, call.call_type_id, minutes=minutes_of(call))
    call_type = offer.call_type
    return render_template(
        "call.html",
        call=_shown(session, call, offer, now=now),
        just=just if just in STEPS.get(_phase(call, now=now), ()) else "",
        answer_by=answer_by(call.created_at, call.starts_at, offer.advisor.zone),
        verify_minutes=VERIFY_WITHIN // timedelta(minutes=1),
        pay=_pay(call, call_type),
        may_move=change.may_move(call, call_type, now=now),
        moved_enough=moved_enough(call, call_type),
        late=MINUTES if may_be_late(call, now=now) else (),
        comes_late=late_now(session, [call], now=now).get(call.id, {}),
        may_cancel=may_cancel(call, call_type, now=now),
        move_notice_minutes=call_type.move_notice_minutes,
        cancel_notice_minutes=call_type.cancel_notice_minutes,
        links=_links(session, call, call_type, now=now),
        guests=[{"id": guest.id, "email": guest.email, "answer": guest.answer} for guest in guests_of(session, call)],
        may_invite=may_invite(call, now=now),
        times=_times(session, call, now=now),
        problem=_why(refused),
        values=Form.again(refused).values if refused else {},
        errors=shown_errors(refused) if refused else [],
        advisor_email=offer.advisor.email,
    )


def may_move(session: Session, call: Call) -> bool:
    """Whether the call's own page offers to move it."""
    call_type = offer_for(session, call.call_type_id).call_type
    return change.may_move(call, call_type, now=this_service().clock.now())


def calendar_file(session: Session, call: Call) -> bytes:
    """The call as a file to open in a calendar: the prospect's copy, without anything of the briefing.

    A wish is in no calendar, nor is what came of it when it was no call. Raises `NotFound`.
    """
    if not _in_calendars(call):
        raise NotFound
    service, offer = this_service(), offer_for(session, call.call_type_id)
    return invite_ics(Copies(service.settings, session, offer.advisor).file(call))


def to_verify(session: Session, call: Call, refused: BookingError | None) -> dict[str, Any]:
    """What the page behind the link in our mail shows: one button, or that it came too late and what is free."""
    now, offer = this_service().clock.now(), offer_for(session, call.call_type_id, minutes=minutes_of(call))
    again = way_back(session, call, offer.call_type, now=now)
    if there := offer.call_type.redirect_url:
        let_form_lead_to(there)
    near = refused.nearest if isinstance(refused, SlotTaken) else ()
    page = Page(again.partition("?")[0], call.zone, opens_again(session, call), language())
    openings = Openings((), offer.length, offer.call_type.seats)
    return {
        "call": _shown(session, call, offer, now=now),
        "late": refused is not None or call.state == CallState.LAPSED or call.starts_at <= now,
        "taken": isinstance(refused, SlotTaken),
        "nearest": [slot(page, openings, from_epoch_minute(minute)) for minute in near] if again else [],
        "again": page.href(start=z(call.starts_at)) if again else "",
        "action": f"/verify/{call.verify_token}",
        "verify_minutes": VERIFY_WITHIN // timedelta(minutes=1),
    }


def _shown(session: Session, call: Call, offer: Offer, *, now: datetime) -> dict[str, Any]:
    page = Page("", call.zone, {}, language())
    place = place_of(call, offer.call_type, offer.advisor, To.PROSPECT, language())
    return {
        "name": offer.call_type.name,
        "with_name": offer.advisor.name,
        "email": call.email,
        "start": call.starts_at,
        "end": call.ends_at,
        "zone": call.zone,
        "price": offer.call_type.price_text,
        # Where it is, is for who has a call.
        "place": place if call.state == CallState.CONFIRMED else Place(""),
        "answers": own_words_of(session, call),
        "answer": call.answer,
        "phase": _phase(call, now=now),
        "in_calendars": _in_calendars(call),
        "is_seat": call.group_call_id is not None,
        "silent": call.verify_by is not None,
        "reason": call.reason,
        "cancelled_by": call.cancelled_by,
        "blocks": offer.call_type.pending_blocks,
        "repeats": slot(page, Openings((), offer.length), call.starts_at)["repeats"],
    }


def _in_calendars(call: Call) -> bool:
    """Whether calendars know of it. SEQUENCE rises with the cancellation of what they know of."""
    return call.state in STANDING or (call.state == CallState.CANCELLED and call.sequence > 0)


def _phase(call: Call, *, now: datetime) -> str:
    """The call's state as its reader sees it: between its time and the next tick it is over already."""
    if call.state in (CallState.PENDING, CallState.UNVERIFIED) and call.starts_at <= now:
        return str(CallState.LAPSED)
    return "over" if call.state == CallState.CONFIRMED and call.ends_at <= now else call.state


def _pay(call: Call, call_type: CallType) -> dict[str, Any] | None:
    """What is to be paid, and where; None when nothing is, or when it is too early or too late for it."""
    wanted = call.state in (CallState.PENDING, CallState.CONFIRMED, CallState.COMPLETED)
    if not call_type.pay_url or not wanted:
        return None
    return {"url": call_type.pay_url, "price": call_type.price_text, "paid": call.paid_at is not None}


def _times(session: Session, call: Call, *, now: datetime) -> str:
    """Where one of the times that the advisor proposed is chosen, "" when there are none to choose from any more."""
    proposal = open_proposal(session, call, "advisor")
    return f"/times/{proposal.token}" if proposal and max(proposal.starts) > now else ""


def _links(session: Session, call: Call, call_type: CallType, *, now: datetime) -> dict[str, str]:
    path = f"/call/{call.token}"
    steps = {step: f"{path}/{step}" for step in ("move", "cancel", "late", "guests")}
    return {**steps, "calendar": f"{path}/invite.ics", "book": way_back(session, call, call_type, now=now)}


def _why(refused: BookingError | None) -> str | None:
    if refused is None or isinstance(refused, InvalidInput):
        return None
    return said(refused.message)
