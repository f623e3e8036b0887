"""Calls, their mails and what happened to them, in words for the console's pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from flask import g

from services.booking.domain.errors import Message as Words
from services.booking.domain.happenings import EVENTS, HAPPENED, MAILS, Happening
from services.booking.domain.standing import ANSWERED, DECLINED_BY_YOU, Facts, answer_in_words, standing
from services.booking.models import Advisor, Call, CallType, Guest, Message, Proposal
from services.booking.routes.calendar import Openings, Page, slot
from services.booking.routes.said import said
from services.booking.usecases.history import YOU
from services.booking.usecases.render import words_of
from services.booking.usecases.room import Entry
from shared import i18n
from shared.erasure import ERASED
from shared.web.app import language


def standing_of(call: Call, *, now: datetime) -> str:
    """How the call stands, in a few words."""
    over = call.ends_at <= now
    return said(standing(Facts(call.state, call.answer, call.advisor_answer, call.cancelled_by, over)))


def line_of(call: Call, call_type: CallType, *, now: datetime) -> dict[str, Any]:
    """One call as a line: `{id, href, who, company, type_name, start, end, words, standing}`.

    `words` is the last thing they answered themselves, or "".
    """
    return {
        "id": call.id,
        "href": f"/console/calls/{call.id}",
        "who": name_of(call),
        "company": call.company,
        "type_name": call_type.name,
        "start": call.starts_at,
        "end": call.ends_at,
        "words": next((words for _, words in reversed(words_of(call))), ""),
        "standing": standing_of(call, now=now),
    }


def entry_of(entry: Entry, *, now: datetime) -> dict[str, Any]:
    """A line of the room: a call as `line_of`, with `seats`, the lines of a group call, and how many are `taken`.

    How a group call stands is how its seats do: `booked`, or `accepted: 2 · booked: 1`. `mine` says before it that the
    advisor's calendar declined, as long as that is to come, else "".
    """
    first = line_of(entry.first, entry.call_type, now=now)
    if entry.group is None:
        return {**first, "seats": [], "taken": "", "mine": ""}
    seats = [line_of(call, entry.call_type, now=now) for call in entry.calls]
    counts = Counter(seat["standing"] for seat in seats)
    together = " · ".join(f"{standing}: {count}" for standing, count in counts.most_common())
    taken = f"{entry.group.taken}/{entry.group.capacity}"
    stands = entry.group.state == "confirmed" and entry.group.ends_at > now
    mine = said(DECLINED_BY_YOU) if stands and entry.group.advisor_answer == "declined" else ""
    all_of_them = first["standing"] if len(counts) == 1 else together
    line = {**first, "seats": seats, "taken": taken, "mine": mine}
    return {**line, "standing": f"{mine} · {all_of_them}" if mine else all_of_them}


def counter_of(call: Call, proposal: Proposal, zone: str) -> dict[str, Any]:
    """A time that their calendar proposes: `{id, now, proposed: slot, words}`; it may have another length."""
    there, length = Page("", zone, {}, language()), call.ends_at - call.starts_at
    [start, *_] = proposal.starts
    proposed = proposal.ends_at - start if proposal.ends_at else length
    return {
        "id": proposal.id,
        "now": slot(there, Openings((), length), call.starts_at),
        "proposed": slot(there, Openings((), proposed), start),
        "words": proposal.message,
    }


def late_in_words(late: Mapping[str, int]) -> list[str]:
    """Who said to come late, a sentence for each side; `late` is of one call, from `late_now`."""
    return [said(Words(_LATE[side].template, {"minutes": late[side]})) for side in _LATE if side in late]


def guest_of(guest: Guest) -> dict[str, Any]:
    """A guest: `{id, email, answer}`, the answer as `answered`."""
    return {"id": guest.id, "email": guest.email, "answer": answered(guest.answer)}


def answered(answer: str) -> str:
    """What a calendar answered, in words; "" as long as no answer has come."""
    return said(answer_in_words(answer)) if answer in ANSWERED else ""


def name_of(call: Call) -> str:
    """Whom the call is with."""
    return name_in_words(call.name)


def name_in_words(name: str) -> str:
    """A name as it is kept, or what stands for one that was erased."""
    return said(_ERASED) if name == ERASED else name


def people_of(call: Call, advisor: Advisor) -> dict[str, str]:
    """What the page of a call calls those who are in it, wherever it names them: by address, as an actor, by name."""
    you, name = said(Words("you")), name_of(call)
    return {YOU: you, advisor.email: you, g.caller.email: you, ERASED: said(_ERASED), call.email: name, call.name: name}


def mail_of(mail: Message, subject: str, people: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """A mail as a line: `{href, subject, to, state, feedback, at}`; `at` is when it was, or is to be, sent.

    `people` as `people_of`.
    """
    return {
        "href": f"/console/mails/{mail.id}",
        "subject": subject or said(MAILS[mail.kind]),
        "to": people.get(mail.recipient, mail.recipient),
        "state": str(mail.state),
        "feedback": str(mail.feedback or ""),
        "at": mail.due,
    }


def event_in_words(name: str) -> str:
    """What an event tells of; the name itself of one that nobody listens to any more."""
    return said(EVENTS[name]) if name in EVENTS else name


def story_of(history: Sequence[Happening], zone: str, people: Mapping[str, str]) -> list[dict[str, Any]]:
    """What happened, a line each: `{at, told, who, said}`, times in the advisor's zone; `people` as `people_of`."""
    return [
        {
            "at": one.at,
            "told": _told(one, zone, people),
            "who": people.get(one.who, one.who),
            "said": one.said,
        }
        for one in history
    ]


def moment(at: datetime, zone: str) -> str:
    """A day and a time: "Tue 8 Dec, 10:00"."""
    return f"{i18n.day_short(at, zone, language())}, {i18n.time(at, zone, language())}"


def _told(one: Happening, zone: str, people: Mapping[str, str]) -> str:
    facts = {
        name: moment(value, zone) if isinstance(value, datetime) else people.get(str(value), value)
        for name, value in one.facts.items()
    }
    return said(Words(HAPPENED[one.what].template, facts))


_ERASED = Words("Erased person")
_LATE = {
    "prospect": Words("They are running %(minutes)s minutes late."),
    "advisor": Words("You said that you are running %(minutes)s minutes late."),
}
