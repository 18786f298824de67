"""A database whose blocks of statements are spans of the request that they belong to. Only where traces are on."""

import time
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final

from poolhouse.telemetry import traces

from .database import Database, Transaction

_WAIT: Final = "poolhouse.wait_ms"
_COMMIT: Final = "poolhouse.commit_ms"


def trace(database: Database, system: str) -> None:
    """Make each block of it a span from now on. `system` is its name in OpenTelemetry's conventions."""
    read, write = database.read, database.write
    own: dict[str, Any] = vars(database)
    own["read"] = lambda: _Spanned(read(), system, "read")
    own["write"] = lambda: _Spanned(write(), system, "write")


class _Spanned:
    """A block. Its span says how long it waited: for a connection, or for its turn to write on SQLite."""

    def __init__(self, block: AbstractAsyncContextManager[Transaction], system: str, kind: str) -> None:
        self._block = block
        self._writes = kind == "write"
        self._span = traces.block(f"{system} {kind}", {"db.system.name": system, "db.operation.name": kind})

    async def __aenter__(self) -> Transaction:
        began = time.perf_counter()
        try:
            transaction = await self._block.__aenter__()
        except BaseException as error:
            self._end(error)
            raise
        self._say(_WAIT, began)
        return transaction

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        began = time.perf_counter()
        try:
            await self._block.__aexit__(kind, error, trace)
        except BaseException as failure:
            self._end(failure)
            raise
        if self._writes and kind is None:
            self._say(_COMMIT, began)
        self._end(error)

    def _say(self, name: str, began: float) -> None:
        if self._span is not None:
            self._span.set_attribute(name, round((time.perf_counter() - began) * 1000, 3))

    def _end(self, error: BaseException | None) -> None:
        if self._span is None:
            return
        if error is not None:
            traces.fail(self._span, error)
        self._span.end()
