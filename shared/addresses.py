"""E-mail addresses: what is accepted, how it is written for mail, and by what key a person is known.

No DNS is asked: an address is judged by its form. Logs mask addresses by themselves (`shared.logging`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

# RFC 5321 §4.5.3.1.3: a path of 256 octets with its angle brackets.
_LONGEST = 254
# RFC 5322 §3.4: a display name, perhaps quoted, and the address in angle brackets.
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_QUOTED = re.compile(r'"(?P<words>[^"]*)"')


class BadAddress(ValueError):
    """Mail cannot be sent to this. The text is the reason, in English; it may quote single letters."""


@dataclass(frozen=True)
class EmailAddress:
    """An address that mail can be sent to.

    `mailbox` is for envelopes and headers: as it was given, the domain in lower case and its ASCII form. `key` is for
    comparing: the same person, however they wrote it.
    """

    mailbox: str
    key: str


@lru_cache(maxsize=256)
def parse_address(text: str) -> EmailAddress:
    """Read one bare address. White space around it is left out.

    Refused, with `BadAddress`: display names, quoted or non-ASCII local parts (mail to them needs SMTPUTF8, which many
    servers lack), addresses of a machine, names that never leave a network (`.local`, `.invalid`).

    >>> parse_address(" Ana.Lima@Bücher.example ")
    EmailAddress(mailbox='Ana.Lima@xn--bcher-kva.example', key='ana.lima@xn--bcher-kva.example')
    """
    trimmed = text.strip()
    if len(trimmed) > _LONGEST:
        raise BadAddress(f"An address has at most {_LONGEST} characters.")
    try:
        # `test_environment` lets .test through, so that an installation can be tried out without a real domain.
        found = validate_email(
            trimmed, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from None
    if found.ascii_email is None:
        raise BadAddress("The part before the @-sign has letters that mail cannot carry everywhere.")
    return EmailAddress(found.ascii_email, found.ascii_email.lower())


def parse_mailbox(text: str) -> tuple[str, EmailAddress]:
    """Read an address that may have a name before it, as mail programs copy it; the name is "" without one.

    Raises `BadAddress` as `parse_address` does. The name is as it was written: whoever keeps it cleans it.

    >>> parse_mailbox('"Guest, Gil" <gil@example.org>')
    ('Guest, Gil', EmailAddress(mailbox='gil@example.org', key='gil@example.org'))
    >>> parse_mailbox("gil@example.org")[0]
    ''
    """
    found = _NAMED.fullmatch(text.strip())
    if found is None:
        return "", parse_address(text)
    name = found["name"].strip()
    quoted = _QUOTED.fullmatch(name)
    return (quoted["words"] if quoted else name), parse_address(found["address"])


def person_key(text: str) -> str:
    """The key of the person who has this address (architecture §8). Dots and plus signs make a difference.

    Raises `BadAddress`.

    >>> person_key("Ana.Lima+calls@Example.ORG")
    'ana.lima+calls@example.org'
    """
    return parse_address(text).key
