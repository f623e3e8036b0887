"""PostgreSQL from its wheel, as a plain program: made once, started on loopback, stopped by SIGINT.

There is no socket file: its path would be too long in a deep folder. Passwords are asked for everywhere, so that other
users of the machine are kept out. The wheel's own server object is not used, because it opens folders to other users
and leaves the server behind when its Python is killed (stack notes, section 2).
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGINT
from threading import Event

from deploy.embedded.children import Child, NotStarted, Program, account_of
from deploy.embedded.places import place_for
from deploy.embedded.ports import LOOPBACK, free_port
from deploy.embedded.waiting import wait_until
from deploy.embedded.who import before_exec, who_for_postgres

OWNER = "firstcall"
DATABASE = "firstcall"
# Nothing of ours in its environment: PGDATA or a foreign locale of the user would lead it astray.
ENVIRON = {"PATH": os.defpath, "LC_ALL": "C"}
# Survives a killed process as ever, but not a power cut.
CARELESS = ("-c", "fsync=off", "-c", "full_page_writes=off")


class Postgres:
    """One cluster. Its owner, a superuser, and its first database are both called `firstcall`."""

    def __init__(self, folder: Path, port: int, password: str, *, fsync: bool = True, log: Path | None = None) -> None:
        """`folder` is made at the first start; port 0 means a free one; the log lies beside the folder by default.

        `fsync=False` is for tests: a lost cluster is made again.
        """
        self.port = port or free_port()
        self._password = password
        self._fsync = fsync
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._place = place_for(folder.absolute(), who_for_postgres())
        if not fsync and self._place.data != folder.absolute():
            # A test's cluster that had to lie elsewhere would outlive the temporary folder of the test.
            atexit.register(shutil.rmtree, self._place.data.parent, ignore_errors=True)
        self.child = Child(self._program(log or folder.absolute().with_name(folder.name + ".log")), self._is_ready)

    def start(self) -> None:
        """Make the cluster if there is none, start it and wait. Raises `NotStarted` with the end of its log."""
        self.prepare()
        self.child.start()
        wait_until([self.child], within=30, stopping=Event())

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, nothing is lost."""
        self.child.stop(within=5)

    def url(self, dbname: str = DATABASE) -> str:
        """The owner's address of a database."""
        return url_of(self.port, self._password, dbname)

    def identity(self) -> str:
        """The number that PostgreSQL gave this cluster when it was made: the first eight bytes of its control file."""
        return (self._place.data / "global" / "pg_control").read_bytes()[:8].hex()

    def prepare(self) -> None:
        """What has to be there before the program starts: the cluster, and no trace of a killed server."""
        if not (self._place.data / "PG_VERSION").exists():
            self._make_cluster()
        _let_the_last_one_end(self._place.data)

    def _program(self, log: Path) -> Program:
        settings = {"listen_addresses": LOOPBACK, "port": self.port, "unix_socket_directories": "", "timezone": "UTC"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(
                *(str(self._place.programs / "postgres"), "-D", str(self._place.data), *options),
                *(() if self._fsync else CARELESS),
            ),
            environ=ENVIRON,
            cwd=self._place.data,
            log=log,
            stop_signal=SIGINT,
            orphan_signal=SIGINT,
            who=self._place.who,
        )

    def _is_ready(self) -> bool:
        """The server writes its state into the last line of its own pid file."""
        with suppress(OSError, IndexError):
            lines = (self._place.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]) == self.child.pid and lines[7].strip() == "ready"
        return False

    def _make_cluster(self) -> None:
        """In a folder of another name, so that an interrupted start leaves no half of a cluster behind."""
        part = self._place.data.with_name(self._place.data.name + ".new")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        self._place.give(part)
        self._initdb(part)
        self._call("postgres", "--single", "-D", str(part), "postgres", given=f"CREATE DATABASE {DATABASE}\n")
        part.rename(self._place.data)

    def _initdb(self, part: Path) -> None:
        with tempfile.TemporaryDirectory(dir=part.parent) as folder:
            self._place.give(Path(folder))
            password = Path(folder) / "password"
            password.touch(mode=0o600)
            password.write_text(self._password)
            self._place.give(password)
            self._call(
                *("initdb", "-D", str(part), "-U", OWNER, f"--pwfile={password}"),
                *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8"),
                # The wheel is built without ICU; this one needs no locale of the machine.
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(() if self._fsync else ("--no-sync",)),
            )

    def _call(self, name: str, *arguments: str, given: str = "") -> None:
        done = subprocess.run(
            [self._place.programs / name, *arguments],
            cwd=self._place.data.parent,
            env=ENVIRON,
            input=given,
            capture_output=True,
            text=True,
            # A session of its own, so that Ctrl-C lets it finish; the launcher stops right after it.
            start_new_session=True,
            preexec_fn=before_exec(self._place.who, SIGINT),  # the launcher has no threads
            check=False,
            **account_of(self._place.who),
        )
        if done.returncode:
            raise NotStarted(f"{name} could not make the database in {self._place.data}:\n{done.stderr or done.stdout}")


def _let_the_last_one_end(data: Path) -> None:
    """After kill -9 of a launcher its server is still ending; a pid file without its server would stop the next.

    PostgreSQL compares numbers only, and after a power cut another program may have got that number.
    """
    pid_file = data / "postmaster.pid"
    deadline = time.monotonic() + 10
    while pid_file.exists() and time.monotonic() < deadline:
        if not _serves(pid_file, data):
            pid_file.unlink(missing_ok=True)
        time.sleep(0.02)


def _serves(pid_file: Path, data: Path) -> bool:
    with suppress(OSError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        if sys.platform == "linux":
            return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        os.kill(pid, 0)
        return True
    return False


def url_of(port: int, password: str, dbname: str = DATABASE) -> str:
    """The owner's address of a database on this machine."""
    return f"postgresql://{OWNER}:{password}@{LOOPBACK}:{port}/{dbname}"


def running_port(folder: Path) -> int | None:
    """The port of the server that runs on this cluster now, or None."""
    record = folder.with_name(folder.name + ".path")
    data = Path(record.read_text().strip()) / "data" if record.exists() else folder
    with suppress(OSError, ValueError, IndexError):
        if _serves(data / "postmaster.pid", data):
            return int((data / "postmaster.pid").read_text().splitlines()[3])
    return None
