"""What every test can ask for: a real PostgreSQL per run, a fresh database per test, the three services on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("PYTHONTZPATH", "")

from tests.installation import Cluster, Installation, start_cluster

# How long an example takes says how busy the machine is; nothing here is a timed test.
settings.register_profile("firstcall", deadline=None)
settings.load_profile("firstcall")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One PostgreSQL for the run, with a migrated template database. fsync is off: crash tests start their own."""
    running = start_cluster(tmp_path_factory.mktemp("postgres"))
    yield running
    running.stop()


@pytest.fixture
def installation(cluster: Cluster, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation: the three services on a database of their own, nothing seeded, time standing still."""
    made = Installation.on(cluster, tmp_path)
    yield made
    made.close()


@pytest.fixture
def house(installation: Installation) -> Installation:
    """An installation with an advisor, call types, weekly hours and a published article."""
    installation.furnish()
    return installation
