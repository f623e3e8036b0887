"""Countries and their parts by name, for choosing whose public holidays are closed."""

from __future__ import annotations

from functools import lru_cache

from services.booking.domain.public_holidays import part_name, regions
from shared.i18n import locale_of


@lru_cache(maxsize=64)
def regions_by_name(country: str, language: str) -> list[tuple[str, str]]:
    """All countries and the parts of one of them, with their names and in the order of these.

    All parts of the world would be four times as long a list, of which nobody needs more than one country's.
    """
    shown = (code for code in regions() if "-" not in code or code.partition("-")[0] == country)
    return sorted(((code, region_name(code, language)) for code in shown), key=lambda one: one[1])


def region_name(code: str, language: str) -> str:
    """A region as people call it.

    >>> region_name("DE-BE", "en"), region_name("AT", "en")
    ('Germany, Berlin', 'Austria')
    """
    country = code.partition("-")[0]
    name = locale_of(language).territories.get(country, country)
    part = part_name(code)
    return f"{name}, {part}" if part else name
