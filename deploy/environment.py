"""The variables that the programs of one machine get: what the user has set wins over our own choice."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Addresses of nobody: nothing leaves the machine until MAIL_URL says so.
SAMPLE_DOMAIN = "firstcall.example"


def given(environ: Mapping[str, str], name: str) -> bool:
    """Whether the user has set a variable, itself or by a file."""
    return name in environ or f"{name}_FILE" in environ


def environment(
    environ: Mapping[str, str], *, data: Path, url: str, databases: Mapping[str, str], secrets: Mapping[str, str]
) -> dict[str, str]:
    """The environment of every program: the user's own, and a default for each variable that is missing.

    `databases` holds DATABASE_URL and BROKER_URL of the servers that the launcher has started itself.
    """
    defaults = {
        **databases,
        "SECRET_KEY": secrets["SECRET_KEY"],
        "SUPPRESSION_KEY": secrets["SUPPRESSION_KEY"],
        "MAIL_URL": f"maildir:{data / 'outbox'}",
        "PUBLIC_URL": url,
        "BOOKINGS_ADDRESS": f"bookings@{SAMPLE_DOMAIN}",
        "NURTURE_ADDRESS": f"letters@{SAMPLE_DOMAIN}",
        "MAIL_DOMAIN": SAMPLE_DOMAIN,
    }
    missing = {name: value for name, value in defaults.items() if not given(environ, name)}
    return {**environ, **missing, **python_environment()}


def python_environment() -> dict[str, str]:
    """How every Python of ours finds the code, and the pinned zones instead of the machine's (law 3).

    Compiled code is kept even where the user's environment forbids it: a start takes twice as long without.
    """
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHONSAFEPATH": "1",
        "PYTHONTZPATH": "",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "",
    }


def public_url(environ: Mapping[str, str], port: int) -> str:
    """Where people will look."""
    return environ.get("PUBLIC_URL", f"http://localhost:{port}").rstrip("/")


def concurrency(environ: Mapping[str, str]) -> int:
    """Web processes: WEB_CONCURRENCY, else one per core up to two."""
    return int(environ.get("WEB_CONCURRENCY", "") or min(os.cpu_count() or 1, 2))
