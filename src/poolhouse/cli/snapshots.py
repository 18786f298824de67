"""`poolhouse snapshot`, `restore` and `reset`: the project's development database, kept and brought back by name."""

import base64
import re
import time
from pathlib import Path
from typing import Final, NamedTuple

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.config import load
from poolhouse.define.evaluation import FIRST
from poolhouse.define.project import elsewhere
from poolhouse.errors import NotFoundInDatabase, SettingError, UserError
from poolhouse.store import copies
from poolhouse.store.clearing import clear

FOLDER: Final = Path(".poolhouse") / "snapshots"
BEFORE_RESTORE: Final = "before-restore"
BEFORE_RESET: Final = "before-reset"
_SUFFIX: Final = ".db"
_NO_KEY: Final = {"master_key": base64.b64encode(bytes(32)).decode()}
"""A file is copied without its key, and none must be made in a folder that turns out to be the wrong one."""


class Snapshot(NamedTuple):
    """`size` in bytes, `made` in local time."""

    name: str
    size: int
    made: str


def snapshot(project: Path, name: str, *, replace: bool) -> Path:
    """Keep the present state. A server may run meanwhile. Raises UserError."""
    database, target = _database(project), _file(project, name)
    _require(project, database)
    if target.exists() and not replace:
        raise UserError(f"There is a snapshot {name} already.", resolution="Choose another name, or add --replace.")
    copies.copy_to(database, target)
    return target


def restore(project: Path, name: str) -> None:
    """Bring a state back; the present one is kept as `before-restore`. Raises UserError."""
    database, source = _database(project), _file(project, name)
    if not source.exists():
        names = ", ".join(each.name for each in listed(project))
        hint = f"Choose one of: {names}." if names else _begin(project, "Make one: poolhouse snapshot NAME")
        raise NotFoundInDatabase(f"There is no snapshot {name}.", resolution=hint)
    copies.copy_back(source, database, keep=_file(project, BEFORE_RESTORE))


def reset(project: Path, *, everything: bool) -> None:
    """Forget all users and messages, or the whole database; the present state is kept as `before-reset`."""
    database = _database(project)
    _require(project, database)
    keep = _file(project, BEFORE_RESET)
    if everything:
        copies.remove(database, keep)
    else:
        copies.copy_to(database, keep)
        visit(Where(project, None), _clear)


async def _clear(administration: Administration) -> None:
    async with administration.services.database.write() as tx:
        await clear(tx)
        await administration.did(tx, "ForgetEverybody")


def listed(project: Path) -> list[Snapshot]:
    """The snapshots, newest first."""
    found = sorted((project / FOLDER).glob(f"[!.]*{_SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [Snapshot(path.stem, path.stat().st_size, _moment(path.stat().st_mtime)) for path in found]


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _file(project: Path, name: str) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", name):
        raise UserError(
            f"{name!r} is no name for a snapshot.", resolution="Use letters, digits, underscore, full stop and hyphen."
        )
    return project / FOLDER / f"{name}{_SUFFIX}"


def _database(project: Path) -> Path:
    """The file. Raises SettingError for another kind of database."""
    url = load("dev", project, _NO_KEY).database
    scheme, _, path = url.partition("sqlite:///")
    if scheme or not path:
        raise SettingError(
            "Snapshots are of SQLite files, and this project's database is none.",
            resolution="Use pg_dump and pg_restore, or let POOLHOUSE_DATABASE out of this command's environment.",
        )
    return Path(path)


def _require(project: Path, database: Path) -> None:
    if not database.exists():
        hint = _begin(project, "Run poolhouse dev once.")
        raise SettingError(f"There is no database {database}.", resolution=hint)


def _begin(project: Path, here: str) -> str:
    """What to do where nothing is kept yet: `here` in a project, and elsewhere where the project is."""
    return here if (project / FIRST).is_file() else elsewhere(project.resolve())
