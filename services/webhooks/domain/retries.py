"""When a delivery is tried again, and when it is over. Pure: chance and time are arguments.

The schedule is the one that Standard Webhooks gives as an example: ten attempts over 75 hours and a half.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from services.webhooks.domain.deliveries import Attempt, Outcome

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# The pause before the second attempt, the third, and so on.
PAUSES_S = (5, 5 * _MINUTE, 30 * _MINUTE, *(hours * _HOUR for hours in (2, 5, 10, 14, 20, 24)))
MOST_ATTEMPTS = len(PAUSES_S) + 1
# These say "slow down", so even a first retry waits a minute.
_THROTTLED = {429, 502, 503, 504}


class Fate(StrEnum):
    """What becomes of a delivery after an attempt."""

    DELIVERED = "delivered"
    AGAIN = "again"
    FAILED = "failed"
    # 410: nobody is there any more and nobody will be. The endpoint is to be disabled with it.
    GONE = "gone"


@dataclass(frozen=True)
class Verdict:
    """The fate of a delivery; `wait_s` is there when it is tried again."""

    fate: Fate
    wait_s: float | None = None


def decide(attempt: Attempt, *, number: int, jitter: float, now: datetime) -> Verdict:
    """The verdict after attempt `number` (the first is 1). `jitter` is random in 0..1, `now` machine time.

    Only 2xx is success; a redirect is a failure, because following it would send the event where nobody asked for it.
    """
    if attempt.status is not None and 200 <= attempt.status < 300:
        return Verdict(Fate.DELIVERED)
    if attempt.status == 410:
        return Verdict(Fate.GONE)
    if number >= MOST_ATTEMPTS:
        return Verdict(Fate.FAILED)
    return Verdict(Fate.AGAIN, _wait_s(attempt, PAUSES_S[number - 1], jitter, now))


def retry_after_s(text: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110 §10.2.3: a number or a date), at most a day.

    >>> retry_after_s("120", datetime(2026, 11, 2, tzinfo=UTC))
    120.0
    >>> retry_after_s("Mon, 02 Nov 2026 00:01:00 GMT", datetime(2026, 11, 2, tzinfo=UTC))
    60.0
    """
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), _DAY)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), _DAY)


def _wait_s(attempt: Attempt, pause_s: float, jitter: float, now: datetime) -> float:
    """The pause with a fifth more or less, but never sooner than the endpoint asked for.

    What was asked for is only stretched: everybody who was told the same minute must not come back in the same second.
    """
    spread = pause_s * (0.8 + 0.4 * jitter)
    slow = attempt.status in _THROTTLED or attempt.outcome is Outcome.AMBIGUOUS
    asked = retry_after_s(attempt.retry_after, now) or 0.0
    least = max(asked, _MINUTE if slow else 0.0)
    return max(spread, least * (1 + 0.2 * jitter))
