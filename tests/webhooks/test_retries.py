"""When a delivery is tried again (webhooks.md §1 and §7; S15)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhooks.domain.deliveries import Attempt, Outcome
from services.webhooks.domain.retries import MOST_ATTEMPTS, PAUSES_S, Fate, Verdict, decide, retry_after_s

_NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def answered(status: int, retry_after: str = "") -> Attempt:
    return Attempt(Outcome.ANSWERED, status=status, retry_after=retry_after)


def wait_s(attempt: Attempt, *, number: int = 1, jitter: float = 0.5) -> float:
    verdict = decide(attempt, number=number, jitter=jitter, now=_NOW)
    assert verdict.fate is Fate.AGAIN
    assert verdict.wait_s is not None
    return verdict.wait_s


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_only_2xx_is_delivered(status: int) -> None:
    assert decide(answered(status), number=1, jitter=0.5, now=_NOW) == Verdict(Fate.DELIVERED)


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 503, 599])
def test_everything_else_that_answers_is_tried_again(status: int) -> None:
    assert decide(answered(status), number=1, jitter=0.5, now=_NOW).fate is Fate.AGAIN


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.AMBIGUOUS, Outcome.BLOCKED])
def test_an_attempt_without_an_answer_is_tried_again(outcome: Outcome) -> None:
    assert decide(Attempt(outcome), number=1, jitter=0.5, now=_NOW).fate is Fate.AGAIN


def test_410_is_the_end_of_the_endpoint_even_at_the_first_attempt() -> None:
    assert decide(answered(410), number=1, jitter=0.5, now=_NOW) == Verdict(Fate.GONE)


def test_the_schedule_is_ten_attempts_over_75_hours_and_a_half() -> None:
    waits = [wait_s(answered(500), number=number) for number in range(1, MOST_ATTEMPTS)]
    assert waits == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert timedelta(seconds=sum(waits)) == timedelta(hours=75, minutes=35, seconds=5)
    assert decide(answered(500), number=10, jitter=0.5, now=_NOW) == Verdict(Fate.FAILED)


@given(st.integers(1, MOST_ATTEMPTS - 1), st.floats(0, 1))
def test_the_pause_is_a_fifth_more_or_less(number: int, jitter: float) -> None:
    pause = PAUSES_S[number - 1]
    assert 0.8 * pause - 1e-6 <= wait_s(answered(500), number=number, jitter=jitter) <= 1.2 * pause + 1e-6


def test_ten_thousand_failures_at_once_do_not_come_back_at_once() -> None:
    chance = random.Random(7)
    seconds = Counter(int(wait_s(answered(500), number=2, jitter=chance.random())) for _ in range(10_000))
    assert max(seconds.values()) < 0.05 * 10_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("999999", 86_400),
        (format_datetime(_NOW + timedelta(minutes=3), usegmt=True), 180),
        (format_datetime(_NOW - timedelta(minutes=3), usegmt=True), 0),
        (format_datetime(_NOW + timedelta(days=900), usegmt=True), 86_400),
        ("Mon, 02 Nov 2026 09:01:00 -0000", 60),
        *[(junk, None) for junk in ("", "soon", "-5", "1.5", "１２", "9" * 50, "Mon, 99 Nov 2026 00:00:00 GMT")],
    ],
)
def test_retry_after_is_a_number_or_a_date_and_at_most_a_day(text: str, seconds: float | None) -> None:
    assert retry_after_s(text, _NOW) == seconds


def test_nobody_comes_back_sooner_than_the_endpoint_asked_and_not_all_at_once() -> None:
    waits = [wait_s(answered(503, "3600"), jitter=jitter) for jitter in (0, 0.5, 1)]
    assert waits == pytest.approx([3600, 3960, 4320])


def test_a_shorter_retry_after_does_not_hurry_the_schedule() -> None:
    assert wait_s(answered(503, "1"), number=3) == 1800


@pytest.mark.parametrize("attempt", [*map(answered, (429, 502, 503, 504)), Attempt(Outcome.AMBIGUOUS)])
def test_an_endpoint_that_is_overwhelmed_gets_a_minute(attempt: Attempt) -> None:
    assert wait_s(attempt, number=1, jitter=0) == 60
