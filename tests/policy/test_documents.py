"""Documents: what they name is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from shared.settings import Keep, Settings, Timings
from tests.policy.sources import PRODUCT, ROOT, sources

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# What is made when the product runs, what a reader makes, and what is there only after an installation.
MADE = re.compile(r"^(var|\.venv|dist|LEAD\.json|CASE\.json|ARTICLE)|[*<>{}…$]|^/|://")
# How a docstring or a comment refers to a document.
REFERENCE = re.compile(r"docs/(?:adr|guides)/[\w-]+\.md")
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}


def named(document: Path) -> list[str]:
    """The paths of this repository that a document writes in backticks or links to."""
    text = document.read_text(encoding="utf-8")
    quoted = [
        word for span in re.findall(r"`([^`\n]+)`", text) for word in [span.split(":")[0].strip()] if " " not in word
    ]
    linked = [target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target and "@" not in target]
    paths = [
        word for word in quoted if (word.split("/")[0] in FOLDERS and "/" in word) or re.search(r"\.(md|toml)$", word)
    ]
    return [path for path in [*paths, *linked] if not MADE.search(path)]


def test_there_is_something_to_read() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} <= {path.name for path in DOCUMENTS}
    assert len([path for path in DOCUMENTS if path.parent.name == "adr"]) >= 5
    assert sum(len(named(document)) for document in DOCUMENTS) >= 10


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_in_a_document_exists(document: Path) -> None:
    missing = [path for path in named(document) if not any((base / path).exists() for base in (ROOT, document.parent))]
    assert missing == []


def test_every_document_that_the_source_refers_to_exists() -> None:
    files = [
        *(ROOT / "run",),
        *(path for root in (*PRODUCT, "bench", "tests") for path in (ROOT / root).rglob("*.[pj][ys]")),
    ]
    references = {(path.name, name) for path in files for name in REFERENCE.findall(path.read_text(encoding="utf-8"))}
    assert len(references) >= 5
    assert {reference for reference in references if not (ROOT / reference[1]).exists()} == set()


def test_a_decision_has_a_number_a_status_and_its_parts() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert re.search(r"^Status: (accepted|replaced by \d+)", text, re.MULTILINE), path.name
        assert "onsequences" in text, path.name


def test_words_are_extracted_by_every_name_that_their_class_is_imported_under() -> None:
    command = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    extracted = set(re.findall(r"-k (\w+):1", command))
    imported = {
        name.asname or name.name
        for tree in sources().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".errors")
        for name in node.names
        if name.name == "Message"
    }
    assert {"Message", "Words"} <= imported <= extracted


def test_the_guide_names_every_setting_that_has_no_default_and_none_that_there_is_not() -> None:
    guide = (ROOT / "docs" / "guides" / "settings.md").read_text(encoding="utf-8")
    named_first = re.findall(r"^\| `([A-Z_]+)`", guide, re.MULTILINE)
    required = {name.upper() for name, field in Settings.model_fields.items() if field.is_required()}
    # Of no service: which of the two web servers the start script runs.
    known = {name.upper() for name in Settings.model_fields} | {"WEB_SERVER"}
    keep = {f"KEEP_{name.upper()}" for name in Keep.model_fields}
    assert keep <= set(named_first)
    known |= keep
    assert required <= set(named_first) <= known
    timings = re.findall(r"TIMING_([A-Z_]+)", guide)
    assert {name.lower() for name in timings} <= set(Timings.model_fields)


def test_nothing_that_a_reader_sees_names_the_machine_it_was_written_on() -> None:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert not re.search(r"/(?:home|root|tmp|Users)/\w", text), document.name
