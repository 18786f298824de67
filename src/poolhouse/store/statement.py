"""A statement is written once with SQLAlchemy Core and compiled once per database, at first use."""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Dialect, Executable, Table
from sqlalchemy.sql.compiler import SQLCompiler

DialectName = Literal["sqlite", "postgresql"]
# The two dialects' INSERT builders share `on_conflict_do_nothing`, `on_conflict_do_update` and `excluded`.
Insert = Any
InsertBuilder = Callable[[Table], Insert]


class _Language(NamedTuple):
    """A database's dialect and its INSERT builder."""

    dialect: Dialect
    insert: InsertBuilder


@cache
def _language(name: DialectName) -> _Language:
    """Imported at first use, because a server speaks to one database only."""
    if name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return _Language(sqlite.dialect(paramstyle="named"), sqlite.insert)
    from sqlalchemy.dialects.postgresql import asyncpg, insert

    return _Language(asyncpg.dialect(paramstyle="numeric_dollar"), insert)  # type: ignore[no-untyped-call]  # SQLAlchemy types it nowhere


class Statement:
    """SQL with named values.

    `source` is a finished statement, or a function of the dialect's `insert` for statements with ON CONFLICT.
    """

    __slots__ = ("_postgresql", "_source", "_sqlite")

    def __init__(self, source: Executable | Callable[[InsertBuilder], Executable]) -> None:
        self._source = source
        self._sqlite: tuple[str, dict[str, Any]] | None = None
        self._postgresql: tuple[str, tuple[str, ...], dict[str, Any]] | None = None

    def sqlite(self) -> tuple[str, dict[str, Any]]:
        """The text with `:name` placeholders, and the values that the statement itself fixes."""
        if self._sqlite is None:
            compiled = self._compile("sqlite")
            self._sqlite = str(compiled), _fixed(compiled)
        return self._sqlite

    def postgresql(self) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """The text with `$1` placeholders, the names in their order, and the fixed values."""
        if self._postgresql is None:
            compiled = self._compile("postgresql")
            self._postgresql = str(compiled), tuple(compiled.positiontup or ()), _fixed(compiled)
        return self._postgresql

    def _compile(self, name: DialectName) -> SQLCompiler:
        source, language = self._source, _language(name)
        if callable(source) and not isinstance(source, Executable):
            source = source(language.insert)
        compiled = source.compile(dialect=language.dialect)  # type: ignore[attr-defined]  # every statement that we write has it
        assert isinstance(compiled, SQLCompiler)
        return compiled


def _fixed(compiled: SQLCompiler) -> dict[str, Any]:
    return {name: value for name, value in compiled.params.items() if value is not None}
