"""The real launcher with its real programs: killed, started twice, told of a taken port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.embedded.ports import free_port
from deploy.environment import python_environment
from tests.deploy.left_behind import left_behind, wait_until_nothing_is_left

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("launcher") / "a folder"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def launcher(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A started one; the folder is the same for all tests of this file."""
    started = _start(folder, port)
    yield started
    started.kill()
    started.wait()
    wait_until_nothing_is_left(folder)


def test_kill_9_of_the_launcher_leaves_no_process_and_the_next_start_serves(
    launcher: subprocess.Popen[str], folder: Path, port: int
) -> None:
    # PostgreSQL, Valkey, the web server with its own processes, the worker and the beat.
    assert len(left_behind(folder)) >= 6
    launcher.kill()
    launcher.wait()
    # Not waiting: the next start has to cope with what is still ending.
    again = _start(folder, port)
    assert requests.get(f"http://localhost:{port}/", timeout=30).status_code == 200
    again.send_signal(signal.SIGINT)
    time.sleep(0.1)
    again.send_signal(signal.SIGINT)
    assert again.wait(30) == 0
    assert left_behind(folder) == []


def test_a_second_start_in_the_folder_and_another_on_the_port_are_refused(
    launcher: subprocess.Popen[str], folder: Path, port: int, tmp_path: Path
) -> None:
    second = _run("--port", str(free_port()), "--data", str(folder))
    assert second.returncode == 1
    assert f"process {launcher.pid}, http://localhost:{port}" in second.stderr
    elsewhere = _run("--port", str(port), "--data", str(tmp_path / "other"))
    assert elsewhere.returncode == 1
    assert f"Port {port} is taken. Try: ./run --port " in elsewhere.stderr
    assert requests.get(f"http://localhost:{port}/", timeout=30).status_code == 200
    # A command joins the installation that runs.
    assert _run("token", "--data", str(folder)).stdout.strip()
    assert _run("--speed", "60", "--port", str(free_port()), "--data", str(folder)).returncode == 1


def test_wrong_settings_are_named_before_anything_starts(tmp_path: Path) -> None:
    refused = _run("--data", str(tmp_path / "var"), "--port", str(free_port()), MAIL_URL="pigeon:roof")
    assert refused.returncode == 1
    assert "MAIL_URL: looks like maildir:" in refused.stderr
    assert left_behind(tmp_path) == []


def _start(folder: Path, port: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy", "--port", str(port), "--data", str(folder)],
        env={**os.environ, **python_environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            return process
    raise AssertionError(said)


def _run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy", *arguments],
        env={**os.environ, **python_environment(), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
