"""The commands that are processes: what the launcher and a container start. Configured by the environment alone."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.settings import Settings


def migrate(argv: Sequence[str]) -> int:
    """Bring a database up to date, or say whether migrations and models agree."""
    parser = parser_for("migrate", "Bring the database that DATABASE_URL names up to date.")
    parser.add_argument("--check", action="store_true", help="compare migrations with models in a database of its own")
    args = parser.parse_args(argv)
    from deploy.migrating import check_migrations, migrate_here

    return check_migrations() if args.check else _with_settings(migrate_here)


def seed(argv: Sequence[str]) -> int:
    """Fill an empty installation."""
    parser_for("seed", "Fill an empty database with content/. FIRST_PASSWORD opens the console.").parse_args(argv)
    from deploy.migrating import seed_here

    return _with_settings(seed_here)


def web(argv: Sequence[str]) -> int:
    """Become the web server."""
    from deploy import programs

    parser = parser_for(
        "web", "Serve the pages on HOST and PORT, by granian or, with WEB_SERVER=gunicorn, by gunicorn."
    )
    args = _with_service(parser).parse_args(argv)
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    return become(programs.web(os.environ, host=host, port=port, service=args.service))


def worker(argv: Sequence[str]) -> int:
    """Become a worker."""
    from deploy import programs

    args = _with_service(parser_for("worker", "Do what is due, for one service or for all three.")).parse_args(argv)
    return become(programs.worker(args.service))


def beat(argv: Sequence[str]) -> int:
    """Become the beat."""
    from deploy import programs

    parser_for("beat", "Wake the workers at every tick.").parse_args(argv)
    return become(programs.beat())


def clock(argv: Sequence[str]) -> int:
    """Move product time, in an installation made with --speed."""
    parser_for("clock", "Move the product time of an installation that was made with --speed.").parse_args(argv)
    from deploy.clock import main

    return main()


def parser_for(name: str, about: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"./run {name}", description=about)


def become(argv: Sequence[str]) -> int:
    """The process is replaced, so that a container's signals reach the server itself."""
    from deploy.environment import ROOT, python_environment

    os.chdir(ROOT)
    os.execve(argv[0], list(argv), {**os.environ, **python_environment()})  # noqa: S606  # no shell is wanted


def _with_service(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    from shared.settings import SERVICES

    parser.add_argument("--service", choices=SERVICES, help="only this one")
    return parser


def _with_settings(act: Callable[[Settings], int]) -> int:
    """Act with the settings of this process; wrong ones are named."""
    from shared.settings import Settings, SettingsError

    try:
        return act(Settings.from_env(os.environ))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
