"""A mail's bytes: RFC 5322 headers and RFC 2045 parts, written by hand.

By hand, because `EmailMessage(policy=default)` takes 2 ms a mail and this 0.1 ms (field measurements, bench/mail), and
because an invitation's calendar part must stay as it is: last in the alternative, with `method` and `charset`
(RFC 6047 §2.4), base64 so that no relay touches its folds.

    multipart/mixed
      multipart/alternative
        text/plain · text/html · text/calendar; method=REQUEST
      application/ics; name="invite.ics"          the same bytes, for clients that want a file

A mail without a calendar object is the alternative alone.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from shared.mail.outgoing import Outgoing

CRLF = b"\r\n"
# Longer than this a header is written in encoded words, which can be folded anywhere; RFC 5322 §2.1.1 allows 998.
LONGEST_PLAIN = 400
LONGEST_LINE = 998


class HeaderInjection(ValueError):
    """A value that cannot stand in a header: with a control character, bare non-ASCII, or too long for a line.

    Forms refuse these long before; this is the last wall.
    """


def compose(mail: Outgoing) -> bytes:
    """The whole message as it leaves, with CRLF line ends and no line over 998 octets (RFC 5322 §2.1.1).

    Raises `HeaderInjection`.
    """
    headers = [
        ("From", address(mail.sender_name, mail.sender)),
        ("To", address(mail.recipient_name, mail.recipient)),
        ("Reply-To", mail.reply_to),
        ("Subject", words(mail.subject)),
        ("Date", _date(mail.date)),
        ("Message-ID", mail.message_id),
        *mail.headers,
        ("MIME-Version", "1.0"),
    ]
    head = "".join(_header(name, value) for name, value in headers if value)
    return head.encode("ascii") + _mime(mail)


def address(name: str, mailbox: str) -> str:
    """A name and a mailbox as RFC 5322 §3.4 wants them.

    >>> address("Ana Lima", "ana@example.org")
    '"Ana Lima" <ana@example.org>'
    >>> address("", "ana@example.org")
    'ana@example.org'
    """
    if not name:
        return mailbox
    if _plain(name):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{mailbox}>'
    return f"{words(name)} <{mailbox}>"


def words(text: str) -> str:
    """Unstructured text for a header: as it is when ASCII, else encoded words of at most 75 (RFC 2047)."""
    # Before encoding: an encoded line break would be folded away here and come back in the reader's mail program.
    if _has_controls(text):
        raise HeaderInjection("a name or a subject holds a control character")
    if _plain(text):
        return text
    return Header(text, "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\r\n")


def _plain(text: str) -> bool:
    """Whether text may stand as it is. What looks like an encoded word would be decoded by who reads it."""
    return text.isascii() and len(text) < LONGEST_PLAIN and "=?" not in text


def _has_controls(text: str) -> bool:
    return any(ord(c) < 32 or ord(c) == 127 for c in text)


def _header(name: str, value: str) -> str:
    # Nothing but encoded words is folded here, so any other line break came in from outside.
    first, *folded = value.split("\r\n ")
    if not value.isascii() or _has_controls(first + "".join(folded)) or not all(f.startswith("=?") for f in folded):
        raise HeaderInjection(f"{name} holds a control character or is not ASCII")
    if max(len(f"{name}: {first}"), *map(len, folded), 0) > LONGEST_LINE:
        raise HeaderInjection(f"{name} has a line of more than {LONGEST_LINE} octets")
    return f"{name}: {value}\r\n"


def _date(at: datetime) -> str:
    return format_datetime(at)


def _mime(mail: Outgoing) -> bytes:
    alternatives = [_text_part("plain", mail.text), _text_part("html", mail.html)]
    if mail.ics is None:
        return _multipart("alternative", mail.boundary, alternatives)
    calendar = f"text/calendar; method={mail.method}; charset=UTF-8"
    alternatives.append(_part(calendar, _base64(mail.ics), "base64"))
    # Neither begins with the other: a reader may compare only the beginning of a line (RFC 2046 §5.1.2).
    inner = _multipart("alternative", f"inner-{mail.boundary}", alternatives)
    attached = _part(
        'application/ics; name="invite.ics"',
        _base64(mail.ics),
        "base64",
        disposition='attachment; filename="invite.ics"',
    )
    return _multipart("mixed", mail.boundary, [inner, attached])


def _multipart(kind: str, name: str, parts: list[bytes]) -> bytes:
    # `=_` is in no line of quoted-printable or base64, so no text can hold a boundary (RFC 2045 §6.7).
    boundary = f"=_{name}"
    mark = b"--" + boundary.encode("ascii")
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return head + b"".join(mark + CRLF + part + CRLF for part in parts) + mark + b"--" + CRLF


def _part(kind: str, body: bytes, encoding: str, *, disposition: str = "") -> bytes:
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    if disposition:
        head += f"Content-Disposition: {disposition}\r\n"
    return head.encode("ascii") + CRLF + body


def _text_part(kind: str, text: str) -> bytes:
    return _part(f"text/{kind}; charset=UTF-8", _quoted_printable(text), "quoted-printable")


def _quoted_printable(text: str) -> bytes:
    """RFC 2045 §6.7, lines of at most 76. The encoder works on bare line feeds; CRLF is put in afterwards."""
    # Not `splitlines`, which also breaks at separators that are part of what somebody wrote (U+2028, U+0085).
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    return binascii.b2a_qp(lines, istext=True).replace(b"\n", CRLF)


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", CRLF).removesuffix(CRLF)
