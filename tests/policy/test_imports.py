"""Who may import whom: the contracts in pyproject.toml hold, and they would notice."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from shared.settings import SERVICES
from tests.policy.sources import ROOT, imports, sources


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_every_service_is_under_the_contracts() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = [contract for contract in configured["contracts"] if contract["type"] == "layers"]
    held = {container for contract in layers for container in contract.get("containers", [])}
    assert held == {f"services.{service}" for service in SERVICES}
    assert all(contract.get("exhaustive", False) for contract in layers if contract.get("containers"))


def test_no_service_imports_another_and_shared_imports_none() -> None:
    """The same by reading: a mistake in the configuration of the linter must not go unnoticed."""
    for path, tree in sources().items():
        folder, service = path.split("/")[0], path.split("/")[1]
        for name in imports(tree):
            if name.startswith("services."):
                assert folder == "deploy" or (folder == "services" and name.split(".")[1] == service), (path, name)
            assert folder == "deploy" or not name.startswith("deploy"), (path, name)
            assert not name.startswith("tests"), (path, name)
