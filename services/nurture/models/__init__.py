"""The tables of nurture: columns and constraints, no rules."""

from services.nurture.models.article import Article, SequenceVersion
from services.nurture.models.lead import Consent, Enrolment, Lead, Suppression
from services.nurture.models.mail import Erased, Inbox, Message, MessageBody
from services.nurture.models.others import KnownAdvisor, KnownCall
from services.nurture.models.tables import NurtureTables

__all__ = [
    "Article",
    "Consent",
    "Enrolment",
    "Erased",
    "Inbox",
    "KnownAdvisor",
    "KnownCall",
    "Lead",
    "Message",
    "MessageBody",
    "NurtureTables",
    "SequenceVersion",
    "Suppression",
]
