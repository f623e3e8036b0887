"""The root of webhooks' tables, its inbox, and whom it has erased."""

from __future__ import annotations

from shared.db import Tables, metadata
from shared.erasure import ErasedColumns
from shared.inbox import InboxColumns, inbox_indexes


class WebhooksTables(Tables):
    """Tables in the schema `webhooks`."""

    __abstract__ = True
    metadata = metadata("webhooks")


class Inbox(InboxColumns, WebhooksTables):
    """What other services told webhooks, for delivery outward."""


class Erased(ErasedColumns, WebhooksTables):
    """Whom webhooks has erased: what providers still say of them is taken in without their address."""


inbox_indexes(Inbox)
