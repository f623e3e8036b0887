"""The tables of booking: columns and constraints, no rules."""

from services.booking.models.access import Account, ApiToken, Audit, ConsoleSession
from services.booking.models.advisor import Advisor, Article, CallType, WeeklyHours
from services.booking.models.ask import Ask
from services.booking.models.call import Call, Claim
from services.booking.models.mail import DeadAddress, Inbox, Message, MessageBody
from services.booking.models.tables import BookingTables

__all__ = [
    "Account",
    "Advisor",
    "ApiToken",
    "Article",
    "Ask",
    "Audit",
    "BookingTables",
    "Call",
    "CallType",
    "Claim",
    "ConsoleSession",
    "DeadAddress",
    "Inbox",
    "Message",
    "MessageBody",
    "WeeklyHours",
]
