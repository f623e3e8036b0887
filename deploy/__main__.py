"""`./run COMMAND …`: finds the command and hands over. Starting everything is what happens without one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from deploy.commands import COMMANDS, overview


def main(argv: Sequence[str]) -> int:
    """Returns the exit status of the command."""
    if argv[:1] and argv[0] in ("-h", "--help"):
        print(overview())
        return 0
    if argv[:1] and not argv[0].startswith("-"):
        return _command(argv[0], argv[1:])
    return COMMANDS["up"].run(argv)


def _command(name: str, rest: Sequence[str]) -> int:
    if name not in COMMANDS:
        print(f"There is no command {name!r}.\n\n{overview()}", file=sys.stderr)
        return 2
    return COMMANDS[name].run(rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
