"""From a letter's row to the mail: the step, the reader, the sender, and the headers that let people out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.nurture.domain import letters
from services.nurture.domain.letters import Links, Reader, Sender, StepLetter, compose_step
from services.nurture.domain.steps import Step
from services.nurture.models import Article, Consent, Enrolment, KnownAdvisor, Lead, SequenceVersion
from services.nurture.usecases.advance import steps_of
from shared.i18n import translations
from shared.mail.body import Rendered
from shared.mail.letter import Block, Bullets, Facts, Letter, Link, Paragraph
from shared.mail.row import MessageColumns
from shared.settings import Settings


@dataclass(frozen=True)
class Renderer:
    """Writes nurture's letters for one installation."""

    settings: Settings

    def __call__(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG002 - a renderer's shape
        """The letter of this row. Its version and step were chosen when the row was written."""
        enrolment = session.get_one(Enrolment, row.subject_id)
        lead, advisor = session.get_one(Lead, enrolment.lead_id), session.scalars(select(KnownAdvisor)).one()
        version = session.get_one(SequenceVersion, UUID(row.context["version"]))
        article = session.get_one(Article, version.article_id)
        step = steps_of(version)[row.context["step"]]
        written = compose_step(
            step,
            self._reader(session, lead),
            links=self._links(article, lead, advisor, step, via=row.id),
            sender=Sender(tuple(advisor.signature), advisor.postal_address),
            translate=translations(lead.locale).gettext,
        )
        return Rendered(
            sender=self.settings.nurture_address,
            sender_name=advisor.name,
            # Answers are read by a person: they are worth more than anything a letter can say.
            reply_to=advisor.email,
            letter=letter_of(written, lead.locale),
            headers=self._headers(advisor, lead, step),
        )

    def _reader(self, session: Session, lead: Lead) -> Reader:
        said_yes = session.scalars(
            select(Consent)
            .where(Consent.lead_id == lead.id, Consent.state == "given")
            .order_by(Consent.at.desc())
            .limit(1)
        ).one()
        return Reader(
            name=lead.name,
            zone=lead.zone,
            locale=lead.locale,
            asked_at=said_yes.at,
            box=said_yes.shown,
            company=lead.company,
            words=lead.words,
        )

    def _links(self, article: Article, lead: Lead, advisor: KnownAdvisor, step: Step, *, via: UUID) -> Links:
        """Plain links on our own domain. They say which letter led there, by its id, and nothing about whom."""
        public = self.settings.public_url
        call = advisor.call_types[0]["slug"] if advisor.call_types else ""
        campaign = f"utm_source=letters&utm_campaign={article.slug}&utm_content={step.role.value}&via={via}"
        return Links(
            article=f"{public}/articles/{article.slug}?{campaign}",
            book=f"{public}/book/{call}?{campaign}",
            stop=f"{public}/u/{lead.token}",
        )

    def _headers(self, advisor: KnownAdvisor, lead: Lead, step: Step) -> tuple[tuple[str, str], ...]:
        """RFC 8058 and 2919. There is no mailto: until inbound mail is read, a stop sent there would be lost."""
        domain = self.settings.mail_domain
        return (
            ("List-Id", f"Letters from {_ascii(advisor.name)} <letters.{domain}>"),
            ("List-Unsubscribe", f"<{self.settings.public_url}/u/{lead.token}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Feedback-ID", f"{step.role.value}:letters:nurture:firstcall"),
            ("Precedence", "bulk"),
            ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        )


def letter_of(written: StepLetter, language: str) -> Letter:
    """The neutral blocks of the domain as the letter that mail is made of."""
    footer = tuple(Link(line.label, line.url) if isinstance(line, letters.Link) else line for line in written.footer)
    return Letter(
        subject=written.subject,
        preheader=written.preheader,
        blocks=tuple(_block(block) for block in written.blocks),
        footer=footer,
        lang=language,
    )


def _block(block: letters.LetterBlock) -> Block:
    match block:
        case letters.Paragraph(text=text):
            return Paragraph(text)
        case letters.Bullets(items=items, ordered=ordered):
            return Bullets(items, ordered)
        case letters.Facts(rows=rows):
            return Facts(rows)
        case letters.Link(label=label, url=url, button=button):
            return Link(label, url, button)


def _ascii(name: str) -> str:
    """The phrase of a List-Id, without what would need quoting."""
    return "".join(c for c in name if c.isascii() and (c.isalnum() or c == " ")).strip() or "us"
