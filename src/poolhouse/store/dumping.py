"""Every row of a database as plain values, of one moment, whatever kind of database it is and whoever writes meanwhile.

The tables are those that the database has, not those that this version knows: a backup can be made before an upgrade.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from poolhouse.errors import SettingError

if TYPE_CHECKING:
    from sqlalchemy import Connection

BATCH: Final = 500
_VERSION = "alembic_version"
Rows = list[tuple[int | str | bytes | None, ...]]


class Table(msgspec.Struct, frozen=True):
    """`given` is the highest id that a row ever had, which may be past the rows that are left."""

    name: str
    columns: list[str]
    rows: int
    given: int | None = None


class Contents(msgspec.Struct, frozen=True):
    """What a dump holds: the kind of database, the migration it was at, its tables in the order of foreign keys."""

    kind: str
    version: str
    tables: list[Table]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


Take = Callable[[Contents, Iterator[tuple[int, Rows]]], None]
"""What is done with a dump: it is given the contents, then (place of the table in it, some of its rows)."""


def dump_sqlite(path: Path, take: Take) -> None:
    """A server may go on writing. Raises SettingError for a file that is no database of ours."""
    from sqlalchemy import create_engine, event

    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _read_only(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _one_moment(connection: "Connection") -> None:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar()

    try:
        with engine.begin() as connection:
            _dump(connection, "sqlite", take)
    finally:
        engine.dispose()


async def dump_postgresql(url: str, take: Take) -> None:
    """The same; one transaction that sees one moment."""
    from .connecting import postgresql_engine

    engine = postgresql_engine(url, isolation_level="REPEATABLE READ")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_dump, "postgresql", take)
    finally:
        await engine.dispose()


def _dump(connection: "Connection", kind: str, take: Take) -> None:
    from sqlalchemy import MetaData, text

    found = MetaData()
    found.reflect(connection)
    if _VERSION not in found.tables:
        raise SettingError("This database is empty, or not one of Poolhouse's.", resolution="Name another --database.")
    version = connection.execute(text(f"SELECT version_num FROM {_VERSION}")).scalar_one()  # noqa: S608 - our own table
    tables = [table for table in found.sorted_tables if table.name != _VERSION]
    contents = Contents(kind, str(version), [_described(connection, kind, table) for table in tables])
    take(contents, _rows(connection, tables))


def _described(connection: "Connection", kind: str, table: Any) -> Table:
    from sqlalchemy import func, select

    rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
    given = _given(connection, kind, table) if "id" in table.c and _is_number(table.c.id) else None
    return Table(str(table.name), [str(column.name) for column in table.columns], int(rows), given)


def _is_number(column: Any) -> bool:
    return bool(column.type.python_type is int)


def _given(connection: "Connection", kind: str, table: Any) -> int:
    from sqlalchemy import func, select, text

    highest = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    if kind == "sqlite":
        asked = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        kept = connection.execute(asked, {"name": table.name}).scalar()
    else:
        name = connection.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name}).scalar()
        kept = connection.execute(text(f"SELECT last_value FROM {name}")).scalar() if name else None  # noqa: S608 - the database said it
    return max(int(highest), int(kept or 0))


def _rows(connection: "Connection", tables: list[Any]) -> Iterator[tuple[int, Rows]]:
    """In the order of the primary key, so that two dumps of the same rows are the same."""
    from sqlalchemy import select

    for place, table in enumerate(tables):
        asked = select(table).order_by(*table.primary_key.columns)
        with connection.execution_options(stream_results=True, yield_per=BATCH).execute(asked) as result:
            for rows in result.partitions(BATCH):
                yield place, [tuple(row) for row in rows]
