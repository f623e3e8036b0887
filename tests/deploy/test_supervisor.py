"""The supervisor with small programs in place of the real ones: order, crashes, and an end within five seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.embedded.children import Child, NotStarted, Program
from deploy.embedded.supervisor import Supervisor
from deploy.embedded.waiting import Stopped
from deploy.environment import python_environment
from tests.deploy.left_behind import left_behind, wait_until_nothing_is_left

# Says when it starts and when it is asked to end, in a file that all of them write to.
HONEST = """
import os, signal, sys, time
def note(what):
    with open("events", "a") as events: events.write(f"{what} {sys.argv[1]}\\n")
def end(*_):
    note("end"); sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("start")
while True: time.sleep(1)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
WITH_A_CHILD = "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
LAUNCHER = """
import sys
from pathlib import Path
from tests.deploy.test_supervisor import STUBBORN, WITH_A_CHILD, program
from deploy.embedded.children import Child
from deploy.embedded.supervisor import Supervisor
supervisor = Supervisor(print)
supervisor.heed_signals()
supervisor.start(*(Child(program(Path(sys.argv[1]), name, "import time; time.sleep(60)")) for name in "abc"))
print("ready", flush=True)
supervisor.watch()
supervisor.stop()
"""


def program(folder: Path, name: str, code: str) -> Program:
    """A stand-in: Python code in a process of its own."""
    return Program(
        name=name,
        argv=(sys.executable, "-S", "-c", code, name),
        environ=os.environ,
        cwd=folder,
        log=folder / f"{name}.log",
    )


def _events(folder: Path, count: int) -> list[str]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        lines = (folder / "events").read_text().splitlines() if (folder / "events").exists() else []
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"only {lines}")


def test_what_started_last_stops_first(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _: None)
    for position, name in enumerate(("database", "web", "worker"), start=1):
        supervisor.start(Child(program(tmp_path, name, HONEST)))
        _events(tmp_path, position)
    supervisor.stop()
    assert _events(tmp_path, 6)[3:] == ["end worker", "end web", "end database"]


def test_what_ignores_the_signal_is_killed_in_time_and_the_rest_still_ends_well(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _: None, stop_within=1.5)
    supervisor.start(Child(program(tmp_path, "database", HONEST)))
    stubborn = Child(program(tmp_path, "stubborn", STUBBORN))
    stubborn.ready = lambda: stubborn.tail() == "up"
    supervisor.start(stubborn, grace=60)
    supervisor.wait(stubborn)
    _events(tmp_path, 1)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 30, "its own grace is 60 s"
    assert stubborn.exit_code() == -signal.SIGKILL
    assert _events(tmp_path, 2)[-1] == "end database"


def test_a_crashed_program_is_started_again_and_said_so(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    child = Child(program(tmp_path, "worker", HONEST))
    supervisor.start(child)
    _events(tmp_path, 1)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    _watch_until_started_twice(supervisor, tmp_path)
    supervisor.stop()
    assert "worker ended (killed by SIGKILL). It is started again in 0.5 s" in said[0]


def _watch_until_started_twice(supervisor: Supervisor, folder: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (folder / "events").read_text().count("start") < 2:
        supervisor.look_after_all(time.monotonic())
        time.sleep(0.02)
    assert (folder / "events").read_text().count("start") == 2


def test_a_program_that_crashes_again_and_again_ends_it_all_with_the_reason(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _: None)
    child = Child(program(tmp_path, "worker", "raise SystemExit('the settings are wrong')"))
    supervisor.start(child)
    machine = 0.0
    with pytest.raises(NotStarted, match=r"(?s)worker ended 5 times within a minute.*the settings are wrong"):
        for _ in range(1000):
            # The pauses are machine time, which a test may let pass faster.
            machine += 0.1
            supervisor.look_after_all(machine)
            time.sleep(0.01)
    supervisor.stop()


def test_a_program_that_ends_before_it_serves_is_reported_with_its_log(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _: None)
    child = Child(program(tmp_path, "web", "raise SystemExit('no such module')"), ready=lambda: False)
    supervisor.start(child)
    with pytest.raises(NotStarted, match=r"(?s)web ended before it was ready \(exit 1\).*no such module"):
        supervisor.wait(child)
    supervisor.stop()


def test_a_signal_during_the_start_ends_the_waiting(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _: None)
    child = Child(program(tmp_path, "web", HONEST), ready=lambda: False)
    supervisor.start(child)
    supervisor.stopping.set()
    with pytest.raises(Stopped):
        supervisor.wait(child)
    supervisor.stop()
    assert child.exit_code() is not None


def test_the_children_of_a_crashed_program_go_with_it(tmp_path: Path) -> None:
    child = Child(program(tmp_path, "web", WITH_A_CHILD))
    child.start()
    while len(left_behind(tmp_path)) < 2:
        time.sleep(0.02)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.stop(within=0)
    wait_until_nothing_is_left(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent is gone")
def test_kill_9_of_the_launcher_leaves_nothing_behind(tmp_path: Path) -> None:
    launcher = _launcher(tmp_path)
    assert len(left_behind(tmp_path)) == 3
    launcher.kill()
    launcher.wait()
    wait_until_nothing_is_left(tmp_path)


def test_a_second_ctrl_c_changes_nothing(tmp_path: Path) -> None:
    launcher = _launcher(tmp_path)
    launcher.send_signal(signal.SIGINT)
    launcher.send_signal(signal.SIGINT)
    launcher.send_signal(signal.SIGTERM)
    assert launcher.wait(30) == 0
    assert left_behind(tmp_path) == []


def _launcher(folder: Path) -> subprocess.Popen[str]:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(folder)],
        env={**os.environ, **python_environment()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert launcher.stdout is not None
    assert launcher.stdout.readline() == "ready\n"
    return launcher
