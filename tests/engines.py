"""Engines that tests use one after the other, each for a database of its own.

A statement is compiled once an engine, and a test that books a call asks some forty of them. Compiling them anew for
every test is work for nothing: what differs between two tests is only the name of the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event, make_url

from shared.db import engine_for

_idle: dict[tuple[str, int], list[Lent]] = {}


@dataclass
class Lent:
    """An engine, and the database that its connections lead to at present."""

    engine: Engine
    database: str
    key: tuple[str, int]

    def give_back(self) -> None:
        """Close its connections, and let the next test have it. What listens to it is the lender's to take off."""
        self.engine.dispose()
        _idle.setdefault(self.key, []).append(self)


def lend(url: str, *, pool_size: int) -> Lent:
    """An engine to this address, with whatever it has compiled before."""
    address = make_url(url)
    key = (address.set(database="").render_as_string(hide_password=False), pool_size)
    if idle := _idle.get(key):
        lent = idle.pop()
        lent.database = str(address.database)
        return lent
    return _made(url, str(address.database), key)


def _made(url: str, database: str, key: tuple[str, int]) -> Lent:
    lent = Lent(engine_for(url, pool_size=key[1]), database, key)

    @event.listens_for(lent.engine, "do_connect")
    def lead_elsewhere(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
        parameters["dbname"] = lent.database

    return lent
