"""The real thing: the launcher and all its processes, in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flow.running import Running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Firstcall as `./run` starts it, by the time of day."""
    house = Running(tmp_path_factory.mktemp("run"))
    house.start()
    yield house
    house.stop()


@pytest.fixture(scope="module")
def sped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Firstcall as `./run --speed 200000` starts it: a day passes in half a second."""
    house = Running(tmp_path_factory.mktemp("sped"), "--speed", "200000")
    house.start()
    yield house
    house.stop()
