"""The one shape of work that leaves the process: what is committed when, and what a death leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.drain import GROUP, drain
from tests.installation import Installation


class Died(BaseException):
    """The process ends here."""


@dataclass
class Works:
    """Numbers as work: claimed a batch at a time, and a table that tells what was committed."""

    installation: Installation
    batches: list[list[int]]
    dropped: set[int] = field(default_factory=set)
    dies_at: int | None = None
    groups: list[list[int]] = field(default_factory=list)
    open_while_acting: int = 0

    def run(self) -> int:
        self.installation.run("CREATE TABLE IF NOT EXISTS booking.step (what text, item int)")
        self.installation.run("GRANT ALL ON booking.step TO firstcall_booking")
        return drain(
            self.installation.booking.sessions,
            claim=self.claim,
            begin=self.begin,
            act=self.act,
            record=self.record,
        )

    def claim(self, session: Session) -> Sequence[int]:
        return self._note(session, "claimed", self.batches.pop(0) if self.batches else [])

    def begin(self, session: Session, items: Sequence[int]) -> Sequence[int]:
        return self._note(session, "begun", [item for item in items if item not in self.dropped])

    def act(self, items: Sequence[int]) -> Iterable[tuple[int, str]]:
        self.groups.append(list(items))
        assert {item for (item,) in self.steps("begun")} >= set(items), "the point of no return is committed"
        for item in items:
            if item == self.dies_at:
                raise Died
            yield item, "done"

    def record(self, session: Session, item: int, result: str) -> None:
        self._note(session, result, [item])

    def steps(self, what: str) -> list[tuple[int]]:
        rows = self.installation.rows("SELECT item FROM booking.step WHERE what = :what ORDER BY item", what=what)
        return [(row.item,) for row in rows]

    def _note(self, session: Session, what: str, items: Sequence[int]) -> Sequence[int]:
        for item in items:
            session.execute(text("INSERT INTO booking.step VALUES (:what, :item)"), {"what": what, "item": item})
        return items


def test_every_batch_is_worked_off_in_small_groups(installation: Installation) -> None:
    works = Works(installation, [list(range(GROUP + 5)), [100]])
    assert works.run() == GROUP + 6
    assert [len(group) for group in works.groups] == [GROUP, 5, 1]
    assert works.steps("done") == works.steps("claimed") == works.steps("begun")


def test_what_was_stopped_since_its_claim_is_not_acted_on(installation: Installation) -> None:
    works = Works(installation, [[1, 2, 3], [4]], dropped={2, 4})
    assert works.run() == 2
    assert works.groups == [[1, 3]]


def test_nothing_to_do_is_no_work(installation: Installation) -> None:
    assert Works(installation, []).run() == 0


def test_a_death_keeps_what_is_known_and_leaves_only_its_group_unknown(installation: Installation) -> None:
    works = Works(installation, [list(range(GROUP * 3))], dies_at=GROUP + 2)
    with pytest.raises(Died):
        works.run()
    assert works.steps("begun") == [(item,) for item in range(GROUP * 2)]
    assert works.steps("done") == [(item,) for item in range(GROUP + 2)]
