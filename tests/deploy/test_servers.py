"""PostgreSQL and Valkey as the launcher starts them: wherever the folder lies, whoever starts them, after any end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from deploy.embedded.folder import DataFolder
from deploy.embedded.places import OPEN_FOLDERS
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.postgres import Postgres, running_port
from deploy.embedded.valkey import Valkey
from deploy.environment import python_environment

PASSWORD = "of-no-worth"
# Run where making a user namespace is forbidden, as it is in most containers; the filter answers EPERM.
WITHOUT_NAMESPACES = """
import ctypes, os, platform, struct, sys
number = {"x86_64": 272, "aarch64": 97}[platform.machine()]
rules = ((0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000))
code = b"".join(struct.pack("HBBI", *rule) for rule in rules)
text = ctypes.create_string_buffer(code, len(code))
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc = ctypes.CDLL(None)
filter = Filter(len(rules), ctypes.cast(text, ctypes.c_void_p))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(filter), 0, 0) == 0

import psycopg
from pathlib import Path
from deploy.embedded.places import OPEN_FOLDERS
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.postgres import Postgres
server = Postgres(Path(sys.argv[1]), 0, "of-no-worth")
server.start()
with psycopg.connect(server.url()) as connection:
    print(connection.execute("SELECT 'it serves'").fetchone()[0])
server.stop()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    # Deeper than the 107 bytes of a socket's path, with a space, below a folder that only we may enter.
    deep = tmp_path_factory.mktemp("closed") / ("deep " * 20) / ("deeper " * 15) / "postgres"
    made = Postgres(deep, 0, PASSWORD, fsync=False)
    made.start()
    yield made
    made.stop()


def test_a_deep_folder_with_spaces_holds_a_database(server: Postgres) -> None:
    assert _ask(server, "SHOW TimeZone") == "UTC"
    assert _ask(server, "SELECT current_database()") == "firstcall"
    assert _ask(server, "SELECT upper('grüße')") == "GRÜSSE" or _ask(server, "SELECT upper('ü')") == "Ü"


def test_nobody_comes_in_without_the_password(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url().replace(PASSWORD, "guessed"))


def test_a_killed_server_starts_again_with_everything_committed(server: Postgres) -> None:
    _ask(server, "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)")
    assert server.child.pid is not None
    os.kill(server.child.pid, signal.SIGKILL)
    server.child.stop(within=0)
    server.start()
    assert _ask(server, "SELECT count(*) FROM kept") == 1


def test_a_pid_file_that_names_a_stranger_does_not_stop_a_start(server: Postgres, tmp_path: Path) -> None:
    server.stop()
    data = Path(server.child.program.argv[2])
    # After a power cut the number of the old server may belong to anybody, here to this test.
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n{server.port}\n\n127.0.0.1\n\nready\n")
    assert running_port(data) is None
    server.start()
    assert running_port(data) == server.port


def test_an_interrupted_making_is_made_again(tmp_path: Path) -> None:
    made = Postgres(tmp_path / "postgres", 0, PASSWORD, fsync=False)
    half = made.child.program.cwd.with_name("data.new" if made.child.program.cwd.name == "data" else "postgres.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    made.start()
    assert _ask(made, "SELECT 1") == 1
    made.stop()
    assert not half.exists()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root is refused by PostgreSQL")
def test_as_root_without_user_namespaces_it_runs_as_nobody(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "var")
    folder.make()
    before = _in_open_folders()
    first, second = _start_without_namespaces(folder), _start_without_namespaces(folder)
    home = Path((folder.path / "postgres.path").read_text().strip())
    try:
        assert (first, second) == ("it serves\n", "it serves\n")
        assert (home / "data").owner() == "nobody"
        assert (home / "data").stat().st_mode & 0o777 == 0o700
    finally:
        for made in _in_open_folders() - before:
            shutil.rmtree(made)


def test_valkey_asks_for_its_password_and_does_not_show_it(tmp_path: Path) -> None:
    broker = Valkey(tmp_path / "a broker", 0, PASSWORD)
    broker.start()
    with redis.Redis.from_url(broker.url()) as client:
        assert client.ping()
    with socket.create_connection((LOOPBACK, broker.port), timeout=5) as stranger:
        stranger.sendall(b"PING\r\n")
        assert stranger.recv(100).startswith(b"-NOAUTH")
    shown = Path(f"/proc/{broker.child.pid}/cmdline")
    assert not shown.exists() or PASSWORD.encode() not in shown.read_bytes()
    broker.stop()


def test_valkey_keeps_wake_ups_over_a_kill_and_starts_without_them_when_they_are_broken(tmp_path: Path) -> None:
    broker = Valkey(tmp_path / "broker", 0, PASSWORD)
    broker.start()
    with redis.Redis.from_url(broker.url()) as client:
        client.rpush("booking", "wake up")
        _wait_for_the_file(tmp_path / "broker" / "appendonlydir")
    assert broker.child.pid is not None
    os.kill(broker.child.pid, signal.SIGKILL)
    broker.child.stop(within=0)
    broker.start()
    with redis.Redis.from_url(broker.url()) as client:
        assert client.llen("booking") == 1
    broker.stop()
    for file in (tmp_path / "broker" / "appendonlydir").iterdir():
        file.write_bytes(b"not what it wrote")
    broker.start()
    with redis.Redis.from_url(broker.url()) as client:
        assert client.llen("booking") == 0
    broker.stop()


def _in_open_folders() -> set[Path]:
    return {path for folder in OPEN_FOLDERS if folder.is_dir() for path in folder.glob("firstcall-*")}


def _start_without_namespaces(folder: DataFolder) -> str:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES, str(folder.path / "postgres")],
        env={**os.environ, **python_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def _ask(server: Postgres, query: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def _wait_for_the_file(folder: Path) -> None:
    deadline = time.monotonic() + 30
    while not any(b"wake up" in file.read_bytes() for file in folder.glob("*.aof")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
