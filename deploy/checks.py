"""`./run check`: what a developer, the pre-commit hook and CI run. It installs nothing and changes no file."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.environment import ROOT


@dataclass(frozen=True)
class Step:
    """One check: a name and the command that fails when something is wrong."""

    name: str
    argv: tuple[str, ...]


def main() -> int:
    """Run every step, also after a failure, so that one run shows all there is to do. 1 when any failed."""
    failed = [step.name for step in steps() if not _passes(step)]
    print(f"failed: {', '.join(failed)}" if failed else "all good")
    return 1 if failed else 0


def steps() -> tuple[Step, ...]:
    """Quick ones first. `run` has no ending by which the tools would find it."""
    tools = Path(sys.executable).parent
    python = sys.executable
    return (
        Step("format", (str(tools / "ruff"), "format", "--check", ".", "run")),
        Step("lint", (str(tools / "ruff"), "check", ".", "run")),
        Step("compose", (str(tools / "docker-compose"), "-f", "docker-compose.yml", "config", "-q")),
        Step("dockerfile", (str(tools / "hadolint"), "deploy/Dockerfile")),
        Step("imports", (str(tools / "lint-imports"),)),
        Step("types", (python, "-m", "mypy")),
        Step("migrations", (python, "-m", "deploy", "migrate", "--check")),
        Step("tests", (python, "-m", "deploy", "test")),
    )


def _passes(step: Step) -> bool:
    began = time.monotonic()
    done = subprocess.run(step.argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    verdict = "FAILED" if done.returncode else "ok"
    print(f"{verdict:<7}{step.name:<11}{time.monotonic() - began:6.1f} s", flush=True)
    if done.returncode:
        print(done.stdout.rstrip(), flush=True)
    return done.returncode == 0
