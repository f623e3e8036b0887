"""The commands of `./run`. Each reads its options and calls one function; what it needs is imported when it is called.

Relative paths are relative to where the caller stands.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.settings import Settings


@dataclass(frozen=True)
class Command:
    """`run` takes the arguments after the command's name and returns an exit status."""

    run: Callable[[Sequence[str]], int]
    about: str


def overview() -> str:
    """What `./run --help` says."""
    lines = [f"  {name:<16} {command.about}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: ./run [--port N] [--data DIR] [--speed N]   start everything; Ctrl-C stops it",
            "       ./run COMMAND …                             each takes --help",
            "",
            *lines,
        ]
    )


def up(argv: Sequence[str]) -> int:
    """Everything on this machine."""
    from deploy.up import main

    return main(argv)


def test(argv: Sequence[str]) -> int:
    """Become pytest. Its paths are the caller's; its settings are in the project's folder."""
    if list(argv) in (["-h"], ["--help"]):
        print("usage: ./run test [pytest's options and paths]\n\nRun the tests, all of them by default.")
        return 0
    return _become([sys.executable, "-m", "pytest", *(_absolute(argument) for argument in argv)])


def check(argv: Sequence[str]) -> int:
    """What a developer runs before a commit."""
    from deploy.checks import main

    _parser("check", "Format, lint, types, imports, compose file, Dockerfile, migrations, tests.").parse_args(argv)
    return main()


def slots(argv: Sequence[str]) -> int:
    """Which starts a case offers."""
    from services.booking import cli

    return cli.slots(argv, Path.cwd())


def compile_article(argv: Sequence[str]) -> int:
    """What letters an article gives."""
    from services.nurture import cli

    return cli.compile_article(argv, Path.cwd())


def token(argv: Sequence[str]) -> int:
    """A token of the local installation."""
    parser = _parser("token", "Print a new API token of the local installation. It is shown this once.")
    parser.add_argument("--scopes", metavar="A,B", help="what it may do (default: everything)")
    parser.add_argument("--label", metavar="NAME", help="what the console calls it")
    args = _with_data(parser).parse_args(argv)
    chosen = [part for name in ("scopes", "label") if (value := getattr(args, name)) for part in (f"--{name}", value)]

    def make(environ: Mapping[str, str]) -> int:
        from services.booking import cli
        from shared.settings import Settings

        return cli.token(chosen, Settings.from_env(environ))

    return _on_local_database(args.data, make)


def doctor(argv: Sequence[str]) -> int:
    """What is stuck in the local installation."""
    args = _with_data(_parser("doctor", "Say what is stuck and what waits.")).parse_args(argv)

    def examine(environ: Mapping[str, str]) -> int:
        from deploy.doctor import main
        from shared.settings import Settings

        return main(Settings.from_env(environ))

    return _on_local_database(args.data, examine)


def migrate(argv: Sequence[str]) -> int:
    """Bring a database up to date, or say whether migrations and models agree."""
    parser = _parser("migrate", "Bring the database that DATABASE_URL names up to date.")
    parser.add_argument("--check", action="store_true", help="compare migrations with models in a database of its own")
    args = parser.parse_args(argv)
    from deploy.migrating import check_migrations, migrate_here

    return check_migrations() if args.check else _with_settings(migrate_here)


def seed(argv: Sequence[str]) -> int:
    """Fill an empty installation."""
    _parser("seed", "Fill an empty database with content/. FIRST_PASSWORD opens the console.").parse_args(argv)
    from deploy.migrating import seed_here

    return _with_settings(seed_here)


def web(argv: Sequence[str]) -> int:
    """Become the web server."""
    from deploy import programs

    parser = _parser("web", "Serve the pages on HOST and PORT, by granian or, with WEB_SERVER=gunicorn, by gunicorn.")
    args = _with_service(parser).parse_args(argv)
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    return _become(programs.web(os.environ, host=host, port=port, service=args.service))


