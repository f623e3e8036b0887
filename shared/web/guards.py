"""Who may call a route. Every route states it; a policy test refuses one that does not.

    @pages.post("/contact")
    @guarded(form("contact", most=20, minutes=10))
    def send_contact() -> Answer: ...

The app checks the statement before the view runs, so a view cannot forget to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Literal, TypeVar
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy import text

from shared.clock import machine_now
from shared.ready import Ready
from shared.security import VISITOR_COOKIE, Limit, csrf_holds, fingerprint, within
from shared.service import Service
from shared.web.problems import Problem
from shared.web.reader import gettext

SESSION_COOKIE = "console"

View = TypeVar("View", bound=Callable[..., Any])
Kind = Literal["open", "form", "console", "api", "signed"]


@dataclass(frozen=True)
class Guard:
    """What is asked of a caller.

    `open`: nothing. `form`: our own form, within a limit. `console`: a signed-in person (and our own form, for a
    change). `api`: for programs; `scope` names what their token must allow, and without a scope anybody within the
    limit. `signed`: the route itself proves who is calling (a provider's signature, a token in the path).
    """

    kind: Kind
    limit: Limit | None = None
    scope: str | None = None


@dataclass(frozen=True)
class Caller:
    """Who is calling a `console` or `api` route.

    `account` and `email` are a person's; `token`, what it is for (`label`) and what it allows (`scopes`) a program's.
    """

    account: UUID | None = None
    email: str = ""
    token: UUID | None = None
    label: str = ""
    scopes: frozenset[str] = frozenset()


def is_open() -> Guard:
    """Anybody may read."""
    return Guard("open")


def form(name: str, *, most: int, minutes: int) -> Guard:
    """A form that we showed, at most so often per address of the network."""
    return Guard("form", Limit(name, most, minutes * 60))


def console() -> Guard:
    """Only somebody who has signed in."""
    return Guard("console")


def api(name: str, *, most: int = 600, scope: str | None = None) -> Guard:
    """Programs: at most `most` requests a minute without a token; with `scope`, never without one."""
    return Guard("api", Limit(name, most, 60), scope)


def signed(name: str, *, most: int = 6000) -> Guard:
    """The route checks a signature or a token itself. The limit is far above what a provider sends."""
    return Guard("signed", Limit(name, most, 60))


def guarded(guard: Guard) -> Callable[[View], View]:
    """State a route's guard."""

    def state(view: View) -> View:
        view.guard = guard  # type: ignore[attr-defined]  # read again by `check_guard` and by the policy test
        return view

    return state


def guard_of(endpoint: str) -> Guard | None:
    """The guard stated for an endpoint of the running app."""
    view = current_app.view_functions.get(endpoint)
    return getattr(view, "guard", None)


def check_guard(service: Service) -> None:
    """Hold the request against its route's guard. Raises `Problem`."""
    if request.endpoint is None or request.endpoint.endswith("static"):
        return
    guard = guard_of(request.endpoint)
    if guard is None:
        _ = gettext
        why = _("It is our mistake; the page stays shut until it is mended.")
        raise Problem(500, _("This page is not guarded"), why)
    _CHECKS[guard.kind](service, guard)


def _check_open(service: Service, guard: Guard) -> None:
    """Nothing is asked."""


def _check_form(service: Service, guard: Guard) -> None:
    _check_csrf(service)
    _check_limit(service, guard)


def _check_console(service: Service, guard: Guard) -> None:  # noqa: ARG001 - one shape for all checks
    g.caller = signed_in(service)
    if g.caller is None:
        raise Problem(401, "Please sign in", "This page is for the advisor.", page="signin")
    if request.method not in ("GET", "HEAD"):
        _check_csrf(service)


def _check_api(service: Service, guard: Guard) -> None:
    g.caller = _program(service)
    if g.caller is None:
        if guard.scope is not None:
            raise Problem(401, "A token is needed", "Send `Authorization: Bearer …`; `./run token` prints one.")
        _check_limit(service, guard)
    elif guard.scope is not None and guard.scope not in g.caller.scopes:
        raise Problem(403, "The token does not allow this", f"It needs the scope `{guard.scope}`.")


def _check_signed(service: Service, guard: Guard) -> None:
    _check_limit(service, guard)


_CHECKS: dict[Kind, Callable[[Service, Guard], None]] = {
    "open": _check_open,
    "form": _check_form,
    "console": _check_console,
    "api": _check_api,
    "signed": _check_signed,
}


def _check_csrf(service: Service) -> None:
    visitor = request.cookies.get(VISITOR_COOKIE, "")
    if not csrf_holds(service.settings, visitor, request.form.get("csrf_token", "")):
        _ = gettext
        raise Problem(
            403,
            _("This form has expired"),
            _("It was opened long ago, or your browser did not keep our cookie. Go back, reload and send again."),
        )


def caller_key(address: str) -> str:
    """Whom a limit counts: an IPv4 address, or the /64 that one customer of an IPv6 network has to himself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network(f"{parsed}/64", strict=False))
    return str(parsed)


def _check_limit(service: Service, guard: Guard) -> None:
    if guard.limit is None or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    with service.sessions.begin() as session:
        allowed = within(session, guard.limit, caller_key(request.remote_addr or ""), machine=machine_now())
    if not allowed:
        _ = gettext
        wait = _("Wait %(minutes)s min and try again.") % {"minutes": max(guard.limit.seconds // 60, 1)}
        raise Problem(429, _("Too many at once"), wait, retry_after=guard.limit.seconds)


def signed_in(service: Service) -> Caller | None:
    """The person whose session cookie this is, if the session still lives."""
    cookie = request.cookies.get(SESSION_COOKIE, "")
    if not cookie:
        return None
    found = _SESSION.look(service.engine, print=fingerprint(cookie), machine=machine_now())
    return Caller(account=found[0][0], email=found[0][1]) if found else None


def _program(service: Service) -> Caller | None:
    """The program whose bearer token this is. A wrong token is refused, never treated as no token."""
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    found = _TOKEN.look(service.engine, print=fingerprint(token.strip())) if scheme.lower() == "bearer" else []
    if not found:
        raise Problem(401, "The token is not known", "It was mistyped or revoked; `./run token` prints a new one.")
    [(token_id, label, scopes)] = found
    return Caller(token=token_id, label=label, scopes=frozenset(scopes))


_SESSION = Ready(
    text("SELECT account_id, email FROM access.live_session WHERE fingerprint = :print AND expires_at > :machine")
)
_TOKEN = Ready(text("SELECT id, label, scopes FROM access.live_token WHERE fingerprint = :print"))
