"""A request that is here with its whole body, and its answer: uvicorn's messages are only made where an application
asks for them, and a task only for an answer that takes its time.
"""

import asyncio
from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from poolhouse.protocols.http import EXCHANGE, Header, lines

from .at_once import begin

_OK = STATUS_LINE[200]


class _Nobody:
    """Whom to wake where nobody waits."""

    def set(self) -> None:
        """What uvicorn says when the request has come to an end."""


class Turn:
    """The requests that came in one turn of the loop: all are read before the first is answered, which costs a sixth
    less with 16 callers than one after the other, since each step finds its code in the processor's caches.
    """

    def __init__(self) -> None:
        self._requests: deque[WholeRequest] = deque()
        self._headers: list[Header] = []
        self._lines = b""

    def add(self, request: "WholeRequest") -> None:
        if not self._requests:
            asyncio.get_running_loop().call_soon(self._start)
        self._requests.append(request)

    def lines_of(self, headers: list[Header]) -> bytes:
        """Those that each answer has. Uvicorn makes the list anew once a second."""
        if self._headers is not headers:
            self._headers, self._lines = headers, lines(headers)
        return self._lines

    def _start(self) -> None:
        try:
            while self._requests:
                self._requests.popleft().start()
        finally:
            if self._requests:
                asyncio.get_running_loop().call_soon(self._start)


class WholeRequest(RequestResponseCycle):
    """An ASGI cycle of uvicorn's, and the `Exchange` of `protocols.http`.

    The answer of the exchange is byte for byte what uvicorn would have made of its two messages.
    """

    disconnected = False
    waiting_for_100_continue = False
    response_started = False
    response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0
    access_log = False
    message_event: Any = _Nobody()
    _is_received = False

    def __init__(self, protocol: HttpToolsProtocol, turn: Turn, body: bytes, *, keep_alive: bool) -> None:
        self._protocol = protocol
        self._turn = turn
        self._body = body
        self.keep_alive = keep_alive
        self.transport, self.flow, self.logger = protocol.transport, protocol.flow, protocol.logger
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_response_complete
        self.scope = protocol.scope
        self.scope["extensions"] = {EXCHANGE: self}  # type: ignore[dict-item]  # no dict, but ours

    def start(self) -> None:
        """Answer it; a task is made if the answer has to wait."""
        protocol = self._protocol
        task = begin(protocol.loop, self.run_asgi(protocol.app))
        if task is not None:
            protocol.tasks.add(task)
            task.add_done_callback(protocol.tasks.discard)

    async def receive(self) -> Any:
        """The body, and after it the end of the connection or of the request."""
        if not self._is_received and not self.disconnected and not self.response_complete:
            self._is_received = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        if not self.disconnected and not self.response_complete:
            self.message_event = asyncio.Event()
            await self.message_event.wait()
        return {"type": "http.disconnect"}

    def whole_body(self) -> bytes | None:
        return None if self.disconnected or self.response_complete else self._body

    def answer(self, head: bytes, body: bytes) -> bool:
        if self.response_started or self.disconnected or self.flow.write_paused:
            return False
        self.response_started = self.response_complete = True
        ending = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        length = b"content-length: %d\r\n" % len(body)
        self.transport.write_now(  # type: ignore[attr-defined]  # of `OneWrite`
            b"".join((_OK, self._turn.lines_of(self.default_headers), head, length, ending, body))
        )
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turn] = WeakKeyDictionary()


def turn_of(loop: asyncio.AbstractEventLoop) -> Turn:
    """The one of this loop."""
    return _turns.get(loop) or _turns.setdefault(loop, Turn())
