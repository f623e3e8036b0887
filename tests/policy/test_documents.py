"""A document that names a file names one that is there, and decisions are numbered without gaps."""

from __future__ import annotations

import re
import subprocess

from tests.policy.sources import ROOT

# What a document writes in backquotes, or a comment plainly, as a path of this project.
PATH = re.compile(
    r"(?<![\w/.-])((?:services|shared|deploy|tests|docs|bench|content)/[\w./-]+\.(?:py|md|toml|js|css|html|sh))\b"
)
# A page of the product begins with a slash.
LINK = re.compile(r"\]\((?!https?:|mailto:|[#/])([^)#\s]+)")


def test_every_path_that_is_written_down_exists() -> None:
    gone = {
        (source, path)
        for source in _tracked("*.md", "*.py", "*.js", "run")
        for path in PATH.findall((ROOT / source).read_text("utf-8"))
        if not (ROOT / path).exists()
    }
    assert gone == set()


def test_every_link_of_a_document_leads_somewhere() -> None:
    gone = {
        (source, link)
        for source in _tracked("*.md")
        for link in LINK.findall((ROOT / source).read_text("utf-8"))
        if not ((ROOT / source).parent / link).exists()
    }
    assert gone == set()


def test_decisions_are_numbered_without_gaps_and_named_by_their_number() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        assert path.read_text("utf-8").startswith(f"# {int(path.name[:4])}. "), path


def test_paths_are_recognised() -> None:
    text = "see `services/booking/domain/slots.py` and docs/adr/0005-tools.md, not https://docs/0.md or var/outbox/new"
    assert PATH.findall(text) == ["services/booking/domain/slots.py", "docs/adr/0005-tools.md"]


def _tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file()]
