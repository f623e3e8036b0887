"""Mail through SendGrid: letters by its v3 API, mails with a calendar part by its SMTP relay.

The API cannot carry `text/calendar; method=REQUEST` with a charset (field notes: calendar-and-mail.md §1), so an
invitation leaves as the MIME we wrote. Both ways carry our message id as an opaque argument, which every event about
the mail brings back, and both turn off whatever SendGrid would change: tracking, its footer, its own unsubscribe.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Self
from urllib.parse import unquote, urlsplit

from sendgrid.helpers.mail import (
    ClickTracking,
    Content,
    CustomArg,
    Email,
    Header,
    Mail,
    OpenTracking,
    Personalization,
    SendGridException,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from shared import http
from shared.deadline import Deadline
from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Outgoing, Refused, Result
from shared.mail.transports.smtp import SmtpServer, SmtpTransport
from shared.settings import Settings

# Requests under way at once over kept-alive connections. SendGrid takes thousands; our database is the slower end.
AT_ONCE = 4
UNTRACKED = {
    "filters": {
        name: {"settings": {"enable": 0}}
        for name in ("clicktrack", "opentrack", "subscriptiontrack", "footer", "ganalytics")
    }
}


class SendGridTransport:
    """Sends each mail by the way its shape needs."""

    def __init__(self, *, key: str, api: str, door: http.HttpDoor, relay: SmtpTransport) -> None:
        self._key, self._api, self._door, self._relay = key, api.rstrip("/"), door, relay

    @classmethod
    def at(cls, settings: Settings) -> Self:
        """From `sendgrid://API-KEY@`. The API's and the relay's addresses are settings, for EU accounts and tests."""
        parts = urlsplit(settings.mail_url)
        key = unquote(parts.username or parts.netloc)
        host, _, port = settings.sendgrid_smtp.partition(":")
        relay = SmtpServer(host=host, port=int(port or 587), tls=_relay_tls(host), user="apikey", password=key)
        door = http.HttpDoor(allow_private=settings.sendgrid_api_url.startswith("http:"))
        return cls(key=key, api=settings.sendgrid_api_url, door=door, relay=SmtpTransport(relay))

    def send(self, mails: Sequence[Outgoing], *, deadline: float, budget: float) -> Iterable[tuple[Outgoing, Result]]:
        """Send each mail; see `Transport.send`."""
        until = Deadline.after(budget)
        invitations = [_with_smtpapi(mail) for mail in mails if mail.ics is not None]
        originals = {mail.id: mail for mail in mails}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            letters = [mail for mail in mails if mail.ics is None]
            yield from pool.map(lambda mail: (mail, self._post(mail, deadline, until)), letters)
        left = 0 if until.passed() else until.left()
        for mail, result in self._relay.send(invitations, deadline=deadline, budget=left):
            yield originals[mail.id], result

    def _post(self, mail: Outgoing, deadline: float, until: Deadline) -> Result:
        if until.passed():
            return NotSent("not begun within the time of its group")
        try:
            body = json.dumps(payload(mail)).encode()
        except (SendGridException, ValueError) as error:
            # The library refuses some texts (what looks like a key of SendGrid's). Only this mail is at fault.
            return Refused(f"the request cannot be written: {type(error).__name__}")
        request = http.Outgoing(
            method="POST",
            url=f"{self._api}/v3/mail/send",
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
            body=body,
            deadline_s=deadline,
        )
        try:
            answer = self._door.send(request)
        except http.NotSent as error:
            return NotSent(str(error))
        except http.Ambiguous as error:
            return Ambiguous(str(error))
        return _verdict(answer)


def payload(mail: Outgoing) -> dict[str, object]:
    """The v3 request of one mail to one person. `m` and `s` are opaque: SendGrid stores arguments as not personal."""
    message = Mail(from_email=Email(mail.sender, mail.sender_name), subject=mail.subject)
    person = Personalization()
    person.add_to(To(mail.recipient, mail.recipient_name or None))
    for name, value in (("m", str(mail.id)), ("s", mail.service), ("a", str(mail.attempt))):
        person.add_custom_arg(CustomArg(name, value))
    message.add_personalization(person)
    message.content = [Content("text/plain", mail.text), Content("text/html", mail.html)]
    if mail.reply_to:
        message.reply_to = Email(mail.reply_to)
    for name, value in (("Message-ID", mail.message_id), *mail.headers):
        message.add_header(Header(name, value))
    message.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
    )
    result: dict[str, object] = message.get()
    return result


def _with_smtpapi(mail: Outgoing) -> Outgoing:
    """The same mail with the relay's own header. SendGrid reads it and takes it off before the mail goes on."""
    arguments = {"unique_args": {"m": str(mail.id), "s": mail.service, "a": str(mail.attempt)}, **UNTRACKED}
    return replace(mail, headers=(*mail.headers, ("X-SMTPAPI", json.dumps(arguments))))


def _verdict(answer: http.Answer) -> Result:
    """What a status means. A 5xx came after the body was handed over, so nobody can say what became of it."""
    if 200 <= answer.status < 300:
        return Accepted(answer.headers.get("x-message-id", ""))
    reason = f"HTTP {answer.status}: {answer.body[:200].decode('utf-8', 'replace')}"
    if answer.status >= 500:
        return Ambiguous(reason)
    # All others (401, 404, 429, a proxy's redirect) are about the account or the way, not the mail: it waits until
    # somebody has mended that.
    return Refused(reason) if answer.status in (400, 413) else NotSent(reason)


def _relay_tls(host: str) -> str:
    """The relay is spoken to over TLS, save for a stand-in on this machine."""
    return "none" if host in ("localhost", "127.0.0.1", "::1") else "starttls"
