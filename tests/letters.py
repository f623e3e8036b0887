"""Reading the mails that left, as a mail program reads them."""

from __future__ import annotations

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr

from icalendar import Calendar, Event


def parsed(mail: bytes) -> EmailMessage:
    """The mail as Python's own parser sees it."""
    message = BytesParser(policy=default).parsebytes(mail)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def to(mail: EmailMessage) -> str:
    """The bare address it goes to."""
    return parseaddr(str(mail["To"]))[1]


def text_of(mail: EmailMessage) -> str:
    """Its text part."""
    body = mail.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return content


def ics_of(mail: EmailMessage) -> bytes:
    """The bytes of its calendar part."""
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def calendar_of(mail: EmailMessage) -> Event:
    """The one event of its calendar part."""
    [event] = Calendar.from_ical(ics_of(mail)).walk("VEVENT")
    assert isinstance(event, Event)
    return event


def link_in(mail: EmailMessage, part: str) -> str:
    """The first address in the text that contains `part`."""
    return next(word for word in text_of(mail).split() if word.startswith("http") and part in word)
