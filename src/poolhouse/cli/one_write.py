"""An answer's head and body leave in one packet: uvicorn writes them apart, and each write is a system call here, and
one more reading on the other side.
"""

import asyncio
from typing import Any


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
