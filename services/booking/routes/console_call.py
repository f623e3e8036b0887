"""The page of one call in the console: all that is known of it, and the forms of what can be done with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, SlotTaken
from services.booking.domain.states import OPEN, CallState
from services.booking.models import Call, CallType
from services.booking.routes.calendar import Openings, Page, slot
from services.booking.routes.call_words import (
    answered,
    counter_of,
    guest_of,
    late_in_words,
    line_of,
    mail_of,
    moment,
    name_of,
    people_of,
    standing_of,
    story_of,
)
from services.booking.routes.forms import Form, shown_errors
from services.booking.routes.said import done, said
from services.booking.usecases.availability import Offer, from_epoch_minute, lengths_of
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.guests import may_invite
from services.booking.usecases.late import MINUTES, late_now, may_be_late
from services.booking.usecases.render import To, place_of
from services.booking.usecases.whole_call import WholeCall, free_for, whole_call
from shared.clock import machine_now
from shared.erasure import ERASED
from shared.i18n import translations
from shared.web.app import language, this_service
from shared.web.guards import console, guarded
from shared.web.problems import FieldProblem

blueprint = Blueprint("console_call", __name__, url_prefix="/console")

MOST_TYPED = 10
# Of these the advisor may find out that they did not come.
STATES_OF_COMING = (CallState.CONFIRMED, CallState.COMPLETED)


@dataclass(frozen=True)
class Tried:
    """A form that was sent and refused: which one, why, what was typed, and times that were typed into one field."""

    form: str = ""
    refused: BookingError | None = None
    values: dict[str, str] = field(default_factory=dict)
    starts: list[str] = field(default_factory=list)

    @classmethod
    def now(cls, form: str, refused: BookingError) -> Tried:
        """The form of this request."""
        starts = [text[:40] for text in request.form.getlist("start")[: MOST_TYPED * 2] if text]
        return cls(form, refused, Form.typed(), starts)


@blueprint.get("/calls/<uuid:call_id>")
@guarded(console())
def call(call_id: UUID) -> str:
    return page(call_id)


def page(call_id: UUID, tried: Tried | None = None) -> str:
    """The page as things stand now, with the form that was refused as it was typed. Raises `NotFound`."""
    tried = tried or Tried()
    now = this_service().clock.now()
    with this_service().sessions.begin() as session:
        want_reading(session, machine=machine_now())
        whole = whole_call(session, call_id)
        return render_template(
            "console/call.html",
            now=now,
            zone=whole.offer.advisor.zone,
            **_shown(whole, now=now),
            comes_late=late_in_words(late_now(session, [whole.call], now=now).get(whole.call.id, {})),
            **_acts(session, whole, tried, now=now),
            **_refusal(tried, whole.offer.advisor.zone),
            done=done(request.args.get("said", "")),
        )


def slots_shown(offer: Offer, starts: list[datetime]) -> list[dict[str, Any]]:
    """Times to choose from, in the advisor's zone."""
    there = Page("", offer.advisor.zone, {}, language())
    return [slot(there, Openings((), offer.length), start) for start in starts]


def length_options(lengths: Sequence[int]) -> list[tuple[str, str]]:
    """Lengths in minutes as what a field offers."""
    _ = translations(language()).gettext
    return [(str(one), _("%s min") % one) for one in lengths]


def taken_as_field(error: BookingError, name: str, zone: str) -> list[FieldProblem]:
    """A time that is taken, said beside the field in which it was typed, with the nearest that are not."""
    if not isinstance(error, SlotTaken):
        return shown_errors(error)
    _ = translations(language()).gettext
    wanted, near = moment(from_epoch_minute(error.wanted), zone), map(from_epoch_minute, error.nearest)
    nearest = " · ".join(moment(at, zone) for at in near)
    fix = _("Nearest free: %s.") % nearest if nearest else _("Choose another one.")
    return [FieldProblem(name, _("%s is taken.") % wanted, fix)]


def _shown(whole: WholeCall, *, now: datetime) -> dict[str, Any]:
    call, offer = whole.call, whole.offer
    there, people = Page("", call.zone, {}, language()), people_of(call, offer.advisor)
    return {
        "call": call,
        "who": name_of(call),
        "erased": call.person == ERASED,
        "type_name": offer.call_type.name,
        "standing": standing_of(call, now=now),
        "mine": slots_shown(offer, [call.starts_at])[0],
        "theirs": slot(there, Openings((), offer.length), call.starts_at),
        "place": place_of(call, offer.call_type, offer.advisor, To.ADVISOR, language()),
        "answers": {"theirs": answered(call.answer), "mine": answered((whole.group or call).advisor_answer)},
        "price_text": offer.call_type.price_text,
        "words": whole.words,
        "came_by": whole.came_by,
        "group": whole.group,
        "seats": [line_of(seat, offer.call_type, now=now) for seat in whole.seats],
        "guests": [guest_of(guest) for guest in whole.guests],
        "counter": counter_of(call, whole.counter, offer.advisor.zone) if whole.counter else None,
        "proposed": whole.proposed,
        "mails": [mail_of(mail, subject, people) for mail, subject in whole.mails],
        "story": story_of(whole.history, offer.advisor.zone, people),
        "others": [line_of(other, call_type, now=now) for other, call_type in whole.others],
    }


def _acts(session: Session, whole: WholeCall, tried: Tried, *, now: datetime) -> dict[str, Any]:
    """What can be done now."""
    call, offer = whole.call, whole.offer
    is_open = call.state in OPEN and call.ends_at > now and call.state != CallState.UNVERIFIED
    lengths = lengths_of(offer.call_type, offer.minutes)
    return {
        "is_open": is_open,
        "may_pay": _may_pay(call, priced=_costs(offer.call_type), is_open=is_open),
        "may_invite": may_invite(call, now=now),
        "late": MINUTES if may_be_late(call, now=now) else (),
        "may_be_missed": call.state in STATES_OF_COMING and call.starts_at <= now,
        "free": slots_shown(offer, free_for(session, offer, call, now=now)) if is_open else [],
        "lengths": length_options(lengths),
        "minutes": offer.minutes,
        "fields_shown": 3 if len(tried.starts) <= 3 else MOST_TYPED,
    }


def _costs(call_type: CallType) -> bool:
    """Whether there is something to pay: a page to pay on, or an amount in the words of the price."""
    return bool(call_type.pay_url or re.search("[1-9]", call_type.price_text))


def _may_pay(call: Call, *, priced: bool, is_open: bool) -> bool:
    return call.paid_at is None and priced and (is_open or call.state in STATES_OF_COMING)


def _refusal(tried: Tried, zone: str) -> dict[str, Any]:
    """Why the form was refused: beside its field, or above the page when it is how things stand."""
    error = tried.refused
    field_of = {"move": "start", "times": "starts"}.get(tried.form)
    errors = [] if error is None else taken_as_field(error, field_of, zone) if field_of else shown_errors(error)
    problem = said(error.message) if error is not None and not errors else ""
    return {
        "tried": tried.form,
        "typed": tried.values,
        "typed_starts": tried.starts,
        "errors": errors,
        "problem": problem,
    }
