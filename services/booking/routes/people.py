"""People rather than floods: what a public form or an open API call must bring before its fields are read (ADR 9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, g, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, TooManyBookings, TooManyUnproven, invalid
from shared.clock import machine_now
from shared.security import Limit, within
from shared.web.app import this_service
from shared.web.guards import guarded, is_open
from shared.web.proof import Verdict, challenge, check, is_few

blueprint = Blueprint("booking_people", __name__)

# A field that nobody sees: what fills it in does not look. Emptied when the form is shown again.
TRAP = "homepage"
# Each of them is a mail. Whoever types in somebody else's address must not fill their calendar and inbox through us.
BOOKED = Limit("booked_by_one", most=10, seconds=86_400)
MOVED = Limit("moved_by_one", most=20, seconds=86_400)
INVITED = Limit("invited_as_guest", most=10, seconds=86_400)


@blueprint.get("/proof")
@guarded(is_open())
def proof() -> dict[str, Any]:
    """A fresh challenge for the script of a form."""
    return challenge(this_service().settings, machine=machine_now())


def require_person() -> None:
    """Hold the form that was sent against its trap and its proof. Raises `InvalidInput` or `TooManyUnproven`."""
    if request.form.get(TRAP):
        message = Message("A field that must stay empty was filled in, perhaps by your browser.")
        raise invalid(TRAP, message, Message("It is empty again: please send once more."))
    require_proof(request.form.get("proof", ""))


def require_proof(given: str) -> None:
    """Hold a proof of work against its challenge; without one, against the stricter limit. A token needs neither.

    Raises `InvalidInput` for the field `proof`, or `TooManyUnproven`.
    """
    if _has_token():
        return
    verdict = check(this_service(), given)
    if verdict is Verdict.PROVEN:
        return
    if verdict is not Verdict.MISSING:
        raise invalid("proof", *_SAID[verdict])
    if not is_few(this_service()):
        raise TooManyUnproven


def require_measure_for_guests(session: Session, persons: Iterable[str]) -> None:
    """The same for those whom somebody invites: whoever does it need not be who they say. Raises `TooManyBookings`."""
    for person in sorted(set(persons)):
        require_measure(session, person, INVITED)


def require_measure(session: Session, person: str, limit: Limit) -> None:
    """Count what this person did, in its transaction: what is rolled back was not done. Raises `TooManyBookings`."""
    if not _has_token() and not within(session, limit, person, machine=machine_now()):
        raise TooManyBookings


def _has_token() -> bool:
    """Whether a program has shown its token (`shared.web.guards` has looked at it before)."""
    return g.get("caller") is not None


_AGAIN = Message("Please send it once more; what you wrote is kept.")
_SAID = {
    Verdict.WRONG: (Message("The proof of work that your browser sent does not hold."), _AGAIN),
    Verdict.EXPIRED: (Message("The proof of work that your browser sent has expired."), _AGAIN),
    Verdict.USED: (Message("The proof of work that your browser sent was used before."), _AGAIN),
}
