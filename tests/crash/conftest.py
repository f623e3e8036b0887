"""Servers that survive what the crash tests do to their clients: PostgreSQL with fsync on, Valkey, an SMTP sink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.factory import Factory
from tests.fakes.smtp_sink import SmtpSink


@pytest.fixture
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Factory]:
    """Nurture with five hundred letters due, and nobody working yet."""
    with SmtpSink() as sink:
        made = Factory(tmp_path_factory.mktemp("crash"), sink)
        yield made
        made.close()
