"""Text as it comes from disks and browsers, made plain: one kind of line end, one kind of space, nothing invisible."""

from __future__ import annotations

import re

from services.nurture.domain.errors import ArticleTooLong, NotText

MOST_CHARACTERS = 300_000
MOST_OF_A_PAGE = 3_000_000

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Control characters, zero-width ones, and those that turn the direction of what follows: a letter must not be able to
# hide or reorder words. The joiners U+200C and U+200D stay, because Persian, Hindi and emoji need them.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]"
)
_STRANGE = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def clean_text(source: str, *, most: int = MOST_CHARACTERS) -> str:
    """The text with `\\n` line ends, plain spaces and no invisible characters.

    Raises ArticleTooLong, and NotText when so much of it is control characters that it cannot have been text.
    """
    if len(source) > most:
        raise ArticleTooLong(characters=len(source), most=most)
    strange = len(_STRANGE.findall(source))
    if strange * 10 > len(source) and source.strip("\x00 \r\n\t"):
        raise NotText
    plain = _SPACES.sub(" ", _LINE_ENDS.sub("\n", source))
    return _SURROGATES.sub("", _INVISIBLE.sub("", plain))


def one_line(text: str) -> str:
    """White space of any kind as single spaces."""
    return " ".join(text.split())
