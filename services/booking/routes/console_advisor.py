"""The console's room for the advisor themselves: who they are, how they are reached, who sends their invitations."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template, request

from services.booking.domain.errors import InvalidInput
from services.booking.routes.forms import Form, see_other
from services.booking.usecases.absences import coming_calls
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.profile import CHANGEABLE, change_advisor
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_advisor", __name__, url_prefix="/console/advisor")


@blueprint.get("")
@guarded(console())
def advisor() -> str:
    return _page(Form.empty())


@blueprint.post("")
@guarded(console())
def save() -> Response | tuple[str, int]:
    service = this_service()
    given = {name: request.form[name] for name in CHANGEABLE if name in request.form}
    mailbox, now = service.settings.bookings_address, service.clock.now()
    try:
        with service.sessions.begin() as session:
            change_advisor(session, given, mailbox=mailbox, now=now, by=g.caller.email)
    except InvalidInput as error:
        return _page(Form.again(error)), 422
    return see_other("/console/advisor?said=saved")


def _page(form: Form) -> str:
    service = this_service()
    with service.sessions() as session:
        row = advisor_of(session)
        kept = {name: getattr(row, name) for name in CHANGEABLE} | {"signature": "\n".join(row.signature)}
        return render_template(
            "console/advisor.html",
            values=kept | form.values,
            errors=form.errors,
            mailbox=service.settings.bookings_address,
            coming=coming_calls(session, now=service.clock.now()),
            said=request.args.get("said"),
        )
