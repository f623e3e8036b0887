"""Public holidays by country or region, as the `holidays` library knows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from services.booking.domain.errors import Message, invalid

_EPOCH_DAY = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=512)
def public_holidays(region: str, year: int) -> frozenset[int]:
    """The public holidays of a year, in days since 1970-01-01, with those that stand in for one on a weekend.

    `region` is a country ("DE") or a part of one ("DE-BE"); "" has none.

    >>> date(2026, 3, 8).toordinal() - date(1970, 1, 1).toordinal() in public_holidays("DE-BE", 2026)
    True
    """
    if not region:
        return frozenset()
    # It brings all countries of the world along, and most installations' processes never ask.
    from holidays import country_holidays

    country, _, part = region.partition("-")
    found = country_holidays(country, subdiv=part or None, years=year)
    return frozenset(day.toordinal() - _EPOCH_DAY for day in found)


def is_business_day(region: str, day: int) -> bool:
    """Whether a date, in days since 1970-01-01, is a Monday to Friday and no public holiday of the region."""
    # 1970-01-01 was a Thursday.
    return (day + 3) % 7 < 5 and day not in public_holidays(region, date.fromordinal(day + _EPOCH_DAY).year)


def next_holidays(region: str, first: date, count: int, language: str = "en") -> list[tuple[date, str]]:
    """The next public holidays of a region from a date on, with their names, in the reader's language if known.

    Within three years, so possibly fewer than `count`.

    >>> next_holidays("DE-BE", date(2026, 12, 20), 1)
    [(datetime.date(2026, 12, 25), 'Christmas Day')]
    """
    if not region:
        return []
    named = _named(region, (first.year, first.year + 1, first.year + 2), language)
    return sorted((day, name) for day, name in named.items() if day >= first)[:count]


def holiday_name(region: str, day: date, language: str = "en") -> str:
    """What is celebrated on a date; "" when it is no public holiday of the region."""
    return _named(region, (day.year,), language).get(day, "") if region else ""


def part_name(region: str) -> str:
    """What a part of a country is called there; "" for a whole one.

    >>> part_name("DE-BE"), part_name("DE")
    ('Berlin', '')
    """
    import holidays

    country, _, part = region.partition("-")
    aliases = getattr(getattr(holidays, country), "subdivisions_aliases", {})
    return next((name for name, code in aliases.items() if code == part), part)


def known_region(name: str, field: str = "holidays") -> str:
    """The name itself when it is a country or a part of one whose public holidays are known, or "".

    Raises `InvalidInput` for anything else.
    """
    if not name or name in regions():
        return name
    message = Message("“%(name)s” is not a country whose public holidays are known.", {"name": name[:40]})
    fix = Message("Give the two letters of a country, for example DE, or of one of its parts, for example DE-BE.")
    raise invalid(field, message, fix)


def _named(region: str, years: Sequence[int], language: str) -> dict[date, str]:
    from holidays import country_holidays

    country, _, part = region.partition("-")
    spoken = country_holidays(country, subdiv=part or None).supported_languages
    # Without one that is named, the library asks for the language of the server.
    wanted = next((one for one in (*spoken, "en_US") if one.partition("_")[0] == language), "en_US")
    found = country_holidays(country, subdiv=part or None, years=years, language=wanted if wanted in spoken else None)
    return dict(found.items())


@lru_cache(maxsize=1)
def regions() -> frozenset[str]:
    """All countries and their parts, as they are named here."""
    from holidays import list_supported_countries

    supported = list_supported_countries(include_aliases=False).items()
    return frozenset(name for country, parts in supported for name in (country, *(f"{country}-{p}" for p in parts)))