def worker(argv: Sequence[str]) -> int:
    """Become a worker."""
    from deploy import programs

    args = _with_service(_parser("worker", "Do what is due, for one service or for all three.")).parse_args(argv)
    return _become(programs.worker(args.service))


def beat(argv: Sequence[str]) -> int:
    """Become the beat."""
    from deploy import programs

    _parser("beat", "Wake the workers at every tick.").parse_args(argv)
    return _become(programs.beat())


def clock(argv: Sequence[str]) -> int:
    """Move product time, in an installation made with --speed."""
    _parser("clock", "Move the product time of an installation that was made with --speed.").parse_args(argv)
    from deploy.clock import main

    return main()


def gateway(argv: Sequence[str]) -> int:
    """The gateway's configuration, from the table of routes."""
    _parser("gateway", "Print deploy/gateway/Caddyfile as the table of routes gives it.").parse_args(argv)
    from deploy.gateway import caddyfile

    print(caddyfile(), end="")
    return 0


def compose_secrets(argv: Sequence[str]) -> int:
    """What docker-compose.yml needs before its first start."""
    _parser("compose-secrets", "Make the secret files that docker-compose.yml reads; none is replaced.").parse_args(
        argv
    )
    from deploy.compose_secrets import main

    return main()


def openapi(argv: Sequence[str]) -> int:
    """The API's document."""
    _parser("openapi", "Write the joined OpenAPI document anew.").parse_args(argv)
    from deploy.openapi import main

    return main()


COMMANDS = {
    "up": Command(up, "start everything: what happens without a command"),
    "test": Command(test, "run the tests"),
    "check": Command(check, "format, lint, types, imports, migrations, tests"),
    "slots": Command(slots, "print the free times of a case"),
    "compile": Command(compile_article, "make an e-mail sequence of an article"),
    "token": Command(token, "print an API token of this installation"),
    "doctor": Command(doctor, "say what is stuck"),
    "migrate": Command(migrate, "bring the database up to date"),
    "seed": Command(seed, "fill an empty database with the sample content"),
    "web": Command(web, "the web server alone"),
    "worker": Command(worker, "a worker alone"),
    "beat": Command(beat, "the beat alone"),
    "clock": Command(clock, "the hand of a faster clock alone"),
    "gateway": Command(gateway, "print the gateway's configuration"),
    "compose-secrets": Command(compose_secrets, "make the secrets for docker-compose.yml"),
    "openapi": Command(openapi, "write the API's document"),
}


def _parser(name: str, about: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"./run {name}", description=about)


def _with_data(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    from deploy.environment import ROOT

    parser.add_argument("--data", metavar="DIR", type=Path, default=ROOT / "var", help="the data folder (default var)")
    return parser


def _with_service(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    from shared.settings import SERVICES

    parser.add_argument("--service", choices=SERVICES, help="only this one")
    return parser


def _on_local_database(data: Path, act: Callable[[Mapping[str, str]], int]) -> int:
    """Act while the database of a data folder runs. The process gets the environment of the installation too."""
    from deploy.embedded.children import NotStarted
    from deploy.embedded.folder import FolderRefused
    from deploy.installation import local_database
    from shared.settings import SettingsError

    try:
        with local_database(data) as environ:
            return act(environ)
    except (FolderRefused, NotStarted, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1


def _with_settings(act: Callable[[Settings], int]) -> int:
    """Act with the settings of this process; wrong ones are named."""
    from shared.settings import Settings, SettingsError

    try:
        return act(Settings.from_env(os.environ))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1


def _become(argv: Sequence[str]) -> int:
    """The process is replaced, so that a container's signals reach the server itself."""
    from deploy.environment import ROOT, python_environment

    os.chdir(ROOT)
    os.execve(argv[0], list(argv), {**os.environ, **python_environment()})  # noqa: S606  # no shell is wanted


def _absolute(argument: str) -> str:
    path, colons, node = argument.partition("::")
    return f"{Path(path).absolute()}{colons}{node}" if Path(path).exists() else argument
