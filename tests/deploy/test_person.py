"""`./run person`: everything of somebody in a file, and forgetting them, with nobody else at work."""

from __future__ import annotations

import io
import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from deploy.commands_of_people import person
from deploy.doctor import overdue
from deploy.person import main
from services.booking.usecases.book import book_call
from shared.clock import begin_sped, machine_now
from shared.settings import Keep
from tests.builders import a_booking
from tests.furnished import furnished, house
from tests.installation import START, Installation
from tests.record.people import ANA, TUESDAY, meet, traces
from tests.stored import stored

__all__ = ["furnished", "house"]


def asked(house: Installation, email: str = ANA, cwd: Path = Path(), **changes: Any) -> int:
    """The command's answer, at the product time of the test."""
    with house.owner.begin() as connection:
        begin_sped(connection, speed=1, at=house.clock.now())
    given = {"export": None, "erase": False, "yes": False, "cancel_calls": False}
    return main(house.settings, Namespace(email=email, **(given | changes)), cwd=cwd)


def test_without_a_wish_it_says_how_much_there_is(house: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    meet(house)
    assert asked(house) == 0
    said = capsys.readouterr().out
    assert "booking: asks: 2, calls: 1" in said
    assert "nurture: lead: 1" in said


def test_the_export_is_one_file_for_the_owner_alone(house: Installation, tmp_path: Path) -> None:
    meet(house)
    assert asked(house, cwd=tmp_path, export="ana.json") == 0
    written = json.loads((tmp_path / "ana.json").read_text(encoding="utf-8"))
    assert [one["service"] for one in written["services"]] == ["booking", "nurture", "webhooks"]
    assert (tmp_path / "ana.json").stat().st_mode & 0o077 == 0


def test_the_export_can_be_printed(house: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(house, export="-") == 0
    assert json.loads(capsys.readouterr().out)["person"] == ANA


def test_what_is_no_address_is_named(house: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(house, email="nobody") == 2
    assert "nobody: " in capsys.readouterr().err


def test_erasing_is_done_when_it_returns_and_says_what_it_cannot_reach(
    house: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    meet(house)
    assert asked(house, erase=True, yes=True) == 0
    assert "Not reached from here" in capsys.readouterr().out
    assert traces(house) == []


@pytest.mark.parametrize("typed", [b"", b"\n", b"ben@reader.test\n", b"\xff\n"])
def test_whoever_does_not_type_the_address_again_erases_nothing(
    house: Installation, typed: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    meet(house)
    before = stored(house)
    pipe(monkeypatch, typed)
    assert asked(house, erase=True) == 1
    said = "Nothing was erased: ana@reader.test was not typed again. --yes erases without asking.\n"
    assert capsys.readouterr().err == said
    assert stored(house) == before


def test_the_address_may_come_through_a_pipe(house: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    meet(house)
    pipe(monkeypatch, b"Ana@READER.test\n")
    assert asked(house, erase=True) == 0
    assert traces(house) == []


def pipe(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """Let the command read this instead of what is typed."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent), encoding="utf-8"))


def test_a_call_ahead_is_named_and_can_be_cancelled_first(
    house: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    with house.booking.sessions.begin() as session:
        book_call(session, a_booking(TUESDAY), uid_domain="x.test", now=START)
    house.work()
    assert asked(house, erase=True, yes=True) == 1
    assert "They have a call on 2026-12-08" in capsys.readouterr().err
    assert asked(house, erase=True, yes=True, cancel_calls=True) == 1
    assert "1 call is cancelled" in capsys.readouterr().out
    house.work()
    assert asked(house, erase=True, yes=True, cancel_calls=True) == 0
    assert traces(house, ANA) == []


@pytest.mark.parametrize("argv", [["--help"], [], [ANA, "--export", "x", "--erase"]])
def test_its_help_and_its_mistakes_need_no_installation(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        person(argv)
    assert ended.value.code == (0 if argv == ["--help"] else 2)


def test_the_doctor_names_what_should_be_gone(installation: Installation) -> None:
    row = (
        "INSERT INTO nurture.inbox (name, subject, revision, occurred_at, payload, handled_at)"
        " VALUES ('x', uuidv7(), 0, now(), '{}', now() - make_interval(days => :days))"
    )
    for days, bad in ((15, False), (20, True)):
        installation.run(row, days=days)
        with installation.owner.connect() as connection:
            assert bool(overdue(connection, Keep(), machine=machine_now())) == bad
