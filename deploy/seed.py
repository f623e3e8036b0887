"""What a first start is filled with: the sample advisor, their calls and hours, an article, and an account.

Reads `content/`. An installation that has an advisor is left as it is.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from services.booking.usecases.set_up import open_console, set_up
from services.nurture.tasks import hear
from services.nurture.usecases.publish import Manuscript, publish_article
from shared.service import Service
from shared.settings import Settings

CONTENT = Path(__file__).parent.parent / "content"


def seed(settings: Settings, *, first_password: str, content: Path = CONTENT) -> bool:
    """Fill an empty installation. Returns whether there was anything to do."""
    booking, nurture = Service.start("booking", settings), Service.start("nurture", settings)
    profile, hours = _toml(content / "advisor.toml"), _toml(content / "availability.toml")
    with booking.sessions.begin() as session:
        fresh = set_up(
            session,
            profile=profile,
            call_types=_toml(content / "call-types.toml")["call_type"],
            windows=hours["window"],
            schedules=hours.get("schedule", ()),
            now=booking.clock.now(),
        )
        open_console(session, profile["email"], first_password, now=booking.clock.now())
    if fresh:
        # The article's letters lead to the advisor's first call type, so nurture must have heard of it.
        hear(nurture)
        _publish_articles(nurture, content)
    return fresh


def _publish_articles(nurture: Service, content: Path) -> None:
    for path in sorted((content / "articles").glob("*.md")):
        with nurture.sessions.begin() as session:
            manuscript = Manuscript(path.read_text(encoding="utf-8"), path.name, "markdown")
            publish_article(session, manuscript, now=nurture.clock.now())


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
