"""`./run person`: what all three services keep about somebody, as JSON; and forgetting them.

Exit status 0 when it was done, 1 when it cannot be done now, 2 when the question is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from services.booking import tasks as booking_tasks
from services.booking.domain.errors import BookingError
from services.booking.domain.states import OPEN
from services.booking.models import Call
from services.booking.routes.record import export as export_booking
from services.booking.usecases.audit import COMMAND_LINE, note
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.erase import Left, ask_to_erase
from services.nurture import tasks as nurture_tasks
from services.nurture.routes.record import export as export_nurture
from services.webhooks import tasks as webhooks_tasks
from services.webhooks.routes.record import export as export_webhooks
from shared.addresses import BadAddress, person_key
from shared.erasure import Erasure
from shared.service import Service
from shared.settings import Settings

EXPORTS = {"booking": export_booking, "nurture": export_nurture, "webhooks": export_webhooks}


def main(settings: Settings, args: argparse.Namespace, *, cwd: Path) -> int:
    """Do what the arguments say: show counts, export, or erase."""
    try:
        key = person_key(args.email)
    except BadAddress as error:
        print(f"{args.email}: {error}", file=sys.stderr)
        return 2
    if args.erase:
        return _erase(settings, key, yes=args.yes, cancel_calls=args.cancel_calls)
    found = list(exported(settings, key))
    if args.export is None:
        return _show(found)
    return _write(json.dumps({"person": key, "services": found}, indent=2, ensure_ascii=False), args.export, cwd)


def exported(settings: Settings, key: str) -> Iterator[dict[str, Any]]:
    """What each service keeps, one after the other."""
    for name, export in EXPORTS.items():
        service = Service.start(name, settings)  # type: ignore[arg-type]  # the keys are the services' names
        with service.sessions() as session:
            yield export(service, session, key, str)


def _show(found: list[dict[str, Any]]) -> int:
    for one in found:
        kept = ", ".join(f"{part.replace('_', ' ')}: {count}" for part, count in one["kept"].items() if count)
        print(f"{one['service']}: {kept or 'nothing'}")
    return 0


def _write(text: str, target: str, cwd: Path) -> int:
    if target == "-":
        print(text)
        return 0
    # Somebody's whole record: for nobody else on this machine.
    path = cwd / target
    path.touch(mode=0o600)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"written to {path}")
    return 0


def _erase(settings: Settings, key: str, *, yes: bool, cancel_calls: bool) -> int:
    if not yes and not _typed_again(key):
        print(f"Nothing was erased: {key} was not typed again. --yes erases without asking.", file=sys.stderr)
        return 1
    try:
        if cancel_calls and (count := _cancel_calls(settings, key)):
            cancelled = _counted(count, "call is", "calls are")
            print(f"{cancelled} cancelled. Run this again when the last mails have left (./run sends them).")
            return 1
        left = _forget(settings, key)
    except BookingError as error:
        print(f"{error} (--cancel-calls cancels their calls.)", file=sys.stderr)
        return 1
    asks, calls = _counted(left.asks, "ask", "asks"), _counted(left.calls, "call", "calls")
    print(f"Erased: {asks}, {calls}, their letters and deliveries.")
    print(
        "Not reached from here: mails that left (with maildir: they lie in its folder), what your endpoints were told,"
    )
    print(f"backups of the database, and the advisor's own calendars ({_counted(left.entries, 'entry', 'entries')}).")
    return 0


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _typed_again(key: str) -> bool:
    """Whether the next line, from a terminal or a pipe, is their address once more."""
    try:
        return person_key(input(f"This cannot be undone. Type {key} again: ")) == key
    except (BadAddress, EOFError, UnicodeDecodeError):
        return False
    finally:
        if not sys.stdin.isatty():
            # What comes through a pipe is not seen, nor is the end of its line.
            print()


def _cancel_calls(settings: Settings, key: str) -> int:
    """Cancel, as the advisor, what is ahead of them. The cancellations must leave before the address is gone."""
    service = Service.start("booking", settings)
    now = service.clock.now()
    with service.sessions.begin() as session:
        ahead = (
            select(Call).where(Call.person == key, Call.state.in_(OPEN), Call.ends_at > now).order_by(Call.starts_at)
        )
        calls = session.scalars(ahead).all()
        for call in calls:
            before = call.state
            cancel_call(session, call.token, Change("advisor"), now=now)
            changed = {"state": [before, "cancelled"]}
            note(session, COMMAND_LINE, "call_cancelled", call.id, now=now, detail=changed)
    return len(calls)


def _forget(settings: Settings, key: str) -> Left:
    """Erase, and let every service hear of it now: workers may not be running."""
    booking = Service.start("booking", settings)
    now = booking.clock.now()
    with booking.sessions.begin() as session:
        left = ask_to_erase(session, Erasure.of(settings, key, at=now))
        note(session, COMMAND_LINE, "person_erased", None, now=now, detail={"reason": "asked", **vars(left)})
    nurture_tasks.hear(Service.start("nurture", settings))
    webhooks_tasks.hear(Service.start("webhooks", settings))
    booking_tasks.hear(booking)
    return left
