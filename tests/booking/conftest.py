"""What booking's tests share beside the fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installation import Cluster, Installation


@pytest.fixture(scope="module")
def quiet_house(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One furnished installation for all tests of a file that only read it, or are refused."""
    made = Installation.on(cluster, tmp_path_factory.mktemp("house"))
    made.furnish()
    yield made
    made.close()
