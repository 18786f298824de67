"""SQLite: statements run inline through the standard library's driver, commits are shared.

One connection writes, two read: which of them depends on how long ago the last write was. Each write block is a
savepoint in the open transaction; the commit, and the fsync that makes it durable, is shared by all blocks that were
ready before it, and every block's caller waits for it. What the blocks noted for the commit is done right before it,
once for all of them.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any

from poolhouse.errors import DatabaseUnavailable, SettingError
from poolhouse.store import outages, own_files
from poolhouse.store.commit_thread import CommitThread, tell
from poolhouse.store.database import Row, Step, Values
from poolhouse.store.migrations import upgrade_sqlite
from poolhouse.store.statement import Statement

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA mmap_size=268435456",
    "PRAGMA cache_size=-16384",
)

# What lies behind the mapped part of a file is copied into the small cache, a system call for each page.
_MAPPED = "PRAGMA mmap_size=1073741824"
# SQLite gives a mapping up, page tables and all, whenever it finds that somebody has committed.
_NOT_MAPPED = "PRAGMA mmap_size=0"
_CALM_SECONDS = 0.1
"""How long after a write the reader without a mapping is the cheaper one."""


class _Connection:
    """A driver connection as a Transaction. Nothing here suspends."""

    __slots__ = ("raw",)

    def __init__(self, path: str) -> None:
        self.raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        for pragma in _PRAGMAS:
            self.raw.execute(pragma)

    async def one(self, statement: Statement, values: Values) -> Row | None:
        row: Row | None = self._execute(statement, values).fetchone()
        return row

    async def all(self, statement: Statement, values: Values) -> list[Row]:
        return self._execute(statement, values).fetchall()

    async def run(self, statement: Statement, values: Values) -> int:
        return self._execute(statement, values).rowcount

    async def run_all(self, statement: Statement, several: Sequence[Values]) -> None:
        text, fixed = statement.sqlite()
        self.raw.executemany(text, [{**fixed, **values} for values in several] if fixed else several)

    def _execute(self, statement: Statement, values: Values) -> sqlite3.Cursor:
        text, fixed = statement.sqlite()
        try:
            return self.raw.execute(text, {**fixed, **values} if fixed else values)
        except sqlite3.OperationalError as error:
            if (outage := outages.of_sqlite(error)) is not None:
                raise outage from error
            raise

    def at_commit(self, step: Step, item: Any) -> bool:  # noqa: ARG002  the protocol's signature
        raise RuntimeError("A block that reads commits nothing.")

    def noting(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Writer(_Connection):
    """The connection of the open transaction, and what is to be done before its commit."""

    __slots__ = ("_before_block", "_noted")

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._noted: list[tuple[Step, Any]] = []
        self._before_block = 0

    def at_commit(self, step: Step, item: Any) -> bool:
        self._noted.append((step, item))
        return True

    @contextmanager
    def noting(self) -> Iterator[None]:
        before = len(self._noted)
        try:
            yield
        except BaseException:
            del self._noted[before:]
            raise

    def open(self) -> None:
        """What was noted for a transaction that SQLite gave up is no longer to be done."""
        self._noted = []
        self.raw.execute("BEGIN IMMEDIATE")

    def begin(self) -> None:
        self.raw.execute("SAVEPOINT block")
        self._before_block = len(self._noted)

    def keep(self) -> None:
        self.raw.execute("RELEASE block")

    def drop(self) -> None:
        del self._noted[self._before_block :]
        if self.raw.in_transaction:  # else SQLite has undone all of it already
            self.raw.execute("ROLLBACK TO block")
            self.raw.execute("RELEASE block")

    def commit(self) -> None:
        """Waits for the disk."""
        self.raw.execute("COMMIT")

    async def finish(self) -> None:
        """Do what was noted, in the order in which each step was first named."""
        steps: dict[Step, list[Any]] = {}
        noted, self._noted = self._noted, []
        for step, item in noted:
            steps.setdefault(step, []).append(item)
        for step, items in steps.items():
            await step(self, items)


class _Read:
    __slots__ = ("_connection",)

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def __aenter__(self) -> _Connection:
        return self._connection

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        return None


class _Write:
    __slots__ = ("_database",)

    def __init__(self, database: "SqliteDatabase") -> None:
        self._database = database

    async def __aenter__(self) -> _Connection:
        return await self._database.begin_block()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._database.keep_block()
        else:
            self._database.drop_block()


class SqliteDatabase:
    """See `Database`. `path` is a file; its folder is made when missing."""

    def __init__(self, path: str, *, calm_seconds: float = _CALM_SECONDS) -> None:
        self.path = path
        self._calm_seconds = calm_seconds
        self._calm: asyncio.TimerHandle | None = None
        self._written = 0.0
        self._is_taken = False  # by the block that is open, or by the commit
        self._waiting: list[asyncio.Future[None]] = []
        self._batch: list[asyncio.Future[None]] | None = None
        self._commits = CommitThread()
        self._commit_due = False
        self._running: set[asyncio.Task[None]] = set()
        self._open: list[_Connection] = []

    async def start(self) -> None:
        """Raises SettingError when the file cannot be opened or is no database of ours."""
        try:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            own_files.make(self.path)
            upgrade_sqlite(self.path)
            self._writer = _Writer(self.path)
            self._open.append(self._writer)
            self._mapped, self._not_mapped = self._reader(_MAPPED), self._reader(_NOT_MAPPED)
        except (OSError, sqlite3.Error) as error:
            raise SettingError(
                f"The database file {self.path} cannot be used ({error}).",
                resolution="Give --database another file, or mend its folder's rights.",
            ) from error
        self._read = self._mapped

    def _reader(self, mapping: str) -> _Read:
        reader = _Connection(self.path)
        self._open.append(reader)
        reader.raw.execute("PRAGMA query_only=ON")
        reader.raw.execute(mapping)
        return _Read(reader)

    async def stop(self) -> None:
        if self._calm is not None:
            self._calm.cancel()
        while self._running:
            await asyncio.wait(self._running)
        await self._take()
        while self._open:
            self._open.pop().raw.close()
        self._leave()
        self._commits.stop()

    def read(self) -> _Read:
        return self._read

    def write(self) -> _Write:
        return _Write(self)

    async def begin_block(self) -> _Connection:
        await self._take()
        try:
            if self._batch is None:
                self._writer.open()
                self._batch = []
                self._expect_change()
            elif not self._writer.raw.in_transaction:  # SQLite gave all of it up: nothing more may join
                raise DatabaseUnavailable(may_repeat=False)
            self._writer.begin()
        except sqlite3.OperationalError as error:
            self._leave()
            raise outages.of_sqlite(error) or error from error
        except BaseException:
            self._leave()
            raise
        return self._writer

    def _expect_change(self) -> None:
        loop = asyncio.get_running_loop()
        self._read, self._written = self._not_mapped, loop.time()
        if self._calm is None:
            self._calm = loop.call_later(self._calm_seconds, self._see_calm, loop)

    def _see_calm(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for many writes."""
        left = self._written + self._calm_seconds - loop.time()
        if left > 0:
            self._calm = loop.call_later(left, self._see_calm, loop)
        else:
            self._calm, self._read = None, self._mapped

    async def keep_block(self) -> None:
        batch = self._batch
        assert batch is not None
        try:
            self._writer.keep()
        finally:
            self._end_block(batch)
        # One for each: a caller that goes away must not cancel the commit that others wait for.
        told = asyncio.get_running_loop().create_future()
        batch.append(told)
        await told

    def drop_block(self) -> None:
        batch = self._batch
        assert batch is not None
        try:
            self._writer.drop()
        finally:
            self._end_block(batch)

    def _end_block(self, batch: list[asyncio.Future[None]]) -> None:
        self._leave()
        if not self._commit_due:
            self._commit_due = True
            task = asyncio.get_running_loop().create_task(self._commit(batch))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _take(self) -> None:
        while self._is_taken:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._is_taken = True

    def _leave(self) -> None:
        """All who wait are woken together: a block does not suspend, so each finds the turn free when it runs."""
        self._is_taken = False
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    async def _commit(self, batch: list[asyncio.Future[None]]) -> None:
        # Every block that was waiting when this task was made was woken before it, and gets in before the commit.
        await self._take()
        self._commit_due = False
        self._batch = None
        told: Exception | None = None
        try:
            if not self._writer.raw.in_transaction:
                raise DatabaseUnavailable(may_repeat=False)
            await self._writer.finish()
            await self._commits.run(self._writer.commit)
        except BaseException as error:
            # Whatever happened, nobody may be told that his change is on disk.
            outage = outages.of_sqlite(error) if isinstance(error, sqlite3.Error) else None
            told = outage or (error if isinstance(error, Exception) else ConnectionError("commit interrupted"))
            if not isinstance(error, Exception):
                raise
            if self._writer.raw.in_transaction:
                self._writer.raw.execute("ROLLBACK")
        finally:
            self._leave()
            for waiting in batch:
                tell(waiting, told)
