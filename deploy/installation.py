"""An installation on this machine: its servers and its prepared database, whether or not the whole product runs."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL

from deploy import programs
from deploy.embedded.children import Child, NotStarted, Program
from deploy.embedded.folder import DataFolder, FolderRefused, Running, write_private
from deploy.embedded.postgres import Postgres, running_port, url_of
from deploy.embedded.supervisor import Supervisor
from deploy.embedded.valkey import Valkey
from deploy.environment import ROOT, environment, given
from shared.settings import Settings

# What decides whether a database is prepared again: tables, rights, logins, and what a first start is filled with.
PREPARED_FROM = ("shared/**/*.py", "services/*/migrations/*.py", "deploy/*.py", "content/**/*")
# How long a command waits for a launcher that is still starting, or for another command.
PATIENCE_S = 60.0


@contextmanager
def local_database(data: Path) -> Iterator[dict[str, str]]:
    """The environment of the installation in a data folder, its database running meanwhile.

    Joins the servers of a launcher that runs, else starts them for as long as the block lasts. Raises `FolderRefused`
    or `NotStarted`.
    """
    folder = DataFolder(data.absolute())
    folder.make()
    if (running := _wait_for_others(folder)) is not None:
        yield _joined(folder, running)
        return
    supervisor = Supervisor(lambda _: None)
    with folder.locked(url=""):
        try:
            installation = Installation(folder, supervisor, url="http://localhost:8000")
            installation.start()
            installation.prepare()
            yield installation.environ
        finally:
            supervisor.stop()


class Installation:
    """The servers of a data folder that is locked by us, and the environment that leads to them."""

    def __init__(self, folder: DataFolder, supervisor: Supervisor, *, url: str) -> None:
        """`url` is the address that people will use. Raises `SettingsError` when the user's variables are wrong."""
        self.folder = folder
        self._supervisor = supervisor
        self._postgres, self._valkey = _servers(folder, os.environ)
        databases = {"DATABASE_URL": self._postgres.url()} if self._postgres else {}
        databases |= {"BROKER_URL": self._valkey.url()} if self._valkey else {}
        self.environ = _environment(folder, url, databases)
        self.settings = Settings.from_env(self.environ)

    def start(self) -> None:
        """Start the servers side by side and wait for both. PostgreSQL is the last to stop."""
        if self._postgres:
            self._postgres.prepare()
            self._supervisor.start(self._postgres.child)
        if self._valkey:
            self._valkey.prepare()
            self._supervisor.start(self._valkey.child)
            self._wait_for_broker(self._valkey)
        if self._postgres:
            self._supervisor.wait(self._postgres.child)

    def prepare(self) -> None:
        """Migrate and seed, unless nothing has changed since that was last done: this saves seconds at every start."""
        stamp, fingerprint = self.folder.path / "prepared", self._fingerprint()
        if fingerprint and stamp.exists() and stamp.read_text() == fingerprint:
            return
        self._run("migrate", self.environ)
        password = {} if given(self.environ, "FIRST_PASSWORD") else {"FIRST_PASSWORD": self.folder.first_password()}
        self._run("seed", {**self.environ, **password})
        write_private(stamp, fingerprint)

    def program(self, name: str, argv: tuple[str, ...]) -> Program:
        """One of our own programs, in this environment. Orphaned, it dies at once: every row is safe by then."""
        log = self.folder.logs / f"{name}.log"
        return Program(name=name, argv=argv, environ=self.environ, cwd=ROOT, log=log, orphan_signal=SIGKILL)

    def _wait_for_broker(self, valkey: Valkey) -> None:
        try:
            self._supervisor.wait(valkey.child, within=10)
        except NotStarted:
            valkey.forget()
            valkey.child.start()
            self._supervisor.wait(valkey.child, within=10)

    def _fingerprint(self) -> str:
        """Of the cluster, the logins and the code. Empty for a database elsewhere, which others may change too."""
        if self._postgres is None:
            return ""
        speed = self.environ.get("SPEED", "")
        digest = hashlib.sha256(f"{self._postgres.identity()} {self.settings.secret_key} {speed}".encode())
        for pattern in PREPARED_FROM:
            for path in sorted(path for path in ROOT.glob(pattern) if path.is_file()):
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def _run(self, name: str, environ: Mapping[str, str]) -> None:
        log = self.folder.logs / f"{name}.log"
        program = Program(name=name, argv=programs.ours(name), environ=environ, cwd=ROOT, log=log)
        self._supervisor.run_to_end(Child(program))


def _servers(folder: DataFolder, environ: Mapping[str, str]) -> tuple[Postgres | None, Valkey | None]:
    """A server for each address that the user has not given."""
    secrets, logs = folder.secrets(), folder.logs
    postgres = valkey = None
    if not given(environ, "DATABASE_URL"):
        postgres = Postgres(folder.path / "postgres", 0, secrets["POSTGRES_PASSWORD"], log=logs / "postgres.log")
    if not given(environ, "BROKER_URL"):
        valkey = Valkey(folder.path / "valkey", 0, secrets["VALKEY_PASSWORD"], log=logs / "valkey.log")
    return postgres, valkey


def _environment(folder: DataFolder, url: str, databases: Mapping[str, str]) -> dict[str, str]:
    speed = folder.speed()
    return {
        **environment(os.environ, data=folder.path, url=url, databases=databases, secrets=folder.secrets()),
        **({"SPEED": str(speed)} if speed else {}),
    }


def _joined(folder: DataFolder, running: Running) -> dict[str, str]:
    databases = {"BROKER_URL": running.broker_url}
    if port := running_port(folder.path / "postgres"):
        databases["DATABASE_URL"] = url_of(port, folder.secrets()["POSTGRES_PASSWORD"])
    return _environment(folder, running.url, databases)


def _wait_for_others(folder: DataFolder) -> Running | None:
    """The launcher that runs here, once it is ready; None when nobody uses the folder."""
    deadline = time.monotonic() + PATIENCE_S
    while running := folder.running():
        if running.broker_url:
            return running
        if time.monotonic() > deadline:
            raise FolderRefused(f"{folder.path} is used by process {running.pid}, which is not ready yet.")
        time.sleep(0.1)
    return None
