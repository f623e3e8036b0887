"""Personal data: every column that can hold words is overwritten when a person is erased, or says here why not.

A new column fails this until somebody has decided.
"""

from __future__ import annotations

import pytest
from sqlalchemy import ARRAY, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.booking.models import BookingTables
from services.booking.usecases import erase as booking
from services.nurture.models import NurtureTables
from services.nurture.usecases import erase as nurture
from services.webhooks.models import WebhooksTables
from services.webhooks.usecases import erase as webhooks

# Their rows about a person are deleted, or all that they say is.
EMPTIED = {"booking.message_body", "nurture.message_body", "booking.dead_address", "booking.answered_request"}
OVERWRITTEN = {
    *(f"booking.call.{name}" for name in (*booking.OF_A_CALL, "token")),
    *(f"booking.ask.{name}" for name in (*booking.OF_AN_ASK, "token")),
    *(f"booking.guest.{name}" for name in (*booking.OF_A_GUEST, "person")),
    *(f"booking.proposal.{name}" for name in (*booking.OF_A_PROPOSAL, "token")),
    *("booking.blocked.pattern", "booking.blocked.note", "booking.private_link.label", "booking.calendar_entry.error"),
    "access.audit.detail",
    *(f"nurture.lead.{name}" for name in (*nurture.OF_A_LEAD, "person")),
    *(f"nurture.consent.{name}" for name in nurture.OF_A_CONSENT),
    "nurture.known_call.person",
    *(f"webhooks.attempt.{name}" for name in webhooks.OF_AN_ATTEMPT),
    *(f"webhooks.delivery.{name}" for name in webhooks.OF_A_DELIVERY),
    *(f"webhooks.raw_event.{name}" for name in (*webhooks.OF_A_REQUEST, "body")),
    *(
        f"{schema}.inbox.{name}"
        for schema in ("booking", "nurture", "webhooks")
        for name in ("person", "payload", "error")
    ),
    *(
        f"{schema}.message.{name}"
        for schema in ("booking", "nurture")
        for name in ("recipient", "recipient_name", "person", "context", "dedupe_key", "ordering_key", "error")
    ),
}
ADVISORS = "the advisor's own words and settings"
WORD = "one of our own words, or an id that means nothing outside"
DIGEST = "a keyed digest or a random token: it names nobody"
KEPT = {
    **dict.fromkeys(("booking.advisor", "booking.call_type", "booking.schedule", "booking.date_override"), ADVISORS),
    **dict.fromkeys(("booking.away", "booking.travel", "booking.call_limit", "booking.feed"), ADVISORS),
    **dict.fromkeys(("booking.calendar_account", "booking.calendar", "nurture.known_advisor"), ADVISORS),
    **dict.fromkeys(("booking.article", "nurture.article", "nurture.sequence_version"), "published for everybody"),
    **dict.fromkeys(("access.account", "access.session", "access.api_token"), "who may sign in, not who asks"),
    **dict.fromkeys(("booking.erased", "nurture.erased", "webhooks.erased", "nurture.suppression"), DIGEST),
    **dict.fromkeys(("nurture.lead.token", "nurture.lead.digest", "booking.private_link.token"), DIGEST),
    "booking.calendar_object": "what the advisor's calendars say, stored without words and people",
    "booking.busy_time": "when the advisor is busy, by resource and UID",
    "booking.call.organizer": "the advisor's own address, or none",
    "booking.claim": "times of the advisor; `holder` and `network` are digests, for a day",
    "booking.group_call": "a time with seats: its place is the call type's, its people are calls",
    "webhooks.endpoint": ADVISORS,
    "webhooks.provider_event": "ids of a provider's events",
    "access.audit.actor": "an account, or what stands for a program",
    **dict.fromkeys(("access.audit.act", "booking.ask.kind", "booking.ask.state", "booking.ask.format"), WORD),
    **dict.fromkeys(("booking.call.uid", "booking.call.state", "booking.call.cancelled_by"), WORD),
    "booking.call.placed_against": WORD,
    **dict.fromkeys(("booking.call.answer", "booking.call.advisor_answer", "booking.guest.answer"), WORD),
    **dict.fromkeys(("booking.proposal.made_by", "booking.proposal.state"), WORD),
    **dict.fromkeys((f"booking.calendar_entry.{name}" for name in ("uid", "href", "etag", "state")), WORD),
    **dict.fromkeys(("nurture.consent.state", "nurture.known_call.state"), WORD),
    **dict.fromkeys(("nurture.enrolment.state", "nurture.enrolment.exit_reason"), WORD),
    **dict.fromkeys(("webhooks.delivery.event_name", "webhooks.delivery.state", "webhooks.attempt.outcome"), WORD),
    **dict.fromkeys(("webhooks.raw_event.provider", "webhooks.raw_event.state"), WORD),
    **dict.fromkeys((f"{schema}.inbox.name" for schema in ("booking", "nurture", "webhooks")), WORD),
    **dict.fromkeys(
        (
            f"{schema}.message.{name}"
            for schema in ("booking", "nurture")
            for name in ("kind", "mail_class", "state", "provider_id", "skip_reason", "feedback")
        ),
        WORD,
    ),
}


def wordy_columns() -> list[str]:
    """Every column of the three services that can hold somebody's words."""
    tables = [table for root in (BookingTables, NurtureTables, WebhooksTables) for table in root.metadata.sorted_tables]
    return sorted(
        f"{table.schema}.{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if isinstance(column.type, Text | JSONB | LargeBinary)
        or (isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Text))
    )


@pytest.mark.parametrize("column", wordy_columns())
def test_every_column_that_can_hold_words_is_overwritten_or_says_why_not(column: str) -> None:
    table = column.rpartition(".")[0]
    erased = column in OVERWRITTEN or table in EMPTIED
    kept = column in KEPT or table in KEPT
    assert erased != kept, "decide: overwrite it in usecases/erase.py, or give the reason here"


def test_what_is_decided_here_exists() -> None:
    columns = set(wordy_columns())
    tables = {column.rpartition(".")[0] for column in columns}
    # Instants, numbers and flags are overwritten beside the words; they are no columns of words.
    assert {name for name in KEPT if name.count(".") == 2} <= columns
    assert {name for name in KEPT if name.count(".") == 1} <= tables | {"booking.travel", "booking.call_limit"}
    assert tables >= EMPTIED
    assert columns >= OVERWRITTEN
    assert len(columns) > 150
