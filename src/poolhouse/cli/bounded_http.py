"""uvicorn's HTTP protocol with a limit on how long a client may take to send a request (slow header attack), and
without waiting for what is there already.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .one_write import OneWrite
from .whole_request import WholeRequest, turn_of

_LONGEST_WHOLE = 65536
"""Bytes of a body that is put together before its request is answered; a longer one is received in pieces."""


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection that begins no request for `idle_seconds`, or takes longer than `request_seconds` for one.

    A long body may take longer, as long as it brings `piece` bytes in that time. uvicorn itself bounds only the pause
    between two requests. A request for `/`, where AWS's protocols are, is answered when all of it has come.
    """

    idle_seconds: ClassVar[float] = 75.0
    request_seconds: ClassVar[float] = 30.0
    piece: ClassVar[int] = 1_048_576
    _came: int = 0
    _is_due: bool = False
    _is_last: bool = False
    _collected: list[bytes] | None = None
    _limit: asyncio.TimerHandle | None = None
    _pause: asyncio.TimerHandle | None = None
    _quiet_since: float = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]  # all that uvicorn calls
        self._turn = turn_of(self.loop)
        self._arm(self.idle_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._pause is not None:
            self._pause.cancel()
        self._collected = None
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
        if self._can_be_collected():
            self._collected = []
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._came += len(body)
        if self._collected is not None:
            self._collected.append(body)
            if self._came > _LONGEST_WHOLE:
                self._receive_in_pieces(self._collected)
            return
        if self._came >= self.piece:
            self._arm(self.request_seconds)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._disarm()
        self._is_due = False
        if self._collected is None:
            super().on_message_complete()
            return
        body, self._collected = b"".join(self._collected), None
        scope = self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version = self.parser.get_http_version()
        scope["path"], scope["raw_path"], scope["query_string"] = "/", b"/", b""
        lasts = not self._is_last and version != "1.0" and self.parser.should_keep_alive()
        self.cycle = request = WholeRequest(self, self._turn, body, keep_alive=lasts)
        self._turn.add(request)

    def on_response_complete(self) -> None:
        """The pause until the next request is bounded by one timer for many requests."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._quiet_since = self.loop.time()
        if self._pause is None:
            self._pause = self.loop.call_later(self.timeout_keep_alive, self._end_pause)

    def shutdown(self) -> None:
        """What is coming in is answered still."""
        if self._collected is None:
            super().shutdown()
        else:
            self._is_last = True

    def _can_be_collected(self) -> bool:
        return (
            self.url == b"/"
            and not (self.expect_100_continue or self.access_log or self.root_path)
            and self.limit_concurrency is None
            and (not self.cycle or self.cycle.response_complete)  # type: ignore[truthy-bool]  # None at first
            and not self.parser.should_upgrade()
        )

    def _receive_in_pieces(self, collected: list[bytes]) -> None:
        """From its beginning, in uvicorn's own way."""
        self._collected, self._came = None, 0
        super().on_headers_complete()
        for piece in collected:
            self.on_body(piece)

    def _end_pause(self) -> None:
        self._pause = None
        if self._is_due or not self.cycle.response_complete:
            return  # the next answer begins it anew
        left = self._quiet_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._pause = self.loop.call_later(left, self._end_pause)
        else:
            self.timeout_keep_alive_handler()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._came = 0
        self._limit = self.loop.call_later(seconds, self.transport.close)

    def _disarm(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
