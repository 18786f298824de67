"""An answer's head and body leave in one packet: uvicorn writes them apart, and each write is a system call here, and
one more reading on the other side. An answer of which all is known goes past uvicorn's two messages.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from poolhouse.protocols.http import lines

_OK = STATUS_LINE[200]


class OneWrite:
    """A transport that holds a piece until the next one of the same moment, and no longer than that moment."""

    __slots__ = ("_held", "_inner", "_loop")

    def __init__(self, inner: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._inner = inner
        self._loop = loop
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, data: bytes) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._inner.write(held + data)
        elif data:
            self._held = data
            self._loop.call_soon(self._flush)

    def write_now(self, data: bytes) -> None:
        """A piece behind which nothing of this moment comes."""
        held, self._held = self._held, b""
        if not self._inner.is_closing():
            self._inner.write(held + data if held else data)

    def close(self) -> None:
        self._flush()
        self._inner.close()

    def _flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self._inner.is_closing():
            self._inner.write(held)


class Exchange:
    """The body of a request that is there already, and a whole answer with status 200, each in one step.

    The answer is byte for byte what uvicorn would have made of its two messages. `protocols.http` says how it is used.
    """

    __slots__ = ("_cycle", "_protocol")

    def __init__(self, protocol: HttpToolsProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle

    def body(self) -> bytes | None:
        cycle = self._cycle
        if cycle.more_body or cycle.disconnected or cycle.response_complete or cycle.waiting_for_100_continue:
            return None
        return bytes(cycle.body)

    def answer(self, head: bytes, body: bytes) -> bool:
        cycle, protocol = self._cycle, self._protocol
        if cycle.response_started or cycle.disconnected or cycle.flow.write_paused or cycle.access_log:
            return False
        cycle.response_started = cycle.response_complete = True
        ending = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        dated = lines(protocol.server_state.default_headers)
        length = b"content-length: %d\r\n" % len(body)
        protocol.transport.write_now(b"".join((_OK, dated, head, length, ending, body)))  # type: ignore[attr-defined]
        cycle.message_event.set()
        if not cycle.keep_alive:
            protocol.transport.close()
        cycle.on_response()
        return True
