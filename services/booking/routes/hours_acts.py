"""One act of the room of hours: a small form is read, one use case is called, and the page is shown again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvalidInput
from services.booking.routes import hours_page
from services.booking.routes.forms import Form, see_other
from shared.web.app import this_service

Answer = Response | tuple[str, int]


def done(
    section: str,
    act: Callable[[Session], str],
    *,
    fields: Mapping[str, str] | None = None,
    schedule_id: UUID | None = None,
) -> Answer:
    """Do it and lead to the address that `act` gives; or show the page again with what is wrong with the form.

    `fields` says what a use case's fields are called on this page, where several forms stand.
    """
    service = this_service()
    try:
        with service.sessions.begin() as session:
            path = act(session)
    except InvalidInput as error:
        form = Form.again(_renamed(error, fields or {}))
        with service.sessions() as session:
            return hours_page.render(session, form, schedule_id=schedule_id, section=section), 422
    return see_other(path)


def now() -> datetime:
    """Product time, as the use cases take it."""
    return this_service().clock.now()


def _renamed(error: InvalidInput, fields: Mapping[str, str]) -> InvalidInput:
    return InvalidInput([replace(one, field=fields.get(one.field, one.field)) for one in error.errors])
