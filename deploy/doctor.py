"""`./run doctor`: what is stuck, what waits, and the two things a person can do about it.

Exit status 1 when a person should look.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from services.booking import models as booking
from services.booking.usecases.entries import retry_entries
from services.booking.usecases.finding_calendars import find_again
from services.booking.usecases.freshness import failing_calendars, read_again
from services.nurture import models as nurture
from services.webhooks import models as webhooks
from shared.clock import machine_now
from shared.db import owner_engine
from shared.inbox import retry_parked as retry_parked_events
from shared.mail.settle import retry_parked as retry_parked_mail
from shared.settings import Keep, Settings

# A sweep runs every quarter of an hour; an installation may have been off for a day.
GRACE_DAYS = 2


@dataclass(frozen=True)
class Finding:
    """One line: what it is, and whether somebody has to act."""

    line: str
    bad: bool


def main(settings: Settings, *, retry: bool = False, send: UUID | None = None) -> int:
    """Print the findings, after giving what is parked a fresh start (`retry`), or one mail (`send`)."""
    engine = owner_engine(settings)
    with Session(engine) as session, session.begin():
        if retry:
            sys.stdout.write(f"Events tried again: {retry_events(session)}.\n")
            sys.stdout.write(f"Calendar entries tried again: {retry_entries(session)}.\n")
            sys.stdout.write(f"Accounts whose calendars are looked for again: {find_again(session)}.\n")
            sys.stdout.write(f"Calendars read again: {read_again(session, machine=machine_now())}.\n")
        if send is not None:
            sys.stdout.write(f"{'It is sent again.' if send_again(session, send) else 'No such parked mail.'}\n")
        findings = [
            *examine(session.connection()),
            *unread(session, machine=machine_now()),
            *overdue(session.connection(), settings.keep, machine=machine_now()),
        ]
    engine.dispose()
    for finding in findings:
        sys.stdout.write(f"{'!' if finding.bad else ' '} {finding.line}\n")
    bad = sum(finding.bad for finding in findings)
    sys.stdout.write(f"{bad} to look at.\n" if bad else "Nothing is stuck.\n")
    return 1 if bad else 0


def retry_events(session: Session) -> int:
    """Let every service handle its parked events anew: what to do once the cause is mended."""
    return sum(retry_parked_events(session, table) for table in (booking.Inbox, nurture.Inbox, webhooks.Inbox))


def send_again(session: Session, mail: UUID) -> bool:
    """Queue a parked mail. Whether it is still wanted is asked again before it leaves."""
    return any(retry_parked_mail(session, table, mail) for table in (booking.Message, nurture.Message))


def examine(connection: Connection) -> list[Finding]:
    """Everything worth telling, the stuck things first."""
    stuck = [finding for query, say in _STUCK for finding in _found(connection, query, say, bad=True)]
    waiting = [finding for query, say in _WAITING for finding in _found(connection, query, say, bad=False)]
    return stuck + waiting


def unread(session: Session, *, machine: datetime) -> list[Finding]:
    """Calendars that cannot be read: their last busy times go on counting, and nobody knows of newer ones."""
    return [
        Finding(f"the calendar {one.name} was last read {_at(one.read_at)}: {one.trouble or 'too long ago'}", bad=True)
        for one in failing_calendars(session, machine=machine)
    ]


def overdue(connection: Connection, keep: Keep, *, machine: datetime) -> list[Finding]:
    """What the sweeps of retention should have let go of days ago: then they do not run, or cannot."""
    found = []
    for table, column, days in (
        ("webhooks.raw_event", "received_at", keep.raw_days),
        ("webhooks.attempt", "at", keep.attempts_days),
        *((f"{schema}.inbox", "handled_at", keep.events_days) for schema in ("booking", "nurture", "webhooks")),
    ):
        query = text(f"SELECT min({column}) FROM {table} WHERE {column} < :before")  # noqa: S608 - names of our own
        oldest = connection.execute(query, {"before": machine - timedelta(days=days + GRACE_DAYS)}).scalar()
        if oldest is not None:
            found.append(Finding(f"{table}: kept since {oldest:%Y-%m-%d}, and should be for {days} days", bad=True))
    return found


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def _found(connection: Connection, query: str, say: str, *, bad: bool) -> list[Finding]:
    return [Finding(say.format(*row), bad) for row in connection.execute(text(query))]


_MAIL = " UNION ALL ".join(
    f"SELECT '{schema}' AS s, id, kind, state, coalesce(error, '') AS error, due, recipient FROM {schema}.message"  # noqa: S608
    for schema in ("booking", "nurture")
)
_INBOX = " UNION ALL ".join(
    f"SELECT '{schema}' AS s, id, name, coalesce(error, '') AS error, handled_at, parked_at, received_at"  # noqa: S608
    f" FROM {schema}.inbox"
    for schema in ("booking", "nurture", "webhooks")
)
_UNWRITTEN = """
    SELECT count(*), max(c.name), max(e.error) FROM booking.calendar_entry e JOIN booking.calendar c
    ON c.id = e.calendar_id WHERE e.state = 'parked' GROUP BY c.id
"""
_STUCK = (
    (
        f"SELECT s, id, kind, state, error FROM ({_MAIL}) m WHERE state IN ('unknown', 'parked') LIMIT 200",  # noqa: S608
        "{0} mail {1} ({2}) is {3}: {4}",
    ),
    (
        f"SELECT s, id, name, error FROM ({_INBOX}) i WHERE parked_at IS NOT NULL LIMIT 200",  # noqa: S608
        "{0} event {1} ({2}) is parked: {3}",
    ),
    (
        "SELECT id, coalesce(error, '') FROM webhooks.raw_event WHERE state = 'parked' LIMIT 200",
        "provider request {0} is parked: {1}",
    ),
    (
        "SELECT id, exit_reason FROM nurture.enrolment WHERE state = 'paused' AND exit_reason <> '' LIMIT 200",
        "sequence {0} is paused: {1}",
    ),
    (
        _UNWRITTEN,
        "calls that could not be written into the calendar {1}: {0}, {2}",
    ),
    (
        "SELECT name, coalesce(error, '') FROM booking.calendar_account WHERE state = 'parked' LIMIT 200",
        "the calendars of the account {0} could not be found: {1}",
    ),
    ("SELECT url, disabled_reason FROM webhooks.endpoint WHERE state = 'disabled'", "endpoint {0} is disabled: {1}"),
)
_WAITING = (
    (
        f"SELECT s, count(*), min(due) FROM ({_MAIL}) m WHERE state IN ('queued', 'claimed', 'sending') GROUP BY s",  # noqa: S608
        "{0}: mails that wait: {1}, the first is due {2:%Y-%m-%d %H:%M} UTC",
    ),
    (
        f"SELECT s, count(*) FROM ({_INBOX}) i WHERE handled_at IS NULL AND parked_at IS NULL GROUP BY s",  # noqa: S608
        "{0}: events that wait to be handled: {1}",
    ),
    (
        "SELECT count(*) FROM booking.calendar_entry WHERE state IN ('queued', 'claimed') HAVING count(*) > 0",
        "calls that wait to be written into calendars: {0}",
    ),
)
