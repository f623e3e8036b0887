"""`./run` before there is an environment: what it says, and what it refuses. Installing itself is CI's first step."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.commands import COMMANDS

ROOT = Path(__file__).parent.parent.parent
VENDOR = ROOT / "deploy" / "vendor"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Just what a first start reads, in a folder with a space."""
    folder = tmp_path / "first call"
    for name in ("deploy", "requirements"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "run", folder / "run")
    return folder


def test_help_is_given_before_anything_is_installed(clone: Path) -> None:
    shown = _run(clone, "--help")
    assert shown.returncode == 0
    assert all(f"  {name} " in shown.stdout for name in COMMANDS)
    assert not (clone / ".venv").exists()


def test_a_damaged_wheel_is_named_and_never_executed(clone: Path) -> None:
    wheel = next((clone / "deploy" / "vendor").glob("pip-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1])
    shown = _run(clone)
    assert shown.returncode == 1
    assert "is damaged: its checksum is not the one in SHA256SUMS" in shown.stderr
    # What is said while installing is no part of a command's output.
    assert "Installing Firstcall" in shown.stderr
    assert shown.stdout == ""
    assert not (clone / ".venv").exists()


def test_the_vendored_wheel_is_the_one_that_was_checked() -> None:
    expected, name = (VENDOR / "SHA256SUMS").read_text().split()
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == expected
    assert (VENDOR / "LICENSE-pip.txt").read_text().startswith("Copyright (c) 2008-present The pip developers")


def test_a_folder_that_cannot_be_written_is_told(clone: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root can write everywhere")
    clone.chmod(0o555)
    shown = _run(clone)
    assert shown.returncode == 1
    assert "cannot be written by this user" in shown.stderr


def test_no_requirements_file_names_a_host() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text("utf-8")
        assert "://" not in text, path
        assert "--index-url" not in text, path


@pytest.mark.parametrize("name", ["bootstrap", "run", "server", "dev"])
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    assert all("==" in line and "--hash=sha256:" in line for line in lines)


def test_an_unknown_command_is_answered_with_the_ones_there_are() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "deploy", "fly"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 2
    assert "There is no command 'fly'" in shown.stderr


def _run(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(clone / "run"), *arguments], capture_output=True, text=True, check=False, cwd="/"
    )
