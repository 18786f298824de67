"""Copies of a whole SQLite database: into a file, out of it, and a template that a running server goes back to.

Everything goes through SQLite's own backup, so a copy is one committed state, whoever reads or writes meanwhile.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from poolhouse.errors import SettingError

from . import own_files

_WAIT_SECONDS = 10.0


def copy_to(database: Path, target: Path) -> None:
    """Write the present state to `target`, which is there as a whole or not at all. A server may run meanwhile."""
    with closing(_open(database)) as source:
        _write(source, target)


def copy_back(source: Path, database: Path, keep: Path) -> None:
    """Make the database what `source` is, in one transaction; what it was is kept in `keep`, which may be `source`.

    Raises SettingError while another process has the database open; then nothing has changed.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    is_there = database.exists()
    with closing(_open(source)) as copy, closing(_open(database)) as target:
        copy.execute("BEGIN")
        copy.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # holds the file that is there now
        _take(target, database)
        if is_there:
            _write(target, keep)
        copy.backup(target)


def remove(database: Path, keep: Path) -> None:
    """Delete the database and keep what it was in `keep`. Raises SettingError while another process has it open."""
    with closing(_open(database)) as target:
        _take(target, database)
        _write(target, keep)
        for suffix in ("", "-wal", "-shm", "-journal"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)


def _write(source: sqlite3.Connection, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        own_files.make(draft)
        with closing(_open(draft)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _take(connection: sqlite3.Connection, database: Path) -> None:
    """Have the file for this connection alone, until it closes: WAL is left only when nobody else is connected."""
    connection.execute("PRAGMA busy_timeout=200")
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise SettingError(
            f"The database {database} is in use by another process.",
            resolution="End poolhouse dev, or whatever else works with it, and do this again.",
        ) from error


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=_WAIT_SECONDS)


class Template:
    """A state of a database, kept in memory."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(_open(database)) as source:
            source.backup(self._kept)

    def restore(self) -> None:
        """Go back to it, under the feet of a server that has the file open. Blocks: call it from a thread."""
        with closing(_open(self._database)) as target:
            self._kept.backup(target)

    def close(self) -> None:
        self._kept.close()
