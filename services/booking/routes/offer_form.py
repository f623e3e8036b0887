"""The console's form of a call type: what it shows, and what was sent, as `domain.offers` reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from unicodedata import normalize

from sqlalchemy.orm import Session

from services.booking.domain.offers import FIELDS
from services.booking.domain.questions import MOST_QUESTIONS
from services.booking.models import CallType
from services.booking.usecases.offers import schedule_name

TICKED = ("pending_blocks", "verify_email", "no_show_follow_up", "active")
# What a new call type is shown with; the columns have the same defaults.
USUAL = {
    "minutes": "30",
    "interval_minutes": "30",
    "buffer_before_minutes": "0",
    "buffer_after_minutes": "0",
    "notice_minutes": "720",
    "horizon_kind": "days",
    "horizon_days": "60",
    "move_notice_minutes": "720",
    "cancel_notice_minutes": "120",
    "seats": "1",
    "confirmation": "none",
    "location_kind": "video",
    "access": "public",
    "reminder_minutes": "60, 1440",
    "follow_up_minutes": "60",
    "pending_blocks": "yes",
    "no_show_follow_up": "yes",
    "active": "yes",
}
# Rows for new questions below those that are there.
SPARE_ROWS = 2

KINDS_IN_WORDS = {
    "text": "a line",
    "long_text": "a longer text",
    "choice": "one of several",
    "several": "any of several",
    "number": "a number",
    "phone": "a telephone number",
    "url": "an address on the web",
    "yes_no": "yes or no",
    "hidden": "only filled from the address",
}


def given_of(form: Mapping[str, str]) -> dict[str, object]:
    """What was sent, by the names of `FIELDS`. A box that is not ticked is a no; a question without words is none."""
    given: dict[str, object] = {name: form[name] for name in FIELDS if name in form and name not in TICKED}
    given |= {name: "yes" if form.get(name) else "no" for name in TICKED}
    # A new one need not say where it stands.
    given = {name: value for name, value in given.items() if value or name not in ("way", "position")}
    if "schedule" in form:
        given["schedule"] = form["schedule"]
    rows = [_question(form, f"q{at}_") for at in range(MOST_QUESTIONS + SPARE_ROWS)]
    given["questions"] = [row for row in rows if row["label"]]
    return given


def filled(session: Session, call_type: CallType | None) -> dict[str, str]:
    """The values of the form for a call type, or for a new one."""
    if call_type is None:
        return dict(USUAL)
    values = {name: _text(getattr(call_type, name)) for name in FIELDS if name != "questions"}
    values["schedule"] = schedule_name(session, call_type) or ""
    for at, question in enumerate(call_type.questions):
        values |= {f"q{at}_{name}": _text(question.get(name)) for name in ("key", "label", "kind", "hint", "required")}
        values[f"q{at}_choices"] = "\n".join(_choice(choice) for choice in question.get("choices") or ())
    return values


def question_rows(values: Mapping[str, str]) -> int:
    """How many rows of questions the form has: those that are there, and a few more."""
    there = [at for at in range(MOST_QUESTIONS) if values.get(f"q{at}_label")]
    return min((there[-1] + 1 if there else 0) + SPARE_ROWS, MOST_QUESTIONS)


def _question(form: Mapping[str, str], row: str) -> dict[str, object]:
    label = form.get(f"{row}label", "").strip()
    kind = form.get(f"{row}kind") or "text"
    lines = [line.strip() for line in form.get(f"{row}choices", "").splitlines() if line.strip()]
    return {
        "key": form.get(f"{row}key", "").strip() or _key(label),
        "label": label,
        "kind": kind,
        "hint": form.get(f"{row}hint", ""),
        "required": bool(form.get(f"{row}required")),
        "choices": [_choice_of(line) for line in lines] if kind in ("choice", "several") else [],
    }


def _choice_of(line: str) -> dict[str, str]:
    """`key = Words` or just the words, which are then the key as well."""
    key, equals, label = line.partition(" = ")
    return {"key": key, "label": label} if equals else {"key": line, "label": line}


def _choice(choice: Mapping[str, str]) -> str:
    return choice["label"] if choice["key"] == choice["label"] else f"{choice['key']} = {choice['label']}"


def _key(label: str) -> str:
    """A key out of a question's words, for whoever does not care what it is called in addresses.

    >>> _key("How many people?")
    'how_many_people'
    """
    plain = normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "_", plain).strip("_")[:40] or "question"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)
