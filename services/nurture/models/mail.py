"""Nurture's mail and its inbox: the shared columns in nurture's own schema."""

from __future__ import annotations

from services.nurture.models.tables import NurtureTables
from shared.erasure import ErasedColumns
from shared.inbox import InboxColumns, inbox_indexes
from shared.mail.row import BodyColumns, MessageColumns, body_indexes, message_indexes


class Message(MessageColumns, NurtureTables):
    """A letter of a sequence. `subject_id` is the enrolment; `dedupe_key` the enrolment and the step."""


class MessageBody(BodyColumns, NurtureTables):
    """What the letter said."""


class Inbox(InboxColumns, NurtureTables):
    """What other services told nurture."""


class Erased(ErasedColumns, NurtureTables):
    """Whom nurture has erased. Their suppression stays in a table of its own."""


message_indexes(Message)
body_indexes(MessageBody)
inbox_indexes(Inbox)
