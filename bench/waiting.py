"""How long anybody waits for a lock when fifty come at once: `python -m bench.waiting [--limits 1000 500]`.

The crowd tests are run once for each limit, in milliseconds: fifty connections that give up a lock after it. They run
one by one in one interpreter, so the limit also holds what fifty threads keep from each other, and a machine that does
something else beside it says nothing.

Goal: every crowd within 1000 ms.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

CROWDS = sorted(str(path) for path in Path("tests/booking").glob("test_at_the_same_time*.py"))
GOAL_MS = 1000


def main() -> None:
    """Print for each limit how many crowds kept it, and which did not."""
    for limit in _arguments().limits:
        kept, broken = _crowds_within(limit)
        goal = f" (goal: all within {GOAL_MS} ms)" if limit == GOAL_MS else ""
        print(f"{limit:5d} ms: {kept} of {kept + len(broken)} crowds{goal}")
        for name in broken:
            print(f"          not {name}")


def _crowds_within(limit: int) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rpf", *CROWDS]
    environment = os.environ | {"CROWD_MOST_WAIT_MS": str(limit)}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode not in (0, 1):
        sys.exit(answer.stdout + answer.stderr)
    outcomes = re.findall(r"^(PASSED|FAILED) \S*::(\S+)", answer.stdout, re.MULTILINE)
    return sum(how == "PASSED" for how, _ in outcomes), [name for how, name in outcomes if how == "FAILED"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=int, nargs="+", default=[GOAL_MS], metavar="MS")
    return parser.parse_args()


if __name__ == "__main__":
    main()
