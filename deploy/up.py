"""`./run`: everything on this machine, from the first start to Ctrl-C."""

from __future__ import annotations

import argparse
import http.client
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from signal import SIGTERM

from deploy import programs
from deploy.embedded.children import Child, NotStarted
from deploy.embedded.folder import DataFolder, FolderRefused, Running
from deploy.embedded.ports import LOOPBACK, PortTaken, require_free
from deploy.embedded.supervisor import Supervisor
from deploy.embedded.waiting import Stopped
from deploy.environment import ROOT, public_url
from deploy.installation import Installation
from shared.settings import SettingsError

# A launcher that was killed leaves its web server ending, for about as long as a request may take.
PORT_PATIENCE_S = 5.0
# The account that still opens with the first password.
_FIRST_ACCOUNT = "SELECT email FROM access.account WHERE must_change ORDER BY created_at LIMIT 1"


def main(argv: Sequence[str]) -> int:
    """Run until told to stop. Exit status 0 after Ctrl-C, 1 when it could not start or could not go on."""
    args = parser().parse_args(argv)
    began = time.monotonic()
    try:
        folder = DataFolder(Path(args.data).absolute())
        folder.make()
        with folder.locked(public_url(os.environ, args.port)) as killed:
            _require_port(args.host, args.port, patience=PORT_PATIENCE_S if killed else 0)
            folder.require_speed(args.speed)
            return _run(folder, args, began)
    except (FolderRefused, PortTaken, SettingsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """The options of a start."""
    made = argparse.ArgumentParser(
        prog="./run", description="Start everything on this machine; Ctrl-C stops it. Makes a data folder at first."
    )
    made.add_argument("--port", type=_port, default=8000, help="the port of the web pages (default 8000)")
    made.add_argument("--host", default=LOOPBACK, help="the address to listen on (default: this machine only)")
    made.add_argument("--data", metavar="DIR", default=str(ROOT / "var"), help="the data folder (default var)")
    made.add_argument("--speed", metavar="N", type=_speed, help="product time runs N times as fast; new folders only")
    return made


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a number from 1 to 65535")
    return int(text)


def _speed(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError("a whole number from 1 to 1000000")
    return int(text)


def _require_port(host: str, port: int, *, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            return require_free(host, port)
        except PortTaken:
            if time.monotonic() > until:
                raise
        time.sleep(0.1)


def _run(folder: DataFolder, args: argparse.Namespace, began: float) -> int:
    supervisor = Supervisor(_say)
    supervisor.heed_signals()
    try:
        installation = Installation(folder, supervisor, url=public_url(os.environ, args.port))
        _start(installation, supervisor, args)
        _announce(installation, took=time.monotonic() - began)
        supervisor.watch()
    except Stopped:
        return 0
    except NotStarted as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        _say("Stopping …")
        supervisor.stop()
        _say("Stopped.")
    return 0


def _start(installation: Installation, supervisor: Supervisor, args: argparse.Namespace) -> None:
    if not (installation.folder.path / "prepared").exists():
        _say("Making the database and the sample advisor (once) …")
    installation.start()
    installation.prepare()
    web = _web(installation, args.host, args.port)
    supervisor.start(web, grace=programs.GRACE_S)
    supervisor.wait(web)
    # After the first page, so that it need not share the processor with them: what is due waits in the database.
    worker = _worker(installation)
    supervisor.start(worker, *_ticking(installation))
    # Who reads "runs" may act at once, and expects the mail that comes of it.
    supervisor.wait(worker)


def _web(installation: Installation, host: str, port: int) -> Child:
    argv = programs.web(installation.environ, host=host, port=port)
    # It has processes of its own, which only it can stop: SIGTERM even when it is orphaned.
    program = replace(installation.program("web", argv), orphan_signal=SIGTERM)
    return Child(program, partial(_answers, LOOPBACK if host in ("", "0.0.0.0") else host, port))  # noqa: S104


def _worker(installation: Installation) -> Child:
    program = installation.program("worker", programs.worker())
    return Child(program, partial(_takes_work, installation.settings.broker_url))


def _ticking(installation: Installation) -> list[Child]:
    lines = {"beat": programs.beat()}
    if "SPEED" in installation.environ:
        lines["clock"] = programs.ours("clock")
    return [Child(installation.program(name, argv)) for name, argv in lines.items()]


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    return False


def _takes_work(broker_url: str) -> bool:
    """Whether a worker waits at the queues. True without a broker too: then work waits, and everything else runs."""
    import redis

    try:
        with redis.Redis.from_url(broker_url, socket_timeout=1, socket_connect_timeout=1, retry=None) as broker:
            return any(client["cmd"] == "brpop" for client in broker.client_list())
    except redis.RedisError:
        return True


def _announce(installation: Installation, *, took: float) -> None:
    settings, folder = installation.settings, installation.folder
    folder.announce(Running(os.getpid(), settings.public_url, settings.broker_url))
    lines = [
        f"Firstcall runs ({took:.1f} s).",
        f"  Book a call   {settings.public_url}/",
        f"  Ask           {settings.public_url}/contact   {settings.public_url}/mentorship",
        f"  Console       {settings.public_url}/console",
        *_first_sign_in(installation),
        f"  Mail lands in {_mail_place(settings.mail_url)}",
        f"  Logs          {folder.logs}",
        "  Stop          Ctrl-C",
    ]
    for line in lines:
        _say(line)


def _first_sign_in(installation: Installation) -> list[str]:
    """How the console opens the first time. Once the password was changed, the file is removed."""
    path = installation.folder.path / "first-password"
    if not path.exists():
        return []
    import psycopg

    with psycopg.connect(installation.settings.database_url.replace("+psycopg", "")) as connection:
        account = connection.execute(_FIRST_ACCOUNT).fetchone()
    if account is None:
        installation.folder.forget_first_password()
        return []
    return [f"                {account[0]}, first password {installation.folder.first_password()}"]


def _mail_place(mail_url: str) -> str:
    scheme, _, rest = mail_url.partition(":")
    return f"{rest.removeprefix('//')}/new" if scheme == "maildir" else f"{scheme} (MAIL_URL)"


def _say(line: str) -> None:
    # A closed terminal must not keep the programs from being stopped.
    with suppress(OSError, ValueError):
        print(line, flush=True)
