"""PostgreSQL through asyncpg: a few connections, prepared statements, one transaction per write block."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from types import TracebackType
from typing import Any

import asyncpg

from poolhouse.errors import DatabaseUnavailable, InvalidParameterException, SettingError
from poolhouse.store import outages
from poolhouse.store.connecting import Route
from poolhouse.store.connections import FAILURES, Connections, NoAnswer
from poolhouse.store.database import Row, Step, Values
from poolhouse.store.migrations import upgrade_postgresql
from poolhouse.store.statement import Statement

# PostgreSQL keeps every character but this one; it comes from outside only, in a path or a forged token.
_NUL = "The request contains a NUL character."
_PAUSES = (0.05, 0.2, 0.75)
"""Seconds between tries to connect: a restart or a failover takes about that long, or much longer."""


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
        connection = self._connection
        connection.asked_at = time.monotonic()
        try:
            return await getattr(connection, method)(text, *arguments)
        except asyncpg.CharacterNotInRepertoireError as error:
            raise InvalidParameterException(_NUL) from error
        except FAILURES as error:
            outage = _told(error, may_repeat=not connection.was_slow)
            if isinstance(outage, DatabaseUnavailable) and not isinstance(error, asyncpg.TransactionRollbackError):
                connection.terminate()  # half an answer may be on its way: nobody may get this one again
            raise outage from error
        finally:
            connection.asked_at = 0.0


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
    """A connection, with a transaction around it when it writes."""

    __slots__ = ("_connections", "_writes", "connection")

    def __init__(self, connections: Connections, *, writes: bool) -> None:
        self._connections = connections
        self._writes = writes

    async def __aenter__(self) -> _Transaction:
        self.connection = await _acquired(self._connections)
        if not self._writes:
            return _Read(self)
        try:
            await self._begin()
        except BaseException:
            self._give_back()
            raise
        return _Transaction(self.connection)

    async def another(self) -> Any:
        """Give the connection back and take a new one: where one was lost, all were. Raises DatabaseUnavailable."""
        self._connections.expire()
        self._give_back()
        self.connection = await _acquired(self._connections)
        return self.connection

    async def _begin(self) -> None:
        """A connection that was lost while nobody used it is replaced."""
        try:
            await _say(self.connection, "BEGIN")
        except FAILURES as error:
            outage = _told(error, may_repeat=not self.connection.was_slow)
            if not isinstance(outage, DatabaseUnavailable):
                raise
            connection = await self.another()
            try:
                await _say(connection, "BEGIN")
            except FAILURES:
                raise outage from error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._writes:
                await (self._commit() if kind is None else self._roll_back())
        finally:
            self._give_back()

    async def _commit(self) -> None:
        """A connection that is lost now does not say whether it was done."""
        try:
            await _say(self.connection, "COMMIT")
        except FAILURES as error:
            raise _told(error, may_repeat=False) from error

    async def _roll_back(self) -> None:
        """Without a connection the server does it by itself."""
        with suppress(*FAILURES):
            await _say(self.connection, "ROLLBACK")

    def _give_back(self) -> None:
        """One that is still in a transaction is not given to anybody else."""
        connection, self.connection = self.connection, None
        if connection is not None:
            self._connections.release(connection)


async def _say(connection: Any, text: str) -> None:
    connection.asked_at = time.monotonic()
    try:
        await connection.execute(text)
    finally:
        connection.asked_at = 0.0


async def _acquired(connections: Connections) -> Any:
    """A connection; a server that is being started again is waited for a little. Raises DatabaseUnavailable, which may
    not be repeated where the time for an answer is spent: the caller would wait as long again.
    """
    for pause in (*_PAUSES, None):
        try:
            return await connections.acquire()
        except FAILURES as error:
            outage = _told(error, may_repeat=not isinstance(error, NoAnswer))
            if pause is None or isinstance(error, TimeoutError):
                raise outage from error
        await asyncio.sleep(pause)
    raise AssertionError("the loop ends by itself")


def _told(error: BaseException, *, may_repeat: bool) -> BaseException:
    """The outage that it is, or what it was."""
    return outages.of_postgresql(error, may_repeat=may_repeat) or error


class PostgresqlDatabase:
    """See `Database`. Any number of processes may share it. `answer_seconds` bound each statement; 0 does not."""

    def __init__(self, url: str, *, connections: int = 16, answer_seconds: float = 0) -> None:
        self.url = url
        self._route = Route(url)
        self._connections = Connections(self._route, connections, answer_seconds=answer_seconds)

    async def start(self) -> None:
        """Raises SettingError when the server cannot be reached or does not let us in."""
        try:
            await upgrade_postgresql(self.url)
            await self._connections.start()
        except (*FAILURES, OverflowError, ValueError) as error:
            raise SettingError(
                f"The PostgreSQL database at {self._route.places} cannot be used ({error}).",
                resolution="Check the address, the name and the password in --database or POOLHOUSE_DATABASE.",
            ) from error

    async def stop(self) -> None:
        await self._connections.stop()

    def read(self) -> _Block:
        return _Block(self._connections, writes=False)

    def write(self) -> _Block:
        return _Block(self._connections, writes=True)
