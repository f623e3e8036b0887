"""The data folder: its secrets, its lock, the mark of a faster clock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.embedded.folder import DataFolder, FolderRefused, Running
from deploy.environment import environment, python_environment


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "a data folder")
    made.make()
    return made


def test_the_folder_and_its_secrets_are_closed_to_others(folder: DataFolder) -> None:
    folder.secrets()
    folder.first_password()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert (folder.path / "first-password").stat().st_mode & 0o777 == 0o600


def test_secrets_are_made_once_and_differ_from_each_other(folder: DataFolder) -> None:
    made = folder.secrets()
    assert folder.secrets() == made
    assert len(set(made.values())) == len(made)
    assert all(len(value) >= 32 for value in made.values())


def test_a_secret_of_a_later_release_is_added_and_the_old_ones_are_kept(folder: DataFolder) -> None:
    made = folder.secrets()
    without = {name: value for name, value in made.items() if name != "VALKEY_PASSWORD"}
    (folder.path / "secrets.env").write_text("".join(f"{name}={value}\n" for name, value in without.items()))
    again = folder.secrets()
    assert set(again) == set(made)
    assert without.items() <= again.items()


def test_a_second_one_is_told_who_uses_the_folder(folder: DataFolder) -> None:
    with (
        folder.locked("http://localhost:8000"),
        pytest.raises(FolderRefused, match=rf"process {os.getpid()}, http://localhost:8000"),
        folder.locked("http://localhost:8001"),
    ):
        pass
    with folder.locked("http://localhost:8001"):
        assert folder.running() == Running(os.getpid(), "http://localhost:8001")
    assert folder.running() is None


def test_the_lock_ends_with_its_process_and_the_next_one_hears_that_it_was_killed(folder: DataFolder) -> None:
    code = (
        "import os, sys; from pathlib import Path; from deploy.embedded.folder import DataFolder\n"
        "with DataFolder(Path(sys.argv[1])).locked('http://localhost:1'): os.kill(os.getpid(), 9)"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(folder.path)], env={**os.environ, **python_environment()}, check=False
    )
    with folder.locked("") as killed:
        assert killed
    with folder.locked("") as killed:
        assert not killed


def test_a_faster_clock_is_refused_where_time_has_begun(folder: DataFolder) -> None:
    folder.require_speed(None)
    folder.secrets()
    with pytest.raises(FolderRefused, match="--speed 60 --data DIR"):
        folder.require_speed(60)
    folder.require_speed(None)


def test_a_folder_of_a_faster_clock_is_never_run_by_the_time_of_day(folder: DataFolder) -> None:
    folder.require_speed(60)
    folder.secrets()
    with pytest.raises(FolderRefused, match=r"\./run --speed 60"):
        folder.require_speed(None)
    folder.require_speed(600)
    assert folder.speed() == 600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
def test_a_folder_of_somebody_else_is_refused_by_name(folder: DataFolder) -> None:
    os.chown(folder.path, 1, -1)
    with pytest.raises(FolderRefused, match="belongs to daemon"):
        folder.make()


def test_what_the_user_has_set_wins_also_as_a_file(tmp_path: Path) -> None:
    users = {"SECRET_KEY_FILE": "/run/secrets/key", "MAIL_URL": "smtp://localhost"}
    made = environment(
        users,
        data=tmp_path,
        url="http://localhost:8000",
        databases={"DATABASE_URL": "postgresql://ours"},
        secrets={"SECRET_KEY": "ours", "SUPPRESSION_KEY": "ours"},
    )
    assert "SECRET_KEY" not in made
    assert made["MAIL_URL"] == "smtp://localhost"
    assert made["SUPPRESSION_KEY"] == "ours"
    assert made["PYTHONTZPATH"] == ""
