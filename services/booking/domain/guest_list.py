"""Who may be invited to a call beside the person who books it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from services.booking.domain.errors import Message, invalid
from services.booking.domain.requests import GuestRequest

MOST_GUESTS = 10


def guest_list(wanted: Iterable[GuestRequest], *, coming: Collection[str], is_group: bool) -> list[GuestRequest]:
    """Each guest once, as they were first named. Raises as `require_guests`."""
    each: dict[str, GuestRequest] = {}
    for guest in wanted:
        each.setdefault(guest.person, guest)
    require_guests(each.values(), coming=coming, count=len(each), is_group=is_group)
    return list(each.values())


def require_guests(new: Iterable[GuestRequest], *, coming: Collection[str], count: int, is_group: bool) -> None:
    """Refuse guests of a group call, people who come anyway (`coming`, their keys), and more than ten.

    `count` is how many guests there would be in all. Raises `InvalidInput` (field `guests`).
    """
    for guest in new:
        if is_group:
            raise invalid(
                "guests",
                Message("Everybody who comes to this call takes a seat of their own."),
                Message("Send them the page on which you booked."),
            )
        if guest.person in coming:
            raise invalid(
                "guests",
                Message("%(email)s comes to this call anyway.", {"email": guest.email}),
                Message("Leave this address out."),
            )
    if count > MOST_GUESTS:
        raise invalid(
            "guests",
            Message("That would be %(count)s guests.", {"count": count}),
            Message("A call has at most %(most)s.", {"most": MOST_GUESTS}),
        )
