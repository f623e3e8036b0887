"""The ways a mail can leave, chosen by the scheme of MAIL_URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.mail.outgoing import Transport
from shared.mail.transports.maildir import MaildirTransport
from shared.mail.transports.sendgrid import SendGridTransport
from shared.mail.transports.smtp import SmtpTransport
from shared.settings import Settings


def transport_of(settings: Settings) -> Transport:
    """The transport that MAIL_URL names: `maildir:FOLDER`, `smtp://…`, `smtps://…` or `sendgrid://KEY@`."""
    scheme = urlsplit(settings.mail_url).scheme.split("+")[0]
    if scheme == "maildir":
        return MaildirTransport.at(settings.mail_url)
    if scheme == "sendgrid":
        return SendGridTransport.at(settings)
    return SmtpTransport.at(settings.mail_url)
