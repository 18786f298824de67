"""Where `poolhouse dev` runs, for the commands beside it: a file in the project's state folder, which the server locks.

The lock ends with the process, however that ends: a file that nobody locks is what a killed server left behind.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from poolhouse.config import Settings, names_public_url

_FOLDER: Final = Path(".poolhouse") / "running"
_SQLITE: Final = "sqlite:///"


@contextmanager
def recorded(project: Path, database: str, url: str) -> Iterator[str | None]:
    """While it lasts, `address` tells `url`. Of several servers on one database the first one is told.

    Gives the address of that one, where it is another server.
    """
    other = address(project, database)
    path = _path(project, database)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        is_first = _locked(file, fcntl.LOCK_EX)
        if is_first:
            file.truncate(0)
            file.write(json.dumps({"url": url}))
            file.flush()
        try:
            yield None if is_first else other
        finally:
            if is_first:
                path.unlink(missing_ok=True)


def address(project: Path, database: str) -> str | None:
    """The URL of the development server that runs on a database now; None where none does."""
    try:
        with _path(project, database).open(encoding="utf-8") as file:
            text = "" if _locked(file, fcntl.LOCK_SH) else file.read()
    except FileNotFoundError:
        return None
    return str(json.loads(text)["url"]) if text else None


def reached(settings: Settings, project: Path, overrides: Mapping[str, object]) -> Settings:
    """With the address of the `dev` that runs, which clients' files must name; an address that was given stays."""
    if names_public_url() or any(overrides.get(name) is not None for name in ("host", "port", "tls")):
        return settings
    running = address(project, settings.database)
    return settings if running is None else replace(settings, public_url=running)


def _path(project: Path, database: str) -> Path:
    """One for each database; its address may hold a password, which is no business of the file's."""
    if database.startswith(_SQLITE):
        database = f"{_SQLITE}{Path(database.removeprefix(_SQLITE)).resolve()}"
    return project / _FOLDER / f"{hashlib.sha256(database.encode()).hexdigest()[:16]}.json"


def _locked(file: IO[str], kind: int) -> bool:
    """Whether the lock could be had; it is held until the file is closed."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
