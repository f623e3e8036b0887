"""Asks: taking them in, confirming them, answering them. An ask is never lost: it is stored before anything is sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotFound, NotOpen
from services.booking.domain.requests import ContactRequest, MentorshipRequest, sending_key
from services.booking.models import Ask, Message
from services.booking.usecases.audit import note
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.blocklist import require_welcome
from shared.addresses import person_key
from shared.clock import machine_now
from shared.events import AskAnswered, AskEvent, ContactRequested, MentorshipRequested, Person
from shared.inbox import publish
from shared.mail.enqueue import Wanted, enqueue
from shared.mail.row import MailClass
from shared.security import Limit, new_token, within


def ask_by_contact(session: Session, request: ContactRequest, *, now: datetime) -> Ask:
    """Store a question, confirm it to who asked, show it to the advisor. The same form sent twice is one ask."""
    own = {"message": request.message, "phone": request.phone}
    ask, is_new = _store(session, "contact", request, own, now=now)
    if is_new:
        _let_know(session, ask, ContactRequested(**_head(ask)), now=now)
    return ask


def ask_for_mentorship(session: Session, request: MentorshipRequest, *, now: datetime) -> Ask:
    """Store a wish to be mentored; the advisor accepts or declines it."""
    told = {
        "format": request.format,
        "background": request.background,
        "preferred_times": request.preferred_times,
    }
    ask, is_new = _store(session, "mentorship", request, {"message": request.goal, **told}, now=now)
    if is_new:
        _let_know(session, ask, MentorshipRequested(**_head(ask), **told), now=now)
    return ask


def ask_of(session: Session, token: str) -> Ask:
    """The ask of this link. Raises `NotFound`."""
    ask = session.scalar(select(Ask).where(Ask.token == token))
    if ask is None:
        raise NotFound
    return ask


def ask_with(session: Session, ask_id: UUID) -> Ask:
    """The ask of this id, for the advisor. Raises `NotFound`."""
    ask = session.get(Ask, ask_id)
    if ask is None:
        raise NotFound
    return ask


def answer_ask(session: Session, ask_id: UUID, answer: str, *, now: datetime, by: str = "") -> None:
    """Note that the advisor answered a question (`answered`), or accept or decline a mentorship request.

    Accepting mails a link that opens the sessions only they can book; declining mails a kind no. Giving the same
    answer again changes nothing. Given a name in `by`, it leaves its line in the trail. Raises `NotFound`, or `NotOpen`
    when it was answered otherwise.
    """
    ask = session.scalar(select(Ask).where(Ask.id == ask_id).with_for_update())
    if ask is None or answer not in ANSWERS[ask.kind]:
        raise NotFound
    if ask.state == answer:
        return
    if ask.state != "open":
        raise NotOpen
    _settle(session, ask, answer, now=now)
    if by:
        note(session, by, f"ask_{answer}", ask.id, now=now, detail={"state": ["open", answer]})
    if answer in ("accepted", "declined"):
        _mail(session, ask, f"mentorship_{answer}", now=now)


def answer_with_times(session: Session, ask_id: UUID, *, now: datetime) -> tuple[Ask, str]:
    """An ask that is answered by proposing times, locked, and the state it was in: a wish for mentorship is accepted.

    The mail with the times is the answer. Times may be proposed again; after a no they may not. Raises `NotFound` or
    `NotOpen`.
    """
    # A call that is just being booked from it refers to it, and waits for neither.
    ask = session.scalar(select(Ask).where(Ask.id == ask_id).with_for_update(key_share=True))
    if ask is None:
        raise NotFound
    was = ask.state
    if was == "declined":
        raise NotOpen
    if was == "open":
        _settle(session, ask, ANSWERS[ask.kind][0], now=now)
    return ask, was


# The form takes any address. Whoever types in somebody else's again and again must not write to them through us; what
# was asked is stored and shown to the advisor all the same.
CONFIRMATIONS = Limit("confirmations", most=5, seconds=86_400)
ANSWERS = {"contact": ("answered",), "mentorship": ("accepted", "declined")}


def person_of_ask(ask: Ask) -> Person:
    """Who asked, as events say it."""
    return Person(key=ask.person, email=ask.email, name=ask.name, zone=ask.zone, locale=ask.locale, company=ask.company)


def _settle(session: Session, ask: Ask, answer: str, *, now: datetime) -> None:
    ask.state, ask.answered_at = answer, now
    ask.revision += 1
    person = person_of_ask(ask)
    publish(session, AskAnswered(subject=ask.id, revision=ask.revision, occurred_at=now, person=person, answer=answer))


def _store(
    session: Session, kind: str, request: ContactRequest | MentorshipRequest, own: dict[str, str], *, now: datetime
) -> tuple[Ask, bool]:
    """The ask of this form, and whether it is new. The constraint decides, so two clicks at once are one ask too.

    Raises `NotWelcome`.
    """
    visitor = request.visitor
    require_welcome(session, visitor.email)
    key = sending_key(request.form_key, kind, request)
    head = {
        "id": uuid4(),
        "token": new_token(),
        "form_key": key,
        "kind": kind,
        **vars(visitor),
        "follow_up": request.follow_up,
        "attribution": request.attribution,
        "created_at": now,
    }
    new = insert(Ask).values(**head, **own).on_conflict_do_nothing(index_elements=["form_key"])
    if (ask := session.scalars(new.returning(Ask)).one_or_none()) is not None:
        return ask, True
    sent = select(Ask).where(Ask.form_key == key)
    return session.scalars(sent).one(), False


def _let_know(session: Session, ask: Ask, event: AskEvent, *, now: datetime) -> None:
    if within(session, CONFIRMATIONS, ask.person, machine=machine_now()):
        _mail(session, ask, f"{ask.kind}_received", now=now)
    _mail_advisor(session, ask, now=now)
    publish(session, event)


def _head(ask: Ask) -> dict[str, object]:
    return {
        "subject": ask.id,
        "revision": ask.revision,
        "occurred_at": ask.created_at,
        "person": person_of_ask(ask),
        "message": ask.message,
        "follow_up": ask.follow_up,
        "attribution": ask.attribution,
    }


def _mail(session: Session, ask: Ask, kind: str, *, now: datetime) -> None:
    _enqueue(session, ask, kind, to=(ask.email, ask.name), now=now)


def _mail_advisor(session: Session, ask: Ask, *, now: datetime) -> None:
    advisor = advisor_of(session)
    _enqueue(session, ask, "ask_arrived", to=(advisor.email, advisor.name), now=now)


def _enqueue(session: Session, ask: Ask, kind: str, *, to: tuple[str, str], now: datetime) -> None:
    address, name = to
    wanted = Wanted(
        dedupe_key=f"ask:{ask.id}:{kind}",
        kind=kind,
        mail_class=MailClass.TRANSACTIONAL,
        recipient=address,
        recipient_name=name,
        person=person_key(address),
        subject_id=ask.id,
        due=now,
        # Each mail about an ask stands for itself: none replaces another.
        ordering_key=f"ask:{ask.id}:{kind}",
    )
    enqueue(session, Message, wanted, now=now)
