"""The zone database this process computes with: the pinned one, or it does not start.

A system's copy is often old (Debian 12: 2025b, an hour wrong for Vancouver from 2026 on), and zoneinfo prefers it.
`PYTHONTZPATH=""` makes it read the pinned `tzdata` package; this checks that it does.
"""

from __future__ import annotations

import re
import zoneinfo

import tzdata  # type: ignore[import-untyped]  # it ships no types

MINIMUM = "2026f"


class StaleZones(Exception):
    """Zones would be read from elsewhere than the pinned package, or the package is too old. Says what to do."""


def require_tzdata(minimum: str = MINIMUM) -> None:
    """Raise `StaleZones` unless zones come from the `tzdata` package, of release `minimum` or later."""
    if zoneinfo.TZPATH:
        raise StaleZones(
            f"Time zones would be read from {', '.join(zoneinfo.TZPATH)}, which may be out of date."
            ' Set PYTHONTZPATH="" so that the pinned tzdata package is used.'
        )
    if _order(tzdata_version()) < _order(minimum):
        raise StaleZones(f"The tzdata package is {tzdata_version()}; {minimum} or later is needed. Install it anew.")


def tzdata_version() -> str:
    """The release of the pinned database, such as 2026f. Kept with every call that is planned by it."""
    version: str = tzdata.IANA_VERSION
    return version


def _order(release: str) -> tuple[int, int, str]:
    """Releases in their order. After z comes za, so the longer letters are the later ones.

    >>> _order("2026f") < _order("2026za") < _order("2027a")
    True
    """
    if not (parts := re.fullmatch(r"(\d{4})([a-z]*)", release)):
        raise ValueError(f"{release} is not a tzdata release like {MINIMUM}")
    return int(parts[1]), len(parts[2]), parts[2]
