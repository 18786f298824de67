"""Where `poolhouse dev` runs, for the commands beside it: a file in the project's state folder, which the server locks.

The lock ends with the process, however that ends: a file that nobody locks is what a killed server left behind.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_FOLDER: Final = Path(".poolhouse") / "running"
_SQLITE: Final = "sqlite:///"


@contextmanager
def recorded(project: Path, database: str, url: str) -> Iterator[None]:
    """While it lasts, `address` tells `url`. Of several servers on one database the first one is told."""
    path = _path(project, database)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        is_first = _locked(file, fcntl.LOCK_EX)
        if is_first:
            file.truncate(0)
            file.write(json.dumps({"url": url}))
            file.flush()
        try:
            yield
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
