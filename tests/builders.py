"""Things that tests need, with defaults: say only what the test is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from services.booking.domain.requests import Answer, BookingRequest, ContactRequest, MentorshipRequest, Visitor
from services.booking.usecases.set_up import set_up
from services.nurture.usecases.publish import Manuscript, publish_article
from shared.events import CallBooked, ContactRequested, Person

ADVISOR = {
    "name": "Nora Feld",
    "title": "Fractional AI officer",
    "email": "nora@advisor.test",
    "zone": "Europe/Berlin",
    "signature": ["Nora Feld", "Fractional AI officer"],
    "postal_address": "Lindenweg 4, 10999 Berlin, Germany",
    "video_url": "https://meet.advisor.test/nora",
}
QUESTIONS = [
    {
        "key": "situation",
        "label": "Which sounds like you?",
        "kind": "choice",
        "choices": [
            {"key": "stuck_pilots", "label": "Pilots that never reach production"},
            {"key": "board_asks", "label": "The board asks for a plan that we cannot yet tell"},
        ],
    },
    {"key": "worth", "label": "What would make this worth your time?", "kind": "long_text"},
]
OFFICE_HOURS = [{"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "17:00"}]
ARTICLE = """\
---
title: What a part-time data lead does
slug: part-time-data-lead
---
A part-time data lead owns your data decisions for three days a month. You pay for judgement, not for presence. It suits
companies that have data and no one who answers for it.

## What the work is

There are four areas, and each of them is a decision somebody has to answer for.

- Strategy: choose the two questions that data must answer this year.
- Quality: decide which numbers may be wrong, and by how much.
- Systems: buy the warehouse, build only what nobody sells.
- People: hire the first analyst and teach the team to ask better questions.

## When to bring one in

If two or more of these are true, waiting costs more than the role does.

- Two reports give two different revenues.
- Nobody dares to delete a table.
- The board asks for numbers and gets opinions.
- You are about to sign a contract for a platform.
- The last three dashboards are not opened by anyone.

## How an engagement runs

Most of them run for a year, at two to five days a month, and follow four phases.

1. Look: two weeks with your data and the people who use it.
2. Plan: one page with three bets, each tied to a number.
3. Lead: a day every week while your team builds.
4. Hand over: the role goes to somebody whom we hired together.

## A lead, a consultant or a full-time hire

| Question | Part-time lead | Consultant | Full-time hire |
| --- | --- | --- | --- |
| Commitment | A few days a month | One project | Permanent |
| Answers for | Results over a year | A report | Everything |
| Best for | Companies with data and no owner | One hard question | Data companies |

## Questions people ask

### How much does it cost?

A monthly fee for an agreed number of days, which is about a fifth of a full-time salary.

### How soon does it help?

The first decision usually falls within three weeks, because most of the facts are there already.

### Can you train our team?

Yes. Half of the days go into working beside the people who will stay.

## Talk about your data

Thirty minutes are enough to see whether this is for you. [Book a call](/book/intro)
"""


def set_up_advisor(session: Session, *, now: datetime, **changes: Any) -> None:
    """The advisor with three call types: `intro` (public), `strategy` (public, buffers), `session` (by invitation)."""
    set_up(session, profile=ADVISOR | changes, call_types=call_types(), windows=OFFICE_HOURS, now=now)


def call_types() -> list[dict[str, Any]]:
    """The rows of the three call types."""
    return [
        a_call_type("intro", name="Intro call", minutes=30),
        a_call_type("strategy", name="Strategy call", minutes=45, buffer_before_minutes=15, buffer_after_minutes=15),
        a_call_type(
            "session",
            name="Mentorship session",
            way="mentorship",
            minutes=60,
            access="accepted_request",
            price_text="€ 180",
        ),
    ]


def a_call_type(slug: str, **changes: Any) -> dict[str, Any]:
    """One call type: 30 minutes every 30, two hours' notice to book, twelve to move or cancel."""
    row = {
        "slug": slug,
        "way": "officer",
        "name": slug.capitalize(),
        "minutes": 30,
        "interval_minutes": 30,
        "notice_minutes": 120,
        "horizon_days": 60,
        "move_notice_minutes": 720,
        "cancel_notice_minutes": 720,
        "questions": QUESTIONS,
    }
    return row | changes


def publish_sample_article(session: Session, *, now: datetime) -> None:
    """The article of the tests and its sequence."""
    publish_article(session, Manuscript(ARTICLE, "part-time-data-lead.md", "markdown"), now=now)


def a_visitor(name: str = "Ana Lima", email: str = "ana@reader.test", **changes: Any) -> Visitor:
    """Somebody who writes to us."""
    values: dict[str, Any] = {"name": name, "email": email, "person": email.lower(), "zone": "America/New_York"}
    return Visitor(**(values | changes))


def a_booking(start: datetime, **changes: Any) -> BookingRequest:
    """A wish for the intro call."""
    values: dict[str, Any] = {
        "call_type": "intro",
        "start": start,
        "visitor": a_visitor(),
        "answers": (Answer("What would make this worth your time?", "A yes or a no"),),
    }
    return BookingRequest(**(values | changes))


def a_question(**changes: Any) -> ContactRequest:
    """A question by the contact form, with the box ticked."""
    values: dict[str, Any] = {
        "visitor": a_visitor(),
        "message": "What does it cost for forty people?",
        "follow_up": "Also send me the short version in six e-mails; it ends when we speak.",
    }
    return ContactRequest(**(values | changes))


def a_wish_for_mentorship(**changes: Any) -> MentorshipRequest:
    """A mentorship request for one session."""
    values: dict[str, Any] = {
        "visitor": a_visitor(),
        "format": "one_session",
        "background": "Backend engineer for nine years",
        "goal": "Lead my first project with a model in it",
    }
    return MentorshipRequest(**(values | changes))


def a_person(email: str = "ana@reader.test", **changes: Any) -> Person:
    """Somebody as events name them."""
    values: dict[str, Any] = {"key": email.lower(), "email": email, "name": "Ana Lima", "zone": "America/New_York"}
    return Person(**(values | changes))


def contact_requested(at: datetime, **changes: Any) -> ContactRequested:
    """The event of a question with the box ticked."""
    values: dict[str, Any] = {
        "subject": uuid4(),
        "revision": 0,
        "occurred_at": at,
        "person": a_person(),
        "message": "What does it cost for forty people?",
        "follow_up": "Also send me the short version in six e-mails; it ends when we speak.",
    }
    return ContactRequested(**(values | changes))


def call_booked(at: datetime, *, call: UUID | None = None, **changes: Any) -> CallBooked:
    """The event of a booking two days later."""
    start = at + timedelta(days=2)
    values: dict[str, Any] = {
        "subject": call or uuid4(),
        "revision": 0,
        "occurred_at": at,
        "person": a_person(),
        "uid": f"{uuid4()}@firstcall.test",
        "call_type": "intro",
        "call_type_name": "Intro call",
        "start": start,
        "end": start + timedelta(minutes=30),
    }
    return CallBooked(**(values | changes))
