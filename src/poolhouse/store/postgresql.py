"""PostgreSQL through asyncpg: a pool of connections, prepared statements, one transaction per write block."""

from types import TracebackType
from typing import Any

import asyncpg

from poolhouse.errors import InvalidParameterException, SettingError
from poolhouse.store.database import Row, Values
from poolhouse.store.migrations import upgrade_postgresql
from poolhouse.store.statement import Statement

# PostgreSQL keeps every character but this one; it comes from outside only, in a path or a forged token.
_NUL = "The request contains a NUL character."


class _Connection(asyncpg.Connection):
    """Sessions hold no state between uses, so giving one back costs no round trip."""

    def get_reset_query(self) -> str:
        return ""


class _Transaction:
    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def one(self, statement: Statement, values: Values) -> Row | None:
        text, arguments = _bound(statement, values)
        try:
            row: Row | None = await self._connection.fetchrow(text, *arguments)
        except asyncpg.CharacterNotInRepertoireError as error:
            raise InvalidParameterException(_NUL) from error
        return row

    async def all(self, statement: Statement, values: Values) -> list[Row]:
        text, arguments = _bound(statement, values)
        try:
            rows: list[Row] = await self._connection.fetch(text, *arguments)
        except asyncpg.CharacterNotInRepertoireError as error:
            raise InvalidParameterException(_NUL) from error
        return rows

    async def run(self, statement: Statement, values: Values) -> int:
        text, arguments = _bound(statement, values)
        try:
            status: str = await self._connection.execute(text, *arguments)
        except asyncpg.CharacterNotInRepertoireError as error:
            raise InvalidParameterException(_NUL) from error
        return int(status.rpartition(" ")[2])


def _bound(statement: Statement, values: Values) -> tuple[str, list[Any]]:
    text, names, fixed = statement.postgresql()
    return text, [values[name] if name in values else fixed[name] for name in names]


class _Block:
    """A pooled connection, with a transaction around it when it writes."""

    __slots__ = ("_connection", "_pool", "_transaction", "_writes")

    def __init__(self, pool: Any, *, writes: bool) -> None:
        self._pool = pool
        self._writes = writes

    async def __aenter__(self) -> _Transaction:
        self._connection = await self._pool.acquire()
        if self._writes:
            self._transaction = self._connection.transaction()
            try:
                await self._transaction.start()
            except BaseException:
                await self._pool.release(self._connection)
                raise
        return _Transaction(self._connection)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._writes:
                await (self._transaction.commit() if kind is None else self._transaction.rollback())
        finally:
            await self._pool.release(self._connection)


class PostgresqlDatabase:
    """See `Database`. Any number of processes may share it."""

    def __init__(self, url: str, *, connections: int = 16) -> None:
        self.url = url
        self._size = connections
        self._pool: Any = None

    async def start(self) -> None:
        """Raises SettingError when the server cannot be reached or does not let us in."""
        try:
            await upgrade_postgresql(self.url)
            self._pool = await asyncpg.create_pool(
                self.url, min_size=1, max_size=self._size, connection_class=_Connection, statement_cache_size=512
            )
        except (OSError, OverflowError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise SettingError(
                f"The PostgreSQL database cannot be used ({error}).",
                resolution="Check the address, the name and the password in --database or POOLHOUSE_DATABASE.",
            ) from error

    async def stop(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    def read(self) -> _Block:
        return _Block(self._pool, writes=False)

    def write(self) -> _Block:
        return _Block(self._pool, writes=True)
