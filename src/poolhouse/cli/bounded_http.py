"""uvicorn's HTTP protocol with a limit on how long a client may take to send a request (slow header attack)."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from poolhouse.protocols.http import EXCHANGE

from .one_write import Exchange, OneWrite


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection that begins no request for `idle_seconds`, or takes longer than `request_seconds` for one.

    A long body may take longer, as long as it brings `piece` bytes in that time. uvicorn itself bounds only the pause
    between two requests.
    """

    idle_seconds: ClassVar[float] = 75.0
    request_seconds: ClassVar[float] = 30.0
    piece: ClassVar[int] = 1_048_576
    _came: int = 0
    _is_due: bool = False
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]  # all that uvicorn calls
        self._arm(self.idle_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A request that came whole needs no timer."""
        super().data_received(data)
        if self._is_due and self._limit is None:
            self._limit = self.loop.call_later(self.request_seconds, self.transport.close)

    def on_message_begin(self) -> None:
        self._disarm()
        self._came, self._is_due = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.scope.get("path") == "/":  # where it is taken
            exchange = Exchange(self, self.cycle)
            self.scope["extensions"] = {EXCHANGE: exchange}  # type: ignore[dict-item]  # no dict, but ours

    def on_body(self, body: bytes) -> None:
        self._came += len(body)
        if self._came >= self.piece:
            self._arm(self.request_seconds)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._disarm()
        self._is_due = False
        super().on_message_complete()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._came = 0
        self._limit = self.loop.call_later(seconds, self.transport.close)

    def _disarm(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
