"""The start check of the zone database."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.tz import StaleZones, require_tzdata, tzdata_version


@pytest.fixture(autouse=True)
def pinned() -> Iterator[None]:
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    yield
    zoneinfo.reset_tzpath(to=before)


def test_the_pinned_database_is_enough() -> None:
    require_tzdata()
    require_tzdata(tzdata_version())


def test_a_path_to_the_systems_copy_is_refused_and_says_what_to_set(tmp_path: Path) -> None:
    zoneinfo.reset_tzpath(to=(str(tmp_path),))
    with pytest.raises(StaleZones, match='PYTHONTZPATH=""'):
        require_tzdata()


@pytest.mark.parametrize("later", ["2099a", "2098zz"])
def test_an_older_package_than_asked_for_is_refused(later: str) -> None:
    with pytest.raises(StaleZones, match=f"{later} or later"):
        require_tzdata(later)


def test_a_release_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="is not a tzdata release"):
        require_tzdata("2026.6")
