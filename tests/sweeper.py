"""Empties PostgreSQL's tables between tests."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg

from poolhouse.store.migrations import upgrade_postgresql
from poolhouse.store.postgresql import PostgresqlDatabase
from poolhouse.store.schema import metadata

_DELETIONS = " ".join(f"DELETE FROM {table};" for table in metadata.tables)
"""Ten times as fast as TRUNCATE of small tables."""
_PREPARATIONS = f"""
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.sweep() RETURNS void LANGUAGE plpgsql AS $$BEGIN {_DELETIONS} END$$;
"""
"""The connection's own function, whose plans are made once."""
_SWEEP = "SELECT pg_temp.sweep()"
_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class MigratedDatabase(PostgresqlDatabase):
    """One whose tables are up to date: it does not ask, and a test needs a connection less."""

    async def start(self) -> None:
        await self._connections.start()


class Sweeper:
    """One connection for the whole test process: a new one reads the catalogue anew, at ten times the deletions' cost.

    It lives in a thread, because each test has another loop.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connection: Any = None

    def migrate(self) -> None:
        """Make the tables, once for all tests."""
        self._in_thread(lambda: upgrade_postgresql(self._url))

    def sweep(self) -> None:
        """Delete every row, past the triggers, which keep the audit trail."""
        self._in_thread(self._delete)

    def close(self) -> None:
        self._in_thread(self._disconnect)
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def _in_thread(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._thread.submit(lambda: self._runner.run(step())).result()

    async def _delete(self) -> None:
        """A test may have cut every connection of the server: what fails is done once more on a new one."""
        if self._connection is not None:
            try:
                await self._connection.execute(_SWEEP)
            except _LOST:
                await self._disconnect()
            else:
                return
        self._connection = await asyncpg.connect(self._url)
        await self._connection.execute(_PREPARATIONS)
        await self._connection.execute(_SWEEP)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            await asyncio.sleep(0)  # the socket is closed in the loop's next turn
            self._connection = None
