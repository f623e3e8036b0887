"""The secret files that docker-compose.yml reads: made once, kept in `var/compose`, which git does not see."""

from __future__ import annotations

import secrets

from deploy.environment import ROOT

FOLDER = ROOT / "var" / "compose"


def main() -> int:
    """Write what is missing and say which file holds the console's first password."""
    for folder in (FOLDER.parent, FOLDER):
        folder.mkdir(mode=0o700, exist_ok=True)
    # Letters and digits only, because these two are parts of addresses.
    postgres = _kept("postgres_password", secrets.token_hex(24))
    valkey = _kept("valkey_password", secrets.token_hex(24))
    _kept("database_url", f"postgresql://firstcall:{postgres}@postgres/firstcall")
    _kept("broker_url", f"redis://:{valkey}@valkey:6379/0")
    _kept("mail_url", "maildir:/var/lib/firstcall/outbox")
    for name in ("secret_key", "suppression_key"):
        _kept(name, secrets.token_hex(32))
    _kept("first_password", secrets.token_urlsafe(12))
    print(f"The secrets are in {FOLDER}: the console's first password in first_password, where mail goes in mail_url.")
    return 0


def _kept(name: str, text: str) -> str:
    """What the file holds already, else `text`, which it holds from now on.

    Readable in the container, whose account is another; the folder above keeps others out on this machine.
    """
    path = FOLDER / name
    if not path.exists():
        path.write_text(f"{text}\n")
        path.chmod(0o644)
    return path.read_text().strip()
