"""What nurture keeps about one person, for that person to read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.nurture.models import (
    Article,
    Consent,
    Enrolment,
    Inbox,
    KnownCall,
    Lead,
    Message,
    MessageBody,
    SequenceVersion,
    Suppression,
)
from shared.export import Gettext, Part, as_json, events_about, mails_to, rows


def export_person(session: Session, person: str, *, digest: str, gettext: Gettext) -> dict[str, Any]:
    """`{service, person, kept: {part: how many}, parts: [{name, about, items}]}`, in plain JSON.

    `digest` is the person's key as the suppression list keeps it.
    """
    _ = gettext
    lead = select(Lead.id).where(Lead.person == person).scalar_subquery()
    consents = select(Consent).where(Consent.lead_id == lead).order_by(Consent.at)
    calls = select(KnownCall).where(KnownCall.person == person).order_by(KnownCall.starts_at)
    stopped = select(Suppression).where(Suppression.digest == digest)
    parts = [
        Part(
            "lead",
            _("Who you are, as letters address you."),
            rows(session.scalars(select(Lead).where(Lead.id == lead))),
        ),
        Part("consents", _("What you agreed to: the exact sentence beside the box."), rows(session.scalars(consents))),
        Part("sequences", _("The sequences of letters you were or are in."), _sequences(session, lead)),
        Part(
            "letters", _("Letters to you, with their text while kept."), mails_to(session, Message, MessageBody, person)
        ),
        Part("calls", _("When you have calls: whoever has one gets no letters."), rows(session.scalars(calls))),
        Part("events", _("What our own services told each other about you."), events_about(session, Inbox, person)),
        Part("stopped", _("That no letters go to you, and why."), rows(session.scalars(stopped))),
    ]
    return as_json("nurture", person, parts)


def _sequences(session: Session, lead: Any) -> list[dict[str, Any]]:
    query = (
        select(Enrolment, Article.title)
        .join(SequenceVersion, SequenceVersion.id == Enrolment.version_id)
        .join(Article, Article.id == SequenceVersion.article_id)
        .where(Enrolment.lead_id == lead)
        .order_by(Enrolment.entered_at)
    )
    return [{**rows([enrolment])[0], "article": title} for enrolment, title in session.execute(query)]
