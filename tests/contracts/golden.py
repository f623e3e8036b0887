"""The golden events: for each its JSON Schema as the code has it, and an example that is written once.

`python -m tests.contracts.golden` writes the schemas anew, after a field was added. Examples are never touched: they
are what endpoints out there were built on. A new event needs one, written by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.events import known_events

GOLDEN = Path(__file__).parent


def golden(name: str) -> dict[str, Any]:
    """The contract of an event: `{"schema": …, "example": …}`."""
    found: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return found


def schema_of(name: str) -> dict[str, Any]:
    """The event's JSON Schema, from the code."""
    return known_events()[name].model_json_schema(mode="serialization")


def main() -> None:
    """Write the schema of every event; its example stays."""
    for name in known_events():
        contract = {"schema": schema_of(name), "example": golden(name)["example"]}
        text = json.dumps(contract, indent=2, ensure_ascii=False) + "\n"
        (GOLDEN / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
