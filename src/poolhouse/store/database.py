"""What the store functions see of a database: transactions that run statements.

`open_database(url)` picks the implementation; nothing above this package knows which one it is.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Protocol

from poolhouse.errors import MissingExtra, SettingError
from poolhouse.store.statement import Statement

Row = Sequence[Any]
Values = Mapping[str, Any]
Step = Callable[["Transaction", list[Any]], Awaitable[None]]


class Transaction(Protocol):
    """Runs statements. Inside `write()` they happen together or not at all."""

    async def one(self, statement: Statement, values: Values) -> Row | None:
        """The first row, or None."""

    async def all(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Every row."""

    async def run(self, statement: Statement, values: Values) -> int:
        """The number of rows that were written."""

    async def run_all(self, statement: Statement, several: Sequence[Values]) -> None:
        """The same statement for each."""

    def at_commit(self, step: Step, item: Any) -> bool:
        """Have `step` run right before the commit, in its transaction, once with the items of every block that shares
        it. Whatever `step` raises undoes all of them. False where each block commits by itself: nothing is noted then.
        """

    def noting(self) -> AbstractContextManager[None]:
        """What is noted inside is forgotten when an exception leaves it: for steps of a block that are undone alone."""


class Database(Protocol):
    """A started database. `write()` returns after the commit is on disk."""

    async def start(self) -> None:
        """Connect, bring the schema up to date, and be ready for the first transaction."""

    async def stop(self) -> None:
        """Finish what is running and close the connections."""

    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """Statements that see what was committed before each of them."""

    def write(self) -> AbstractAsyncContextManager[Transaction]:
        """One atomic, durable change. No user code, network or hashing may run while it is open."""


def open_database(url: str, *, answer_seconds: float = 0) -> Database:
    """`sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host:port/name`, which is given
    up when one statement takes longer than `answer_seconds`, unless they are 0.

    Raises SettingError for any other text, MissingExtra for PostgreSQL without its driver.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        from poolhouse.store.sqlite import SqliteDatabase

        return SqliteDatabase(rest[1:])
    if scheme in {"postgresql", "postgres"} and rest:
        try:
            from poolhouse.store.postgresql import PostgresqlDatabase
        except ModuleNotFoundError as error:
            raise MissingExtra("PostgreSQL", "postgres", package=error.name) from error
        return PostgresqlDatabase(f"postgresql://{rest}", answer_seconds=answer_seconds)
    raise SettingError(
        f"The database address {scheme + '://...' if rest else url!r} is not understood.",
        resolution="Use sqlite:///FILE (four slashes for an absolute path) or postgresql://user:password@host/name.",
    )
