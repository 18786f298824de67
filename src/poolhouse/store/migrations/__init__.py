"""One migration history for both databases, applied at start under a lock.

`HEAD` is compared first with what the database says, so that an up-to-date database never pays for importing Alembic.
Nor does a new SQLite file: `new.sql` is what the history makes of an empty one, and a test says when it is not.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.errors import SettingError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

HEAD = "0007"

_FOLDER = Path(__file__).parent
NEW_SQLITE = _FOLDER / "new.sql"
STATEMENT_END = "\n;\n"
_LOCK = 7_301_846_112
_TRIES = 9
_DEADLOCK = "40P01"
_VERSION_QUERY = "SELECT version_num FROM alembic_version"


def upgrade_sqlite(path: str) -> None:
    """Bring the file at `path` to HEAD; concurrent starters wait for each other."""
    if _sqlite_version(path) == HEAD or _new_sqlite(path) == HEAD:
        return
    from sqlalchemy import create_engine, event

    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _lock_first(connection: "Connection") -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            migrate(connection)
    finally:
        engine.dispose()


async def upgrade_postgresql(url: str) -> None:
    """Bring the database at `url` to HEAD; concurrent starters wait for each other. Older processes may be at work.

    Raises SettingError when PostgreSQL refuses a change of its tables.
    """
    if await _postgresql_version(url) == HEAD:
        return
    await _under_lock(url, migrate)


async def _under_lock(url: str, change: "Callable[[Connection], None]") -> None:
    """All of it or nothing; done again when PostgreSQL ended it because a request and it waited for each other."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    from poolhouse.store.connecting import postgresql_engine

    engine = postgresql_engine(url)
    try:
        for last in (*[False] * _TRIES, True):
            try:
                async with engine.begin() as connection:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                    await connection.run_sync(change)
                return
            except DBAPIError as error:
                if last or getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                    raise _refused(error) from error
    finally:
        await engine.dispose()


def _refused(error: "DBAPIError") -> SettingError:
    return SettingError(
        f"PostgreSQL did not let the tables be made or changed ({error.orig}).",
        resolution="See that the role of --database or POOLHOUSE_DATABASE may create tables there, and start again.",
    )


def _new_sqlite(path: str) -> str | None:
    """Give a file without tables all of them; returns the version that it has then, None where it has none still."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None:
                for statement in NEW_SQLITE.read_text(encoding="utf-8").split(STATEMENT_END):
                    connection.execute(statement)
    return _sqlite_version(path)


def _sqlite_version(path: str) -> str | None:
    if not Path(path).exists():
        return None
    connection = sqlite3.connect(path, timeout=30)
    try:
        row = connection.execute(_VERSION_QUERY).fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
    return str(row[0]) if row else None


async def _postgresql_version(url: str) -> str | None:
    import asyncpg

    from poolhouse.store.connecting import Route

    connection = await Route(url).connect()
    try:
        version: str | None = await connection.fetchval(_VERSION_QUERY)
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return version


def migrate(connection: "Connection", version: str = "head") -> None:
    """Bring the schema to a version. Raises SettingError for one that this program does not know."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, version)
    except CommandError as error:
        raise SettingError(
            f"The database was written by another version of Poolhouse: this one knows up to {HEAD} ({error}).",
            resolution="Use that version or a later one, or a copy of the database from before it was upgraded.",
        ) from error
