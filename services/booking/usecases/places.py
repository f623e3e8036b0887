"""Where a call takes place, as it is resolved when it is booked."""

from __future__ import annotations

from services.booking.domain.errors import Message, invalid
from services.booking.models import CallType
from shared.security import new_token


def place_of(call_type: CallType, phone: str) -> str:
    """The place of a new call; "" is the advisor's video link, whatever it will be then.

    A Jitsi room has a name that nobody can guess. Raises `InvalidInput` when the advisor is to call and has no number.
    """
    if call_type.location_kind == "phone_out":
        if not phone:
            message, fix = (
                Message("I call you for this, so I need a number."),
                Message("Write it with its country code."),
            )
            raise invalid("phone", message, fix)
        return f"tel:{phone.replace(' ', '')}"
    if call_type.location_kind == "phone_in":
        return f"tel:{call_type.location.replace(' ', '')}"
    if call_type.location_kind == "jitsi":
        return f"{call_type.location.rstrip('/')}/{new_token()}"
    return call_type.location
