"""A statement is written once with SQLAlchemy Core and compiled once per database, at first use."""

from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.compiler import SQLCompiler

DialectName = Literal["sqlite", "postgresql"]
# The two dialects' INSERT builders share `on_conflict_do_nothing`, `on_conflict_do_update` and `excluded`.
Insert = Any
InsertBuilder = Callable[[Table], Insert]

_SQLITE = sqlite.dialect(paramstyle="named")
_POSTGRESQL = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


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
        source = self._source
        if callable(source) and not isinstance(source, Executable):
            source = source(sqlite.insert if name == "sqlite" else postgresql.insert)
        compiled = source.compile(dialect=_SQLITE if name == "sqlite" else _POSTGRESQL)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        return compiled


def _fixed(compiled: SQLCompiler) -> dict[str, Any]:
    return {name: value for name, value in compiled.params.items() if value is not None}
