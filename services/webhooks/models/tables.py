"""The root of webhooks' tables, and its inbox."""

from __future__ import annotations

from shared.db import Tables, metadata
from shared.inbox import InboxColumns, inbox_indexes


class WebhooksTables(Tables):
    """Tables in the schema `webhooks`."""

    __abstract__ = True
    metadata = metadata("webhooks")


class Inbox(InboxColumns, WebhooksTables):
    """What other services told webhooks, for delivery outward."""


inbox_indexes(Inbox)
