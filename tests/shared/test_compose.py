"""A mail's bytes: read back by Python's own parser they say what was meant, and nobody writes a header but us."""

from __future__ import annotations

import re
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.mail.compose import HeaderInjection, compose
from tests.letters import parsed
from tests.shared.mails import ICS, an_invitation, an_outgoing

# What PostgreSQL can store as text, so what a body can hold: no NUL, no halves of surrogate pairs.
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=400)
NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120).map(str.strip)


def read(**changes: Any) -> EmailMessage:
    return parsed(compose(an_outgoing(**changes)))


def part(mail: EmailMessage, kind: str) -> str:
    [found] = [part for part in mail.walk() if part.get_content_type() == kind]
    payload = found.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8")


def as_sent(text: str) -> str:
    """A text with the line ends of mail."""
    return re.sub("\r\n|\r|\n", "\r\n", text)


def test_a_letter_reads_back_as_it_was_meant() -> None:
    mail = read(headers=(("List-Id", "Letters <letters.firstcall.test>"),))
    assert (mail["From"], mail["To"]) == ("Nora Feld <letters@firstcall.test>", "Ana Lima <ana@reader.test>")
    assert (mail["Reply-To"], mail["Subject"]) == ("nora@advisor.test", "Your question")
    assert mail["Date"] == "Mon, 07 Dec 2026 08:00:00 +0000"
    assert mail["List-Id"] == "Letters <letters.firstcall.test>"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert (part(mail, "text/plain"), part(mail, "text/html")) == ("One line.\r\n", "<p>One line.</p>")


def test_a_mail_without_an_answering_address_has_no_such_header() -> None:
    assert "Reply-To" not in read(reply_to="")


def test_equal_mails_are_equal_bytes() -> None:
    mail = an_invitation()
    again = an_invitation(mail.id)
    assert mail is not again
    assert compose(mail) == compose(again)


def test_the_calendar_part_is_the_last_alternative_and_says_its_method() -> None:
    mail = parsed(compose(an_invitation(method="CANCEL")))
    alternative, attached = mail.iter_parts()
    assert mail.get_content_type() == "multipart/mixed"
    kinds = [one.get_content_type() for one in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    calendar = list(alternative.iter_parts())[-1]
    assert dict(calendar["Content-Type"].params) == {"method": "CANCEL", "charset": "UTF-8"}
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert attached.get_content_type() == "application/ics"
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content_disposition() == "attachment"


@pytest.mark.parametrize("ics", [ICS, b"", b"x" * 5000, "SUMMARY:Gespräch mit Zoë\r\n".encode()])
def test_both_calendar_parts_are_the_same_bytes(ics: bytes) -> None:
    mail = parsed(compose(an_invitation(ics=ics)))
    parts = [one for one in mail.walk() if one.get_content_type() in ("text/calendar", "application/ics")]
    assert [one.get_payload(decode=True) for one in parts] == [ics, ics]


@pytest.mark.parametrize(
    "subject",
    ["Übersicht für Zoë", "東京での三十分", "A 🙂 in a subject", "ß" * 300, "x" * 900, "=?utf-8?q?=0D=0ABcc:?= x"],
)
def test_a_subject_reads_back_whatever_its_letters(subject: str) -> None:
    mail = compose(an_outgoing(subject=subject))
    assert parsed(mail)["Subject"] == subject
    head = mail.partition(b"\r\n\r\n")[0].decode("ascii")
    assert all(len(word) <= 75 for word in re.findall(r"=\?\S+\?=", head))


@pytest.mark.parametrize("name", ['Ana "the" Lima', "Back\\slash", "Zoë", "Lima, Ana", "a@b <c@d>", "李 明"])
def test_a_name_reads_back_and_the_address_stays_beside_it(name: str) -> None:
    [found] = read(recipient_name=name)["To"].addresses
    assert (found.display_name, found.addr_spec) == (name, "ana@reader.test")


def test_an_endless_name_is_folded() -> None:
    # Python's parser leaves a space between two encoded words of a name; RFC 2047 §6.2 says to drop it.
    [found] = read(recipient_name="n" * 990)["To"].addresses
    assert (found.display_name.replace(" ", ""), found.addr_spec) == ("n" * 990, "ana@reader.test")


@given(name=NAMES, subject=NAMES)
def test_no_name_and_no_subject_can_change_another_header(name: str, subject: str) -> None:
    mail = read(recipient_name=name, sender_name=name, subject=subject)
    assert [one.addr_spec for one in mail["To"].addresses] == ["ana@reader.test"]
    assert [one.addr_spec for one in mail["From"].addresses] == ["letters@firstcall.test"]
    assert set(mail.keys()) <= {
        *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"),
    }


CONTROLS = ["\r\nBcc: eve@evil.test", "\nBcc: eve@evil.test", "\r\n Bcc: folded", "\r\n \r\nbody", "\r", "\0", "\x7f"]


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("field", ["subject", "recipient_name", "sender_name", "reply_to", "recipient", "message_id"])
@pytest.mark.parametrize("before", ["plain", "Zoë", "=?utf-8?q?x?="])
def test_a_control_character_in_a_header_is_refused(field: str, control: str, before: str) -> None:
    with pytest.raises(HeaderInjection):
        compose(an_outgoing(None, **{field: before + control}))


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_in_an_additional_header_is_refused(control: str) -> None:
    with pytest.raises(HeaderInjection):
        compose(an_outgoing(headers=(("List-Id", f"x{control}"),)))


def test_a_header_that_fits_no_line_is_refused() -> None:
    with pytest.raises(HeaderInjection):
        compose(an_outgoing(headers=(("X-Long", "x" * 1000),)))


@pytest.mark.parametrize("text", ["x" * 5000, "ä" * 3000, "word " * 2000, "\n" * 500])
def test_no_line_is_longer_than_mail_allows(text: str) -> None:
    data = compose(an_invitation(text=text, html=text, subject=text.replace("\n", " ") or "x", sender_name="Zoë " * 90))
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert data.isascii()


@given(text=TEXT, html=TEXT)
@example(text="a\u2028b\x85c\x0bd", html="tab\tend \r\n trailing ")
@example(text=".\n..\nFrom here\n-- \n", html="=3D")
def test_a_body_reads_back_as_it_was_written(text: str, html: str) -> None:
    mail = read(text=text, html=html)
    assert part(mail, "text/plain") == as_sent(text)
    assert part(mail, "text/html") == as_sent(html)


def test_a_body_that_quotes_the_boundaries_stays_one_body() -> None:
    mail = an_invitation()
    marks = "\n".join(line for line in compose(mail).decode("ascii").splitlines() if line.startswith("--"))
    quoting = parsed(compose(an_invitation(mail.id, text=marks, html=marks)))
    assert len(marks.splitlines()) == 7
    assert (part(quoting, "text/plain"), part(quoting, "text/html")) == (as_sent(marks), as_sent(marks))
    kinds = [one.get_content_type() for one in quoting.walk() if not one.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar", "application/ics"]


def test_no_boundary_begins_with_another() -> None:
    outer, inner = re.findall(rb'boundary="([^"]+)"', compose(an_invitation()))
    assert not inner.startswith(outer)
    assert not outer.startswith(inner)
