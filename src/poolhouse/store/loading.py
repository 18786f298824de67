"""The rows of a dump put into an empty database of either kind, at their version, which is then brought up to date."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.errors import BackupRefused

from . import own_files
from .dumping import Contents, Rows
from .inspection import MARK
from .migrations import migrate

if TYPE_CHECKING:
    from sqlalchemy import Connection

Batches = Iterator[tuple[int, Rows]]
Gap = Callable[[bytes | None, int], bytes]
"""Seals how many ids of audit records were never given to one."""
GAP_FACT = "audit-gap"
_TRAIL = "audit_events"


def load_sqlite(path: Path, contents: Contents, batches: Batches, gap: Gap) -> None:
    """The file is there when it is complete. Raises BackupRefused when there is one, or the version is not known."""
    from sqlalchemy import create_engine, event

    if path.exists():
        raise _occupied(str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.restoring")
    draft.unlink(missing_ok=True)
    own_files.make(draft)
    engine = create_engine(f"sqlite:///{draft}")

    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: "Connection") -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            _load(connection, contents, batches)
            _after_sqlite(connection, contents, gap)
        engine.dispose()
        _keep(draft, path)
    finally:
        engine.dispose()
        draft.unlink(missing_ok=True)


async def load_postgresql(url: str, contents: Contents, batches: Batches) -> None:
    """In one transaction: all of it or nothing."""
    from .connecting import postgresql_engine

    engine = postgresql_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_load_postgresql, contents, batches)
    finally:
        await engine.dispose()


def _load_postgresql(connection: "Connection", contents: Contents, batches: Batches) -> None:
    from sqlalchemy import inspect, text

    if inspect(connection).get_table_names():
        raise _occupied("This PostgreSQL database")
    _load(connection, contents, batches)
    for table in contents.tables:
        name = (
            connection.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name}).scalar()
            if table.given is not None
            else None
        )
        if name and table.given:
            connection.execute(text("SELECT setval(:name, :given)"), {"name": name, "given": table.given})


def _load(connection: "Connection", contents: Contents, batches: Batches) -> None:
    from sqlalchemy import MetaData, insert

    migrate(connection, contents.version)
    known = MetaData()
    known.reflect(connection)
    arrived = [0] * len(contents.tables)
    for place, rows in batches:
        table = contents.tables[place]
        connection.execute(
            insert(known.tables[table.name]), [dict(zip(table.columns, row, strict=True)) for row in rows]
        )
        arrived[place] += len(rows)
    for table, rows_of in zip(contents.tables, arrived, strict=True):
        if rows_of != table.rows:
            text = f"Of {table.rows} rows of {table.name}, {rows_of} are in the backup."
            raise BackupRefused(text, resolution="Use another backup.")
    migrate(connection)


def _after_sqlite(connection: "Connection", contents: Contents, gap: Gap) -> None:
    """The ids that are spent stay spent; what PostgreSQL left out between ids of the trail is noted under seal."""
    from sqlalchemy import text

    for table in contents.tables:
        given = table.given or 0
        if table.name == _TRAIL and contents.kind == "postgresql":
            given = _note_gap(connection, gap)
        values = {"name": table.name, "given": given}
        changed = connection.execute(text("UPDATE sqlite_sequence SET seq = :given WHERE name = :name"), values)
        if not changed.rowcount and given and _counts(connection, table.name):
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :given)"), values)
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise BackupRefused(f"A row of {broken[0]} belongs to nothing.", resolution="Use another backup.")


def _counts(connection: "Connection", table: str) -> bool:
    """Whether the table never gives an id twice."""
    from sqlalchemy import text

    asked = text("SELECT sql FROM sqlite_schema WHERE name = :name AND type = 'table'")
    return "AUTOINCREMENT" in str(connection.execute(asked, {"name": table}).scalar())


def _note_gap(connection: "Connection", gap: Gap) -> int:
    """The highest id of the trail."""
    from sqlalchemy import text

    highest, rows = connection.execute(text(f"SELECT coalesce(max(id), 0), count(*) FROM {_TRAIL}")).one()  # noqa: S608 - our own table
    connection.execute(text("DELETE FROM facts WHERE name = :name"), {"name": GAP_FACT})
    if highest > rows:
        mark = connection.execute(text(MARK)).scalar()
        values = {"name": GAP_FACT, "value": gap(mark, int(highest - rows))}
        connection.execute(text("INSERT INTO facts (name, value) VALUES (:name, :value)"), values)
    return int(highest)


def _keep(draft: Path, path: Path) -> None:
    """On disk before it has its name."""
    with closing(sqlite3.connect(draft)) as connection:
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
    for place in (draft, draft.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    draft.replace(path)


def _occupied(what: str) -> BackupRefused:
    return BackupRefused(
        f"{what} is not empty, and a backup is restored into nothing but an empty database.",
        resolution="Name another --database; the one that is there is left as it is.",
    )
