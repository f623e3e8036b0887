"""Sending in tests: booking's mail tables, a sender of the test's own, and a way out that the test decides about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import case, false, literal
from sqlalchemy.orm import Session

from services.booking.models import Message, MessageBody
from shared.clock import machine_now
from shared.events import Feedback
from shared.mail.body import Rendered
from shared.mail.dispatch import Sender, Ticket, begin, claim, record, send_due
from shared.mail.enqueue import Wanted, enqueue
from shared.mail.letter import Letter, Paragraph
from shared.mail.outgoing import Accepted, Ambiguous, Outgoing, Result
from shared.mail.row import TRANSITIONS, MailClass, MailState, MessageColumns
from shared.mail.settle import sweep, take_feedback
from tests.installation import START, Installation


@dataclass
class Post:
    """A way out with a ledger. `answers` are given in their order, then everything is accepted.

    `meanwhile` is called with each mail after it was taken and before it is answered.
    """

    answers: list[Result] = field(default_factory=list)
    meanwhile: Callable[[Outgoing], object] = lambda _: None
    ledger: list[Outgoing] = field(default_factory=list)

    def send(self, mails: Sequence[Outgoing], *, deadline: float, budget: float) -> Iterable[tuple[Outgoing, Result]]:
        """Take every mail."""
        for mail in mails:
            self.ledger.append(mail)
            self.meanwhile(mail)
            yield mail, self.answers.pop(0) if self.answers else Accepted(f"provider-{mail.id}")


class PostOffice:
    """The mail of one installation. Mails whose context says `stop` are not wanted any more."""

    def __init__(self, installation: Installation) -> None:
        self.installation, self.service = installation, installation.booking
        self.bounced: list[str] = []
        self.rendered: list[UUID] = []
        self.sender = Sender(
            message=Message,
            body=MessageBody,
            unwanted=case((Message.context["stop"].is_not(None), literal("stopped")), else_=None),
            waits=false(),
            render=self._render,
            bounced=lambda _, row, __: self.bounced.append(row.recipient),
        )

    def want(self, recipient: str = "ana@reader.test", **changes: Any) -> bool:
        """Enqueue a mail, each with an ordering key of its own unless the test says otherwise."""
        key = str(uuid4())
        values: dict[str, Any] = {
            "dedupe_key": key,
            "kind": "note",
            "mail_class": MailClass.TRANSACTIONAL,
            "recipient": recipient,
            "recipient_name": "Ana Lima",
            "person": recipient,
            "subject_id": uuid4(),
            "due": START,
            "ordering_key": key,
        }
        with self.service.sessions.begin() as session:
            return enqueue(session, Message, Wanted(**(values | changes)), now=START)

    def send(self, post: Post | None = None) -> Post:
        """Send all that is due."""
        post = post or Post()
        send_due(self.service, self.sender, post)
        return post

    def claim(self) -> Sequence[Ticket]:
        """A worker's first step, committed."""
        with self.service.sessions.begin() as session:
            return claim(session, self.service, self.sender)

    def begin(self, tickets: Sequence[Ticket]) -> Sequence[Ticket]:
        """A worker's second step, committed."""
        with self.service.sessions.begin() as session:
            return begin(session, self.service, self.sender, tickets)

    def record(self, ticket: Ticket, result: Result) -> None:
        """A worker's last step, committed."""
        with self.service.sessions.begin() as session:
            record(session, self.service, self.sender, ticket, result)

    def sweep(self, **later: float) -> int:
        """What the sweep moves so much machine time from now."""
        with self.service.sessions.begin() as session:
            timings = self.installation.settings.timings
            return sweep(session, Message, timings, machine=machine_now() + timedelta(**later))

    def hear(self, kind: Any, mail: UUID, *, minutes: int = 0, reason: str = "") -> None:
        """The provider's event about a mail."""
        item = Feedback(
            id=str(uuid4()),
            kind=kind,
            sender="booking",
            message=mail,
            address="ana@reader.test",
            at=START + timedelta(minutes=minutes),
            reason=reason,
        )
        with self.service.sessions.begin() as session:
            take_feedback(session, Message, [item], now=START)

    def set(self, assignments: str, where: str = "true") -> None:
        """Change rows behind everybody's back."""
        self.installation.run(f"UPDATE booking.message SET {assignments} WHERE {where}")

    def mails(self, columns: str = "state") -> list[Any]:
        """The rows in the order in which they were wanted; single columns as plain values."""
        found = self.installation.rows(f"SELECT {columns} FROM booking.message ORDER BY id")
        return [row[0] if len(row) == 1 else tuple(row) for row in found]

    @contextmanager
    def waiting(self, condition: Any) -> Iterator[None]:
        """As long as this lasts, mails for which the condition holds wait."""
        before = self.sender
        self.sender = replace(before, waits=condition)
        yield
        self.sender = before

    def _render(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:
        self.rendered.append(row.id)
        if "unwritable" in row.context:
            raise LookupError("what it tells of is gone")
        return Rendered(
            sender="bookings@firstcall.test",
            sender_name="Nora Feld",
            letter=Letter(row.context.get("subject", "Note"), (Paragraph(f"Written at {now.isoformat()}."),)),
        )


LEASE_OVER = {"seconds": 5}
WINDOW_OVER = {"minutes": 16}


def an_unknown_mail(office: PostOffice, **changes: object) -> Outgoing:
    office.want(**changes)  # type: ignore[arg-type]  # whatever a mail can be wanted with
    return office.send(Post([Ambiguous("reset")])).ledger[0]


_WATCH = """
    CREATE TABLE public.change (old text NOT NULL, new text NOT NULL);
    CREATE FUNCTION public.note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN INSERT INTO public.change VALUES (OLD.state, NEW.state); RETURN NULL; END $$;
    CREATE TRIGGER watch AFTER UPDATE ON booking.message FOR EACH ROW
        WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION public.note_change();
    CREATE TRIGGER watch AFTER UPDATE ON nurture.message FOR EACH ROW
        WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION public.note_change();
"""


def watch_states(installation: Installation) -> None:
    """Let the database itself write down every change of a mail's state."""
    installation.run(_WATCH)


def changes_of(installation: Installation) -> set[tuple[MailState, MailState]]:
    """Every change of state that has happened since."""
    found = installation.rows("SELECT DISTINCT old, new FROM public.change")
    return {(MailState(old), MailState(new)) for old, new in found}


def allowed_changes() -> set[tuple[MailState, MailState]]:
    """Every change that the table of transitions allows."""
    return {(old, new) for old, news in TRANSITIONS.items() for new in news}
