"""The tables of webhooks: columns and constraints, no rules."""

from services.webhooks.models.incoming import ProviderEvent, RawEvent
from services.webhooks.models.outgoing import Attempt, Delivery, Endpoint
from services.webhooks.models.tables import Erased, Inbox, WebhooksTables

__all__ = ["Attempt", "Delivery", "Endpoint", "Erased", "Inbox", "ProviderEvent", "RawEvent", "WebhooksTables"]
