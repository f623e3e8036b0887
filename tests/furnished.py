"""The fixture `house` for folders with many tests: furnishing costs a third of a second, a copy a tenth of that.

The advisor also has an account here. A `conftest.py` imports the fixtures it wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from services.booking.usecases.set_up import open_console
from shared.clock import FixedClock
from shared.security import fingerprint, new_token
from tests.installation import START, Cluster, Installation

NORA, PASSWORD = "nora@advisor.test", "a-first-password-of-tests"


@pytest.fixture(scope="session")
def furnished(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database that holds a furnished installation. Nobody is connected to it."""
    made = Installation.on(cluster, tmp_path_factory.mktemp("furnished"))
    made.furnish()
    with made.booking.sessions.begin() as session:
        open_console(session, NORA, PASSWORD, now=START)
    made.leave()
    return made.url.rpartition("/")[2]


@pytest.fixture
def house(cluster: Cluster, furnished: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation with an advisor, call types, weekly hours and a published article."""
    yield from _copy(cluster, furnished, tmp_path)


@pytest.fixture(scope="module")
def quiet_house(cluster: Cluster, furnished: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One furnished installation for all tests of a file that only read it, or are refused."""
    yield from _copy(cluster, furnished, tmp_path_factory.mktemp("house"))


def signed_in(house: Installation) -> FlaskClient:
    """The advisor's browser, signed in. Without the password: hashing it takes longer than all the rest of a test."""
    browser, cookie = house.browser(), new_token()
    house.run(
        "INSERT INTO access.session (fingerprint, account_id, created_at, expires_at)"
        " SELECT :print, id, now(), now() + interval '1 hour' FROM access.account",
        print=fingerprint(cookie),
    )
    browser.set_cookie("console", cookie, path="/console")
    return browser


def _copy(cluster: Cluster, furnished: str, folder: Path) -> Iterator[Installation]:
    made = Installation(cluster, cluster.new_database(furnished), folder, FixedClock(START))
    yield made
    made.close()
