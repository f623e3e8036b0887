"""`./run slots`: hand-made cases for days on which clocks change, and what it says to a case that cannot be read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.booking.cli import slots
from services.booking.domain.cases import CaseError, load_case

ROOT = Path(__file__).parent.parent.parent
CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.json") if not path.name.endswith(".expected.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_case_gives_the_answer_worked_out_by_hand(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert slots([f"{name}.json"], CASES) == 0
    assert json.loads(capsys.readouterr().out) == read(f"{name}.expected.json")


def test_the_command_itself_prints_the_answer_and_nothing_else() -> None:
    name = "cairo-spring-override"
    command = [sys.executable, "-m", "deploy", "slots", str(CASES / f"{name}.json")]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == read(f"{name}.expected.json")
    asked = subprocess.run(
        [*command, "--why", "2026-04-24T07:00:00Z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(asked.stdout)["rule"] == "override"
    assert shown.stderr == asked.stderr == ""


def test_why_names_the_rule_that_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert slots(["kathmandu-busy.json", "--why", "2026-06-01T03:45:00Z"], CASES) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "start": "2026-06-01T03:45:00Z",
        "offered": False,
        "rule": "busy",
        "because": "Something else is in the calendar at this time.",
        "span": ["2026-06-01T04:00:00Z", "2026-06-01T04:15:00Z"],
    }


def test_why_says_so_when_a_start_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert slots(["kathmandu-busy.json", "--why", "2026-06-01T10:00:00+05:45"], CASES) == 0
    assert json.loads(capsys.readouterr().out) == {"start": "2026-06-01T04:15:00Z", "offered": True}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"organizer_timezone": "EST"}, "organizer_timezone: “EST” is not the name of a time zone."),
        ({"organizer_timezone": None}, "organizer_timezone: is a text"),
        ({"output_timezone": "Mars/Base"}, "output_timezone: “Mars/Base” is not"),
        ({"now": "2026-06-01T09:00:00"}, "now: This is not an instant with its offset"),
        ({"now": 5}, "now: is a text"),
        ({"now": "0001-01-01T00:00:00+14:00"}, "now: That year is out of reach."),
        ({"range_end": "2026-05-01T00:00:00Z"}, "range_end is before range_start"),
        ({"working_hours": {}}, "working_hours: "),
        ({"working_hours": [{"days": [0], "start": "09:00", "end": "10:00"}]}, "working_hours[0].days[0]: "),
        (
            {"working_hours": [{"days": [1], "start": "9:00", "end": "10:00"}]},
            "working_hours[0].start: looks like 09:00",
        ),
        (
            {"working_hours": [{"days": [1], "start": "24:00", "end": "24:00"}]},
            "working_hours[0].start: is before 24:00",
        ),
        ({"working_hours": [{"days": [1], "start": "09:00", "end": "24:30"}]}, "working_hours[0].end: looks like"),
        ({"working_hours": [{"days": [1], "start": "09:00", "end": 1000}]}, "working_hours[0].end: is a text"),
        ({"overrides": [{"date": "2026-02-30", "windows": []}]}, "overrides[0].date: looks like"),
        ({"overrides": [{"date": "1066-10-14", "windows": []}]}, "overrides[0].date: lies between"),
        ({"overrides": [{"date": "2026-06-01", "windows": []}] * 2}, "overrides has two entries for 2026-06-01"),
        (
            {"busy": [{"start": "2026-06-01T04:00:00Z", "end": "2026-06-01T03:00:00Z"}]},
            "busy[0]: ends before it starts",
        ),
        ({"event_length_min": 0}, "event_length_min: "),
        ({"interval_min": "15"}, "interval_min: "),
        ({"buffer_after_min": -1}, "buffer_after_min: "),
        ({"notice_min": True}, "notice_min: "),
    ],
)
def test_a_wrong_field_is_named_with_what_it_should_look_like(change: dict[str, Any], named: str) -> None:
    with pytest.raises(CaseError) as raised:
        load_case(read("kathmandu-busy.json") | change)
    assert named in str(raised.value)


def test_all_wrong_fields_are_named_together() -> None:
    with pytest.raises(CaseError) as raised:
        load_case({})
    missing = {line.split(":")[0] for line in str(raised.value).splitlines()}
    assert {"organizer_timezone", "now", "working_hours", "event_length_min", "range_start"} <= missing


@pytest.mark.parametrize("content", [b"", b"[1", b"\xff\xfe", b'{"a": "\xc3"}', b"[" * 100_000])
def test_what_is_no_json_is_told_without_a_traceback(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "case.json").write_bytes(content)
    assert slots(["case.json"], tmp_path) == 2
    assert "case.json: is not JSON" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"null", b"[]", b'"text"', b"7"])
def test_json_of_another_shape_is_no_case(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "case.json").write_bytes(content)
    assert slots(["case.json"], tmp_path) == 2
    assert "case.json: the case: " in capsys.readouterr().err


def test_a_missing_file_and_a_wrong_instant_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert slots(["nowhere.json"], CASES) == 2
    assert "nowhere.json: cannot be read" in capsys.readouterr().err
    assert slots(["kathmandu-busy.json", "--why", "tomorrow"], CASES) == 2
    assert "--why: This is not an instant" in capsys.readouterr().err


def read(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((CASES / name).read_text(encoding="utf-8"))
    return case
