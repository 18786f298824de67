"""uvicorn's HTTP protocol with a limit on how long a client may take to send a request (slow header attack)."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .one_write import OneWrite


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection that begins no request for `idle_seconds`, or takes longer than `request_seconds` for one.

    A long body may take longer, as long as it brings `piece` bytes in that time. uvicorn itself bounds only the pause
    between two requests.
    """

    idle_seconds: ClassVar[float] = 75.0
    request_seconds: ClassVar[float] = 30.0
    piece: ClassVar[int] = 1_048_576
    _came: int = 0
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]  # all that uvicorn calls
        self._arm(self.idle_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._arm(self.request_seconds)
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._came += len(body)
        if self._came >= self.piece:
            self._arm(self.request_seconds)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._disarm()
        super().on_message_complete()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._came = 0
        self._limit = self.loop.call_later(seconds, self.transport.close)

    def _disarm(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
