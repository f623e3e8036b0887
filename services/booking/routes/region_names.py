"""Countries and their parts by name, for choosing whose public holidays are closed."""

from __future__ import annotations

from functools import lru_cache

from services.booking.domain.public_holidays import part_name, regions
from shared.i18n import locale_of


@lru_cache(maxsize=8)
def regions_by_name(language: str) -> list[tuple[str, str]]:
    """All regions with their names, in the order of the names: ("DE-BE", "Germany, Berlin")."""
    return sorted(((code, region_name(code, language)) for code in regions()), key=lambda one: one[1])


def region_name(code: str, language: str) -> str:
    """A region as people call it.

    >>> region_name("DE-BE", "en"), region_name("AT", "en")
    ('Germany, Berlin', 'Austria')
    """
    country = code.partition("-")[0]
    name = locale_of(language).territories.get(country, country)
    part = part_name(code)
    return f"{name}, {part}" if part else name
