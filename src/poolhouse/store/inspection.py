"""What a database says of itself, without a change to it: for the doctor, not for a server."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from .migrations import HEAD

_SETTINGS = ("server_version", "server_encoding", "fsync", "synchronous_commit", "full_page_writes", "max_connections")
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = ANY(current_schemas(false))"
_VERSION = "SELECT version_num FROM alembic_version"
_NEWEST_EVENT = "SELECT max(at) FROM audit_events"
MARK = "SELECT value FROM facts WHERE name = 'master-key'"


class Condition(NamedTuple):
    """`version` is the migration that it is at, None for a database that is not ours yet; `mark` was sealed under its
    master key; `newest` is the time of the last audit record, in epoch microseconds. `settings` are the database's own
    words about durability. `free` and `size` are bytes on its disk, None where they cannot be known from here, and
    `seconds` how far its clock is ahead of ours.
    """

    version: str | None
    mark: bytes | None
    newest: int | None
    settings: dict[str, str]
    free: int | None = None
    size: int | None = None
    seconds: float = 0.0


def is_current(condition: Condition) -> bool:
    """Whether it has been migrated to what this version of Poolhouse needs."""
    return condition.version == HEAD


def of_sqlite(path: Path) -> Condition:
    """Raises OSError and sqlite3.Error when the file cannot be read, or is no database."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        settings = {"journal_mode": str(connection.execute("PRAGMA journal_mode").fetchone()[0])}
        settings["check"] = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        version, mark, newest = _facts(connection)
    return Condition(version, mark, newest, settings, shutil.disk_usage(path.parent).free, path.stat().st_size)


def _facts(connection: sqlite3.Connection) -> tuple[str | None, bytes | None, int | None]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    row = connection.execute(_VERSION).fetchone() if "alembic_version" in tables else ()
    mark = connection.execute(MARK).fetchone() if "facts" in tables else None
    newest = connection.execute(_NEWEST_EVENT).fetchone() if "audit_events" in tables else (None,)
    return (str(row[0]) if row else None), (bytes(mark[0]) if mark else None), newest[0]


async def of_postgresql(url: str, now: Callable[[], int]) -> Condition:
    """Raises OSError, asyncpg's errors and TimeoutError when it cannot be reached."""
    from .connecting import Route

    connection = await Route(url).connect(timeout=10)
    try:
        settings = {name: str(await connection.fetchval("SELECT current_setting($1)", name)) for name in _SETTINGS}
        tables = {row[0] for row in await connection.fetch(_TABLES)}
        version, mark, newest = [
            await connection.fetchval(statement) if table in tables else None
            for table, statement in (("alembic_version", _VERSION), ("facts", MARK), ("audit_events", _NEWEST_EVENT))
        ]
        theirs = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
        ahead = float(theirs) - now() / 1e6
    finally:
        await connection.close()
    return Condition(version, mark, newest, settings, seconds=ahead)
