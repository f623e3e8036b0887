"""What the booking form asks beside name and address. Message ids, translated where they are shown."""

from __future__ import annotations

SITUATION = "Which sounds like you?"
WORTH = "What would make this worth your time?"

# Five situations in which people look for such a call; the first letters of a brief.
SITUATIONS: tuple[tuple[str, str], ...] = (
    ("nobody_owns_it", "AI matters to us, and nobody senior owns the direction"),
    ("strong_team", "A strong team that has not built AI at scale before"),
    ("stuck_pilots", "Pilots that never reach production"),
    ("board_asks", "The board asks for a plan that we cannot yet tell"),
    ("second_opinion", "An agency builds for us, and we want a second opinion"),
)
