"""Undo: the form that makes again what an act took away, carried by the address of the notice that offers it.

Sealed, because an address can be made by anybody: nobody else writes what the advisor's button does, and what it holds
stands in no history in the clear.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from cryptography.fernet import InvalidToken

from shared.security import cipher
from shared.settings import Settings

PURPOSE = "undo"


def undo_parameter(settings: Settings, action: str, fields: Mapping[str, str]) -> str:
    """What an address carries: `&undo=…`."""
    sealed = cipher(settings, PURPOSE).encrypt(json.dumps({"action": action, "fields": fields}).encode())
    return f"&undo={quote(sealed.decode())}"


def undo_of(settings: Settings, text: str) -> dict[str, Any] | None:
    """The form that an address carries: `{action, fields}`. None for what is not ours."""
    try:
        opened: dict[str, Any] = json.loads(cipher(settings, PURPOSE).decrypt(text.encode("utf-8", "replace")))
    except InvalidToken:
        return None
    return opened
