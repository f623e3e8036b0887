"""What a person asks of `./run`. Relative paths are relative to where the caller stands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from deploy.commands_of_processes import become, parser_for


def up(argv: Sequence[str]) -> int:
    """Everything on this machine."""
    from deploy.up import main

    return main(argv)


# All tests at once, on two cores; a file stays together, because a story is told in its order.
SIDE_BY_SIDE = ["-n", "2", "--dist", "loadfile"]


def test(argv: Sequence[str]) -> int:
    """Become pytest. Its paths are the caller's; its settings are in the project's folder."""
    if list(argv) in (["-h"], ["--help"]):
        print("usage: ./run test [pytest's options and paths]\n\nRun the tests, all of them by default.")
        return 0
    arguments = [_absolute(argument) for argument in argv] or SIDE_BY_SIDE
    return become([sys.executable, "-m", "pytest", *arguments])


def check(argv: Sequence[str]) -> int:
    """What a developer runs before a commit."""
    from deploy.checks import main

    parser_for("check", "Format, lint, types, imports, compose file, Dockerfile, migrations, tests.").parse_args(argv)
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
    parser = parser_for("token", "Print a new API token of the local installation. It is shown this once.")
    parser.add_argument("--scopes", metavar="A,B", help="what it may do (default: everything)")
    parser.add_argument("--label", metavar="NAME", help="what the console calls it")
    args = _with_data(parser).parse_args(argv)
    chosen = [part for name in ("scopes", "label") if (value := getattr(args, name)) for part in (f"--{name}", value)]

    def make(environ: Mapping[str, str]) -> int:
        from services.booking import cli
        from shared.settings import Settings

        return cli.token(chosen, Settings.from_env(environ))

    return _on_local_database(args.data, make)


def person(argv: Sequence[str]) -> int:
    """What is kept about somebody, and forgetting them."""
    parser = _with_data(parser_for("person", "Show, export or erase what is kept about a person."))
    parser.add_argument("email", metavar="EMAIL", help="their address")
    act = parser.add_mutually_exclusive_group()
    act.add_argument("--export", metavar="FILE", nargs="?", const="-", help="write all of it as JSON, or print it")
    act.add_argument("--erase", action="store_true", help="overwrite all of it, in all services; it cannot be undone")
    parser.add_argument("--yes", action="store_true", help="with --erase: do not ask for the address again")
    parser.add_argument(
        "--cancel-calls", action="store_true", help="with --erase: cancel the calls that are ahead first"
    )
    args = parser.parse_args(argv)

    def keep_or_forget(environ: Mapping[str, str]) -> int:
        from deploy.person import main
        from shared.settings import Settings

        return main(Settings.from_env(environ), args, cwd=Path.cwd())

    return _on_local_database(args.data, keep_or_forget)


def doctor(argv: Sequence[str]) -> int:
    """What is stuck in the local installation."""
    parser = _with_data(parser_for("doctor", "Say what is stuck and what waits."))
    parser.add_argument("--retry", action="store_true", help="give everything that is parked a fresh start first")
    parser.add_argument("--send", metavar="MAIL", type=UUID, help="send this parked mail again")
    args = parser.parse_args(argv)

    def examine(environ: Mapping[str, str]) -> int:
        from deploy.doctor import main
        from shared.settings import Settings

        return main(Settings.from_env(environ), retry=args.retry, send=args.send)

    return _on_local_database(args.data, examine)


def gateway(argv: Sequence[str]) -> int:
    """The gateway's configuration, from the table of routes."""
    parser_for("gateway", "Print deploy/gateway/Caddyfile as the table of routes gives it.").parse_args(argv)
    from deploy.gateway import caddyfile

    print(caddyfile(), end="")
    return 0


def compose_secrets(argv: Sequence[str]) -> int:
    """What docker-compose.yml needs before its first start."""
    parser_for("compose-secrets", "Make the secret files that docker-compose.yml reads; none is replaced.").parse_args(
        argv
    )
    from deploy.compose_secrets import main

    return main()


def openapi(argv: Sequence[str]) -> int:
    """The API's document."""
    parser_for("openapi", "Write the joined OpenAPI document anew.").parse_args(argv)
    from deploy.openapi import main

    return main()


def _with_data(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    from deploy.environment import ROOT

    parser.add_argument("--data", metavar="DIR", type=Path, default=ROOT / "var", help="the data folder (default var)")
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
    except (FolderRefused, NotStarted, SettingsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _absolute(argument: str) -> str:
    path, colons, node = argument.partition("::")
    return f"{Path(path).absolute()}{colons}{node}" if Path(path).exists() else argument
