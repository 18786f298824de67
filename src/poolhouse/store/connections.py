"""The connections of one process to PostgreSQL, kept open and handed out without a task or a timer for each use.

asyncpg's own pool takes a task, two timers and a proxy for each use: more of a core than the point read that it is for.
"""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

import asyncpg

from .connecting import Route

PATIENCE: Final = 10.0
"""Seconds that a request waits for a connection."""
_IDLE_SECONDS: Final = 300.0
_GOODBYE_SECONDS: Final = 5.0
_LOOKS: Final = 10
"""How often, in the time that an answer may take, is looked for those that take longer."""
FAILURES: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class NoAnswer(TimeoutError):
    """The server does not answer who comes anew: it stands still, or its machine is gone."""


class Connections:
    """At most `size` of them; who comes when all are in use gets the next that is given back, in turn.

    One that waits for an answer longer than `answer_seconds` is ended, unless they are 0: a server that stands still
    keeps its connections open, and who waits for it would wait for ever. A timer for each statement would cost as much
    as a tenth of it, so one for all looks from time to time.
    """

    def __init__(
        self,
        route: Route,
        size: int,
        *,
        patience: float = PATIENCE,
        idle_seconds: float = _IDLE_SECONDS,
        answer_seconds: float = 0,
    ) -> None:
        self._route = route
        self._size = size
        self._patience = patience
        self._idle_seconds = idle_seconds
        self._answer_seconds = answer_seconds
        self._watch: asyncio.TimerHandle | None = None
        self._free: list[tuple[Any, float]] = []
        self._used: dict[Any, int] = {}
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._open = 0
        self._generation = 0
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._is_stopped = False
        self._left = asyncio.Event()

    async def start(self) -> None:
        """Make the first one. Raises what asyncpg raises."""
        self._is_stopped = False
        self._left.clear()
        self.release(await self.acquire())
        if self._answer_seconds:
            self._look()

    async def acquire(self) -> Any:
        """A connection that is the caller's until its release. Raises TimeoutError, and what asyncpg raises."""
        while True:
            if self._is_stopped:
                raise asyncpg.InterfaceError("the database is stopped")
            while self._free:
                connection, _ = self._free.pop()
                if not connection.is_closed():
                    return self._taken(connection)
                self._open -= 1
            if self._open < self._size:
                return self._taken(await self._made())
            if (connection := await self._turn()) is not None:
                return connection

    def release(self, connection: Any) -> None:
        """Give it back, whatever became of it."""
        generation = self._used.pop(connection)
        if self._is_stopped and not self._used:
            self._left.set()
        usable = not (connection.is_closed() or connection.is_in_transaction() or self._is_stopped)
        if not usable or generation != self._generation:
            self._discard(connection)
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(self._taken(connection))
                return
        now = time.monotonic()
        self._free.append((connection, now))
        self._retire(now)

    def expire(self) -> None:
        """Where one was lost, all may be: those that nobody uses go now, the others when they are given back."""
        self._generation += 1
        free, self._free = self._free, []
        for connection, _ in free:
            self._discard(connection)

    async def stop(self) -> None:
        """Close them; those in use have a while to be given back."""
        self._is_stopped = True
        if self._watch is not None:
            self._watch.cancel()
        free, self._free = self._free, []
        self._open -= len(free)
        for connection, _ in free:
            await _goodbye(connection)
        if self._used:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._left.wait()
        for connection in self._used:
            connection.terminate()
        await asyncio.gather(*self._goodbyes)

    def _look(self) -> None:
        latest = time.monotonic() - self._answer_seconds
        for connection in [one for one in self._used if 0 < one.asked_at < latest]:
            connection.was_slow = True
            connection.terminate()
        self._watch = asyncio.get_running_loop().call_later(self._answer_seconds / _LOOKS, self._look)

    def _taken(self, connection: Any) -> Any:
        self._used[connection] = self._generation
        return connection

    async def _made(self) -> Any:
        self._open += 1
        try:
            async with asyncio.timeout(self._patience):
                return await self._route.connect(statement_cache_size=512)
        except BaseException as error:
            self._open -= 1
            self._let_one_try()
            if isinstance(error, TimeoutError):
                raise NoAnswer("a new connection was not answered") from error
            raise

    async def _turn(self) -> Any:
        """What is handed over; None where there is room for a new one."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self._patience):
                return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():  # handed over in the moment in which the caller gave up
                if (connection := waiter.result()) is not None:
                    self.release(connection)
                else:
                    self._let_one_try()
            raise

    def _discard(self, connection: Any) -> None:
        connection.terminate()
        self._open -= 1
        self._let_one_try()

    def _let_one_try(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _retire(self, now: float) -> None:
        """The one that was not needed for longest, but never the last."""
        connection, since = self._free[0]
        if now - since < self._idle_seconds or len(self._free) == 1:
            return
        del self._free[0]
        self._open -= 1
        task = asyncio.create_task(_goodbye(connection))
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)


async def _goodbye(connection: Any) -> None:
    """One that is broken cannot even say that, and need not."""
    with suppress(*FAILURES):
        await connection.close(timeout=_GOODBYE_SECONDS)
