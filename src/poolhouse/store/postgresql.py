"""PostgreSQL through asyncpg: a pool of connections, prepared statements, one transaction per write block."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from types import TracebackType
from typing import Any

import asyncpg

from poolhouse.errors import DatabaseUnavailable, InvalidParameterException, SettingError
from poolhouse.store import outages
from poolhouse.store.database import Row, Step, Values
from poolhouse.store.migrations import upgrade_postgresql
from poolhouse.store.statement import Statement

# PostgreSQL keeps every character but this one; it comes from outside only, in a path or a forged token.
_NUL = "The request contains a NUL character."
_FAILURES = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_PATIENCE = 10.0
"""Seconds that a request waits for one of the pool's connections."""
_PAUSES = (0.05, 0.2, 0.75)
"""Seconds between tries to connect: a restart or a failover takes about that long, or much longer."""


class _Connection(asyncpg.Connection):
    """Sessions hold no state between uses, so giving one back costs no round trip."""

    def get_reset_query(self) -> str:
        return ""


class _Transaction:
    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def one(self, statement: Statement, values: Values) -> Row | None:
        row: Row | None = await self._run("fetchrow", statement, values)
        return row

    async def all(self, statement: Statement, values: Values) -> list[Row]:
        rows: list[Row] = await self._run("fetch", statement, values)
        return rows

    async def run(self, statement: Statement, values: Values) -> int:
        status: str = await self._run("execute", statement, values)
        return int(status.rpartition(" ")[2])

    async def run_all(self, statement: Statement, several: Sequence[Values]) -> None:
        for values in several:
            await self.run(statement, values)

    def at_commit(self, step: Step, item: Any) -> bool:  # noqa: ARG002  the protocol's signature
        return False

    def noting(self) -> AbstractContextManager[None]:
        return nullcontext()

    async def _run(self, method: str, statement: Statement, values: Values) -> Any:
        text, arguments = _bound(statement, values)
        try:
            return await getattr(self._connection, method)(text, *arguments)
        except asyncpg.CharacterNotInRepertoireError as error:
            raise InvalidParameterException(_NUL) from error
        except _FAILURES as error:
            outage = _told(error, may_repeat=True)
            if isinstance(outage, DatabaseUnavailable) and not isinstance(error, asyncpg.TransactionRollbackError):
                with suppress(asyncpg.InterfaceError):  # the pool may have dropped it already
                    self._connection.terminate()  # half an answer may be on its way: nobody may get this one again
            raise outage from error


class _Read(_Transaction):
    """Each statement sees what was committed before it, so one whose connection was lost is asked again on another."""

    __slots__ = ("_block",)

    def __init__(self, block: "_Block") -> None:
        super().__init__(block.connection)
        self._block = block

    async def _run(self, method: str, statement: Statement, values: Values) -> Any:
        try:
            return await super()._run(method, statement, values)
        except DatabaseUnavailable:
            self._connection = await self._block.another()
            return await super()._run(method, statement, values)


def _bound(statement: Statement, values: Values) -> tuple[str, list[Any]]:
    text, names, fixed = statement.postgresql()
    return text, [values[name] if name in values else fixed[name] for name in names]


class _Block:
    """A pooled connection, with a transaction around it when it writes."""

    __slots__ = ("_pool", "_transaction", "_writes", "connection")

    def __init__(self, pool: Any, *, writes: bool) -> None:
        self._pool = pool
        self._writes = writes

    async def __aenter__(self) -> _Transaction:
        self.connection = await _acquired(self._pool)
        if not self._writes:
            return _Read(self)
        try:
            await self._begin()
        except BaseException:
            if self.connection is not None:
                await _give_back(self._pool, self.connection)
            raise
        return _Transaction(self.connection)

    async def another(self) -> Any:
        """Give the connection back and take a new one: where one was lost, all were. Raises DatabaseUnavailable."""
        connection, self.connection = self.connection, None
        await self._pool.expire_connections()
        await _give_back(self._pool, connection)
        self.connection = await _acquired(self._pool)
        return self.connection

    async def _begin(self) -> None:
        """A connection that was lost while nobody used it is replaced."""
        self._transaction = self.connection.transaction()
        try:
            await self._transaction.start()
        except _FAILURES as error:
            if not isinstance(outage := _told(error, may_repeat=True), DatabaseUnavailable):
                raise
            self._transaction = (await self.another()).transaction()
            try:
                await self._transaction.start()
            except _FAILURES:
                raise outage from error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._writes:
                await (self._commit() if kind is None else self._roll_back())
        finally:
            if self.connection is not None:
                await _give_back(self._pool, self.connection)

    async def _commit(self) -> None:
        """A connection that is lost now does not say whether it was done."""
        try:
            await self._transaction.commit()
        except _FAILURES as error:
            raise _told(error, may_repeat=False) from error

    async def _roll_back(self) -> None:
        """Without a connection the server does it by itself."""
        with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError):
            await self._transaction.rollback()


async def _acquired(pool: Any) -> Any:
    """A connection; a server that is being started again is waited for a little. Raises DatabaseUnavailable."""
    for pause in (*_PAUSES, None):
        try:
            return await pool.acquire(timeout=_PATIENCE)
        except _FAILURES as error:
            outage = _told(error, may_repeat=True)
            if pause is None or isinstance(error, TimeoutError):
                raise outage from error
        await asyncio.sleep(pause)
    raise AssertionError("the loop ends by itself")


async def _give_back(pool: Any, connection: Any) -> None:
    """One that is broken cannot even say goodbye, and need not."""
    with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        await pool.release(connection)


def _told(error: BaseException, *, may_repeat: bool) -> BaseException:
    """The outage that it is, or what it was."""
    return outages.of_postgresql(error, may_repeat=may_repeat) or error


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
