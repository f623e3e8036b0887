"""Queue in: what booking looks at when its bell rings, and anyway every so often."""

from __future__ import annotations

from functools import cache, partial

from sqlalchemy import false

from services.booking.gateways.accounts import find_calendars
from services.booking.gateways.entries import keep_entry
from services.booking.gateways.reading import ask_source
from services.booking.models import Erased, Inbox, Message, MessageBody
from services.booking.usecases import finding_calendars, reading_calendars, writing_entries
from services.booking.usecases.complete import complete_calls
from services.booking.usecases.confirm import lapse_call
from services.booking.usecases.entries import want_missing
from services.booking.usecases.feedback import handlers, note_dead_address
from services.booking.usecases.hold import sweep_holds
from services.booking.usecases.render import Renderer, unwanted
from services.booking.usecases.retain import forget_the_silent, retain
from shared.celery import Work
from shared.clock import machine_now
from shared.drain import drain
from shared.inbox import Desk, handle_inbox
from shared.mail.dispatch import Sender, send_due
from shared.mail.settle import sweep
from shared.mail.transports import transport_of
from shared.retention import BATCH as RETAINED
from shared.service import Service

_transport = cache(transport_of)


def hear(service: Service) -> int:
    """Handle what other services told us."""
    return handle_inbox(service, Desk(Inbox, Erased, handlers(service.settings)))


def send_mail(service: Service) -> int:
    """Send the mail that is due."""
    return send_due(service, sender_of(service), _transport(service.settings))


def sweep_mail(service: Service) -> int:
    """Move the mails that a dead worker or a silent provider left behind."""
    with service.sessions.begin() as session:
        return sweep(session, Message, service.settings.timings, machine=machine_now())


def complete(service: Service) -> int:
    """Complete the calls that have ended."""
    with service.sessions.begin() as session:
        return complete_calls(session, now=service.clock.now())


def lapse(service: Service) -> int:
    """End what nobody answered in time, a call a transaction: requested calls, addresses that stayed silent."""
    lapsed, now = 0, service.clock.now()
    while True:
        with service.sessions.begin() as session:
            if not lapse_call(session, now=now, machine=machine_now()):
                return lapsed
        lapsed += 1


def tidy_holds(service: Service) -> int:
    """Remove holds that are long over."""
    with service.sessions.begin() as session:
        return sweep_holds(session, machine=machine_now())


def let_go(service: Service) -> None:
    """Drop what was kept long enough, batch after batch."""
    dropped = RETAINED
    while dropped == RETAINED:
        with service.sessions.begin() as session:
            dropped = retain(session, service.settings, now=service.clock.now(), machine=machine_now())


def forget_silent(service: Service) -> int:
    """Erase people of whom nobody has heard for long, a few a transaction."""
    forgotten = 0
    while True:
        with service.sessions.begin() as session:
            some = forget_the_silent(session, service.settings, now=service.clock.now())
        forgotten += some
        if not some:
            return forgotten


def write_entries(service: Service) -> int:
    """Write the calls that changed into the calendars that are written to."""
    settings = service.settings
    with service.sessions.begin() as session:
        want_missing(session, now=service.clock.now())
    return drain(
        service.sessions,
        claim=partial(writing_entries.claim, settings=settings),
        begin=partial(writing_entries.begin, settings=settings),
        # What is begun in half a lease ends within it: its deadline is shorter than the other half (Settings).
        act=partial(writing_entries.act, partial(keep_entry, settings), budget_s=settings.timings.calendar_lease / 2),
        record=partial(writing_entries.record, settings=settings),
    )


def look_for_calendars(service: Service) -> int:
    """Find the calendars of the accounts that were connected or changed."""
    settings = service.settings
    return drain(
        service.sessions,
        claim=partial(finding_calendars.claim, settings=settings),
        begin=partial(finding_calendars.begin, settings=settings),
        act=partial(finding_calendars.act, partial(find_calendars, settings)),
        record=partial(finding_calendars.record, settings=settings),
    )


def read_calendars(service: Service) -> int:
    """Read the calendars that are due into the times that the advisor is busy."""
    settings, now = service.settings, service.clock.now()
    return drain(
        service.sessions,
        claim=partial(reading_calendars.claim, settings=settings, now=now),
        begin=partial(reading_calendars.begin, settings=settings, now=now),
        act=partial(reading_calendars.act, partial(ask_source, settings)),
        record=reading_calendars.record,
    )


def sender_of(service: Service) -> Sender:
    """How booking's mail is sent: nothing waits, and what is outdated or bounces is skipped."""
    return Sender(
        message=Message,
        body=MessageBody,
        unwanted=unwanted(service.clock.now()),
        waits=false(),
        render=Renderer(service.settings),
        bounced=note_dead_address,
    )


WORKS = {
    "booking.inbox": Work(hear, every=2),
    "booking.mail": Work(send_mail),
    "booking.sweep": Work(sweep_mail, every=5),
    "booking.calendars": Work(read_calendars, every=5),
    "booking.complete": Work(complete, every=5),
    "booking.accounts": Work(look_for_calendars, every=5),
    "booking.entries": Work(write_entries, every=5),
    "booking.lapse": Work(lapse, every=5),
    "booking.holds": Work(tidy_holds, every=600),
    # Looked at often, because a beat that is started anew counts from then; dropping nothing costs a few look-ups.
    "booking.retain": Work(let_go, every=900),
    "booking.forget": Work(forget_silent, every=3600),
}
