"""The page of one call, for who booked it."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, InvalidInput
from services.booking.domain.invites import invite_ics
from services.booking.models import Call
from services.booking.routes.calendar import Openings, Page, slot
from services.booking.routes.forms import Form, shown_errors
from services.booking.usecases import change
from services.booking.usecases.availability import offer_for
from services.booking.usecases.change import may_change, moved_enough
from services.booking.usecases.guests import guests_of, may_invite
from services.booking.usecases.late import MINUTES, may_be_late
from services.booking.usecases.render import Copies, location_of
from shared.i18n import translations
from shared.web.app import language, this_service

STEPS = ("booked", "moved", "cancelled", "late", "guests")


def render(session: Session, call: Call, *, just: str = "", refused: BookingError | None = None) -> str:
    """The call as it stands; `just` is the step that led here, `refused` why the last one did not work."""
    now, offer = this_service().clock.now(), offer_for(session, call.call_type_id)
    call_type = offer.call_type
    path = f"/call/{call.token}"
    return render_template(
        "call.html",
        call=_shown(call, call_type.name, offer.advisor.name, location_of(offer.advisor, call_type)),
        just=just if just in STEPS else "",
        over=call.ends_at <= now,
        may_move=change.may_move(call, call_type, now=now),
        moved_enough=moved_enough(call, call_type),
        late=MINUTES if may_be_late(call, now=now) else (),
        may_cancel=may_change(call, call_type.cancel_notice_minutes, now=now),
        move_notice_minutes=call_type.move_notice_minutes,
        cancel_notice_minutes=call_type.cancel_notice_minutes,
        links={
            "move": f"{path}/move",
            "cancel": f"{path}/cancel",
            "late": f"{path}/late",
            "guests": f"{path}/guests",
            "calendar": f"{path}/invite.ics",
            "book": f"/book/{call_type.slug}" if call_type.access == "public" else "",
        },
        guests=[{"id": guest.id, "email": guest.email, "answer": guest.answer} for guest in guests_of(session, call)],
        may_invite=may_invite(call, now=now),
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
    """The call as a file to open in a calendar: the prospect's copy, without anything of the briefing."""
    service, offer = this_service(), offer_for(session, call.call_type_id)
    return invite_ics(Copies(service.settings, session, offer.advisor).file(call))


def _shown(call: Call, name: str, with_name: str, location: str) -> dict[str, Any]:
    page = Page("", call.zone, {}, language())
    return {
        "name": name,
        "with_name": with_name,
        "email": call.email,
        "start": call.starts_at,
        "end": call.ends_at,
        "zone": call.zone,
        "location": location,
        "answers": [(answer["question"], answer["answer"]) for answer in call.answers],
        "state": call.state,
        "reason": call.reason,
        "cancelled_by": call.cancelled_by,
        "repeats": slot(page, Openings((), call.ends_at - call.starts_at), call.starts_at)["repeats"],
    }


def _why(refused: BookingError | None) -> str | None:
    if refused is None or isinstance(refused, InvalidInput):
        return None
    return refused.message.translated(translations(language()).gettext)
