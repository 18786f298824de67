"""Which failures of a database are outages, that pass: told as DatabaseUnavailable, and logged in one line."""

import sqlite3
import time
from typing import Final

from poolhouse import telemetry
from poolhouse.errors import DatabaseUnavailable

_EVERY_SECONDS: Final = 5.0
_FULL: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
    }
)
# Classes of SQLSTATE: connection, resources, operator, system; and one transaction in the way of another.
_CLASSES: Final = ("08", "53", "57", "58")
_CONFLICTS: Final = frozenset({"40001", "40P01"})
_STANDBY: Final = "25006"
"""A change refused as read-only: what was the primary is a standby now."""


class _Told:
    """When an outage was last logged: every request meets it, and nobody reads a thousand equal lines."""

    def __init__(self) -> None:
        self.at = -_EVERY_SECONDS
        self.silent = 0


_told = _Told()


def of_sqlite(error: sqlite3.Error) -> DatabaseUnavailable | None:
    """None for what is no outage: a mistake of ours, or a damaged file. A full disk is full the next time."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code not in _FULL:
        return None
    _tell(str(error))
    return DatabaseUnavailable(may_repeat=False)


def of_postgresql(error: BaseException, *, may_repeat: bool) -> DatabaseUnavailable | None:
    """The same. `may_repeat` unless the commit was under way."""
    import asyncpg

    state = getattr(error, "sqlstate", None) or ""
    lost = isinstance(
        error, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError
    ) or state.startswith((*_CLASSES, _STANDBY))
    lost = lost and not isinstance(error, ValueError)  # asyncpg's word for an argument that is no value
    if state not in _CONFLICTS and not lost:
        return None
    if lost:
        _tell(f"{type(error).__name__}: {error}")
    return DatabaseUnavailable(may_repeat=may_repeat or state in _CONFLICTS)


def _tell(why: str) -> None:
    now = time.monotonic()
    if now - _told.at < _EVERY_SECONDS:
        _told.silent += 1
        return
    telemetry.log.error("the database is not available", why=why, times_since_last_told=_told.silent)
    _told.at, _told.silent = now, 0
