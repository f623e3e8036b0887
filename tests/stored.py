"""What is stored, as one value that changes with any row: to show that a refusal wrote nothing."""

from __future__ import annotations

from typing import Any

from tests.installation import Installation

_TABLES = """
    SELECT schemaname || '.' || tablename FROM pg_tables
    WHERE schemaname IN ('booking', 'access', 'nurture', 'webhooks') AND tablename <> 'alembic_version' ORDER BY 1
"""
# Of each table the number of its rows and a sum over their contents, so that a changed row shows as well as a new one.
_OF_TABLE = "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {0} t"


def stored(house: Installation) -> list[tuple[Any, ...]]:
    """All tables with their counts and contents. Rate limits are no part of it: a refused request counts too."""
    tables = [name for (name,) in house.rows(_TABLES)]
    return [tuple(row) for row in house.rows(" UNION ALL ".join(_OF_TABLE.format(name) for name in tables))]
