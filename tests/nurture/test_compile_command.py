"""`./run compile`: what it prints, what it writes, and what it says to what it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.nurture.cli import compile_article
from services.nurture.domain.steps import Step
from tests.nurture.articles import SAMPLE

Captured = pytest.CaptureFixture[str]


def test_it_prints_the_letters_and_the_report(tmp_path: Path, capsys: Captured) -> None:
    assert compile_article([str(SAMPLE), "--start", "2026-11-27T19:00:00Z"], tmp_path) == 0
    shown = capsys.readouterr().out
    assert shown.count("Subject: ") == 6
    assert "6 e-mails from 6 of 9 sections." in shown
    assert "Hello," in shown


def test_it_writes_a_folder_that_shows_one_sequence(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "deep" / "out"
    assert compile_article([str(SAMPLE), "--out", "deep/out"], tmp_path) == 0
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == 14
    assert names[:2] == ["01-the-point.html", "01-the-point.txt"]
    assert "6 e-mails" in capsys.readouterr().out
    (tmp_path / "short.txt").write_text("Only one paragraph of text.")
    assert compile_article(["short.txt", "--out", "deep/out"], tmp_path) == 0
    assert sorted(p.name for p in out.glob("0*")) == ["01-the-summary.html", "01-the-summary.txt"]


def test_the_sequence_file_holds_steps_that_can_be_read_again(tmp_path: Path) -> None:
    compile_article([str(SAMPLE), "--out", "out"], tmp_path)
    told = json.loads((tmp_path / "out" / "sequence.json").read_text("utf-8"))
    assert [Step.from_json(step).to_json() for step in told["steps"]] == told["steps"]


def test_it_writes_to_a_given_lead_in_their_time(tmp_path: Path, capsys: Captured) -> None:
    lead = {"name": "Ana Silva", "zone": "America/New_York", "message": "How many days?", "company": "Nordwind"}
    (tmp_path / "lead.json").write_text(json.dumps(lead))
    book = "https://b.example/intro"
    args = [str(SAMPLE), "--as", "lead.json", "--booking-url", book, "--start", "2026-11-27T19:00:00Z"]
    assert compile_article(args, tmp_path) == 0
    shown = capsys.readouterr().out
    assert shown.count("\nAna,\n") == 6
    assert "Fri 27 Nov 2026, 14:00 in America/New_York" in shown
    assert "Tue 1 Dec 2026, 08:30 in America/New_York" in shown
    assert "Between two and six a month." in shown
    assert "matters to Nordwind now" in shown
    assert f"\n{book}\n" in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"name": 5}, "name: Give a text in quotes."),
        ({"zone": "Mars/Olympus"}, "zone: There is no time zone “Mars/Olympus”"),
        ({"locale": "klingon"}, "locale: There is no language “klingon”"),
        ({"company": "x" * 201}, "company: "),
        (["Ana"], "Give an object such as"),
    ],
)
def test_a_lead_that_cannot_be_used_is_told_by_field(
    content: object, said: str, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "lead.json").write_text(json.dumps(content))
    assert compile_article([str(SAMPLE), "--as", "lead.json"], tmp_path) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("missing.md", None, "cannot be read"),
        ("folder", "folder", "this is a folder"),
        ("empty.md", b"", "no text"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 20, "not a text file"),
        ("deep.html", b"<div>" * 2_000, "nests"),
        ("long.md", b"word " * 100_000, "an article may have"),
        ("date.md", b"---\ndate: soon\n---\nText.", "date: 2026-11-23"),
    ],
)
def test_a_file_that_is_no_article_is_one_clear_line(
    name: str, data: bytes | str | None, said: str, tmp_path: Path, capsys: Captured
) -> None:
    if data == "folder":
        (tmp_path / name).mkdir()
    elif isinstance(data, bytes):
        (tmp_path / name).write_bytes(data)
    assert compile_article([name], tmp_path) == 2
    error = capsys.readouterr().err
    assert said in error
    assert name in error
    assert error.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("in the way")
    assert compile_article([str(SAMPLE), "--out", "file"], tmp_path) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "args", [["--booking-url", "ftp://x"], ["--start", "tomorrow"], ["--start", "2026-11-23T18:00"]]
)
def test_a_wrong_option_is_told_by_its_name(args: list[str], tmp_path: Path, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stopped:
        compile_article([str(SAMPLE), *args], tmp_path)
    assert stopped.value.code == 2
    assert args[0] in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_files_of_other_editors_are_read(encoding: str, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "a.txt").write_bytes(
        "Café notes\n\nA paragraph about the café, and no more than that.\n".encode(encoding)
    )
    assert compile_article(["a.txt"], tmp_path) == 0
    assert "about the café" in capsys.readouterr().out
