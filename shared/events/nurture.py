"""What nurture tells the others: leads and what became of their sequence, and articles."""

from __future__ import annotations

from shared.events.event import Event, Person


class LeadCaptured(Event, name="nurture.lead_captured.v1", to=("webhooks",)):
    """Somebody agreed to get the sequence of an article."""

    person: Person
    article: str


class LeadUnsubscribed(Event, name="nurture.lead_unsubscribed.v1", to=("webhooks",)):
    """Somebody said stop."""

    person: Person


class SequenceFinished(Event, name="nurture.sequence_finished.v1", to=("webhooks",)):
    """A lead's sequence came to its end or left early. `reason` is `done` or the exit's reason."""

    person: Person
    article: str
    reason: str


class ArticlePublished(Event, name="nurture.article_published.v1", to=("booking", "webhooks")):
    """An article can be read. `emails` is how many letters its sequence has."""

    slug: str
    title: str
    emails: int


class PersonErased(Event, name="nurture.person_erased.v1", to=("booking", "webhooks")):
    """A person was forgotten: whoever hears it overwrites what they keep of them up to `occurred_at`.

    It stays inside: delivered outward it would carry the address to where it is to be forgotten.
    """

    key: str
