"""The tables of booking: columns and constraints, no rules."""

from services.booking.models.access import Account, ApiToken, Audit, ConsoleSession
from services.booking.models.advisor import Advisor, Article
from services.booking.models.ask import Ask
from services.booking.models.calendars import (
    BusyTime,
    Calendar,
    CalendarAccount,
    CalendarEntry,
    CalendarObject,
    Feed,
)
from services.booking.models.call import Call, Guest, Proposal
from services.booking.models.claim import Claim, GroupCall
from services.booking.models.guard import AnsweredRequest, Blocked
from services.booking.models.hours import Away, CallLimit, DateOverride, Schedule, Travel, WeeklyHours
from services.booking.models.mail import DeadAddress, Erased, Inbox, Message, MessageBody
from services.booking.models.offer import CallType, PrivateLink
from services.booking.models.tables import BookingTables

__all__ = [
    "Account",
    "Advisor",
    "AnsweredRequest",
    "ApiToken",
    "Article",
    "Ask",
    "Audit",
    "Away",
    "Blocked",
    "BookingTables",
    "BusyTime",
    "Calendar",
    "CalendarAccount",
    "CalendarEntry",
    "CalendarObject",
    "Call",
    "CallLimit",
    "CallType",
    "Claim",
    "ConsoleSession",
    "DateOverride",
    "DeadAddress",
    "Erased",
    "Feed",
    "GroupCall",
    "Guest",
    "Inbox",
    "Message",
    "MessageBody",
    "PrivateLink",
    "Proposal",
    "Schedule",
    "Travel",
    "WeeklyHours",
]
