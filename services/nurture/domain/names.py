"""Names that people gave, made fit for a sentence, or left out when they are not."""

from __future__ import annotations

import re
import unicodedata

from services.nurture.domain.sentences import word_set


def first_name(name: str) -> str:
    """The name to greet somebody by, or nothing when what they gave cannot be one.

    >>> first_name("ana maria silva"), first_name("Silva, Ana"), first_name("Dr. Li Wei"), first_name("<script>{{")
    ('Ana', 'Ana', 'Li', '')
    """
    given = name.partition(",")[2] if "," in name.strip(", ") else name
    words = [word for word in _visible(given).split() if word.rstrip(".").lower() not in _TITLES]
    first = words[0] if words else ""
    if not _NAME.fullmatch(first) or not 2 <= len(first) <= 24:
        return ""
    return first.capitalize() if first.islower() else first


def company_name(text: str) -> str:
    """A company's name that can stand in a sentence, or nothing: one line, not too long, no markup."""
    shown = _visible(text)
    return shown if 2 <= len(shown) <= 60 and not re.search(r"[<>{}\\|@%]|://", shown) else ""


def _visible(text: str) -> str:
    """Without control and direction characters, white space as single spaces."""
    kept = "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") or c in "\u200c\u200d" else " " for c in text
    )
    return " ".join(kept.split())


_TITLES = word_set("mr mrs ms miss mx dr prof herr frau mme m sr sra ing")
# Letters of any script with marks inside; hyphens and apostrophes between them.
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0590-\u05c7\u064b-\u065f\u0900-\u0dff'’\u200c\u200d-])*")
