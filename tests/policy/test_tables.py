"""Tables: what migrations make is what the models say, and the comparison would notice if it were not."""

from __future__ import annotations

import pytest

from deploy.migrate import HISTORIES, difference
from tests.installation import Installation
from tests.policy.sources import ROOT


def test_migrations_and_models_agree(installation: Installation) -> None:
    assert difference(installation.owner) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE booking.message DROP COLUMN provider_id",
        "ALTER TABLE access.account DROP COLUMN must_change",
        "ALTER TABLE nurture.lead ADD COLUMN mood text",
        "ALTER TABLE nurture.lead ALTER COLUMN company DROP NOT NULL",
        "ALTER TABLE webhooks.endpoint ALTER COLUMN url TYPE varchar(100)",
        "DROP INDEX booking.message_due_idx",
        "ALTER TABLE nurture.message DROP CONSTRAINT message_dedupe_key_key",
        "CREATE TABLE webhooks.forgotten (id int)",
    ],
)
def test_a_difference_is_found(installation: Installation, change: str) -> None:
    installation.run(change)
    assert len(difference(installation.owner)) >= 1


def test_every_history_lies_where_it_is_looked_for() -> None:
    assert set(HISTORIES) == {"system", "booking", "nurture", "webhooks"}
    assert next(iter(HISTORIES)) == "system", "all others lean on it"
    for folder in HISTORIES.values():
        names = sorted(path.name for path in folder.glob("[0-9]*.py"))
        assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]


def test_no_migration_imports_a_model() -> None:
    for folder in HISTORIES.values():
        for path in folder.glob("*.py"):
            source = path.read_text(encoding="utf-8")
            assert "from services" not in source, path
            assert "from shared" not in source, path
            assert path.is_relative_to(ROOT)
