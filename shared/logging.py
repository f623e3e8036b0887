"""Logs: one JSON object a line, with the request's or event's id, and no address in clear.

Addresses are masked by the formatter, not by whoever logs: a line cannot forget to.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")
event_id: ContextVar[str] = ContextVar("event_id", default="")

# Local part and domain as they occur in running text; the first letter stays, so that a person can be told apart.
# `\w` has the letters of every script: an address that we refuse is still somebody's.
# Every part is bounded (RFC 5321 §4.5.3.1), or a long line without an @ would cost the square of its length.
_LOCAL = r"([\w!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]{0,63}"
_ADDRESS = re.compile(_LOCAL + r"@([\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.\w{2,24})")
# Tokens of pages (`/call/…`, `/u/…`), of invitations, private links and programs open doors, so they are cut as well.
_PAGES = "bookings|calendar|call|preferences|sent|times|u|verify"
_TOKEN = re.compile(rf"(/(?:{_PAGES})/|\b(?:invitation|link)=|\bfc_)[A-Za-z0-9_-]{{6,}}")
_PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure_logging(level: str) -> None:
    """Send every log of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("celery.app.trace").setLevel("WARNING")
    logging.getLogger("celery.beat").setLevel("WARNING")
    logging.getLogger("celery.worker.strategy").setLevel("WARNING")


class JsonLines(logging.Formatter):
    """One record as one line of JSON. What was given as `extra` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _PLAIN},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        ids = {"request": request_id.get(), "event": event_id.get()}
        line |= {key: value for key, value in ids.items() if value}
        return json.dumps(_masked(line), ensure_ascii=False)


def _masked(value: object) -> object:
    """The value with every text in it masked: before it is JSON, whose escapes would be cut in two."""
    match value:
        case dict():
            return {mask(str(key)): _masked(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(one) for one in value]
        case None | bool() | int():
            return value
        case _:
            return mask(str(value))


def mask(text: str) -> str:
    """The text without addresses and page tokens.

    >>> mask("to ana.lima@example.org")
    'to a***@example.org'
    >>> mask("GET /call/k3J9dQw8s7")
    'GET /call/***'
    """
    return _TOKEN.sub(r"\1***", _ADDRESS.sub(r"\1***@\2", text))
