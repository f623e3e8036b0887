"""A program's act: in one transaction, and once for each Idempotency-Key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec

from flask import g, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvalidInput
from services.booking.routes.people import require_proof
from services.booking.usecases.audit import program
from services.booking.usecases.idempotency import Answered, body_digest, remember, remembered, request_key
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import caller_key

P = ParamSpec("P")
Act = Callable[[Session, datetime], dict[str, Any]]
"""What is done in the transaction of the request, at its `now`; gives the answer's body."""

HEADER = "Idempotency-Key"
# A proof is not part of what is asked: whoever asks again brings another one.
_NOT_ASKED = ("proof",)


def once(status: int = 200, *, proof: bool = False) -> Callable[[Callable[P, Act]], Callable[P, tuple[Any, int]]]:
    """For a view that reads its input and gives the act: do it, and answer with `status`.

    The same POST with the same Idempotency-Key has one effect and one answer, whenever it comes and however often at
    once (`usecases/idempotency.py`). With `proof` whoever has no token brings a proof of work in their body.
    """

    def state(view: Callable[P, Act]) -> Callable[P, tuple[Any, int]]:
        @wraps(view)
        def answered(*args: P.args, **kwargs: P.kwargs) -> tuple[Any, int]:
            refusal = _unproven() if proof else None
            found = _answered(view(*args, **kwargs), status, refusal)
            return ("" if found.status == 204 else found.answer), found.status

        answered.takes_key = True  # type: ignore[attr-defined]  # read again by `deploy.openapi`
        return answered

    return state


def answering_nothing(do: Callable[[Session, datetime], object]) -> Act:
    """An act after which there is nothing to show (204)."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        do(session, now)
        return {}

    return act


def actor() -> str:
    """Who is calling, as the trail names them."""
    return program(g.caller.label if g.caller else "")


def _answered(act: Act, status: int, refusal: InvalidInput | None) -> Answered:
    service, key = this_service(), _key()
    with service.sessions.begin() as session:
        if key is not None and (before := remembered(session, key, _body(), machine=machine_now())) is not None:
            return before
        # Only now: of two same requests at once the second finds its proof used up, and is answered all the same.
        if refusal is not None:
            raise refusal
        answered = Answered(status, act(session, service.clock.now()))
        if key is not None:
            remember(session, key, answered)
    return answered


def _unproven() -> InvalidInput | None:
    try:
        require_proof(str(request.get_json().get("proof", "")))
    except InvalidInput as refusal:
        return refusal
    return None


def _key() -> str | None:
    """What this request is remembered under; None without a key. Other methods than POST may be repeated anyway."""
    if request.method != "POST" or HEADER not in request.headers:
        return None
    caller = f"token:{g.caller.token}" if g.caller else caller_key(request.remote_addr or "")
    return request_key(caller, f"{request.method} {request.path}", request.headers[HEADER])


def _body() -> str:
    sent = request.get_json()
    return body_digest({name: value for name, value in sent.items() if name not in _NOT_ASKED})
