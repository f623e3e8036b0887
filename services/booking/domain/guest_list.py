"""Who may be invited to a call beside the person who books it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from services.booking.domain.errors import FieldError, InvalidInput, Message
from services.booking.domain.requests import GuestRequest

MOST_GUESTS = 10


def guest_list(wanted: Sequence[GuestRequest], *, coming: Collection[str]) -> tuple[GuestRequest, ...]:
    """Each guest once, in the order of the first mention. `coming` are the keys of persons who come anyway.

    Raises `InvalidInput` (field `guests`) for one of those and for more than ten.
    """
    each: dict[str, GuestRequest] = {}
    for guest in wanted:
        each.setdefault(guest.person, guest)
    if anyway := [guest for person, guest in each.items() if person in coming]:
        message = Message("%(email)s comes to this call anyway.", {"email": anyway[0].email})
        raise InvalidInput([FieldError("guests", message, Message("Leave this address out."))])
    if len(each) > MOST_GUESTS:
        message = Message("That would be %(count)s guests.", {"count": len(each)})
        fix = Message("A call has at most %(most)s.", {"most": MOST_GUESTS})
        raise InvalidInput([FieldError("guests", message, fix)])
    return tuple(each.values())
