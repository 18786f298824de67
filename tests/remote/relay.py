"""A line between a server and the one in the part of AWS, which tests cut and hold up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

Mode = Literal["up", "held", "silent", "broken", "cut"]
_TURNS = 5
"""Of the loop, until a connection that was just accepted is known here."""


class Relay:
    """`held` waits until it is `released`, `silent` takes requests and answers nothing, `broken` answers 503, `cut` takes them and hangs up."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._serving: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.mode: Mode = "up"
        self.url = ""
        self.requests = 0
        self.released = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Relay"]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            serving = tuple(self._serving)
            for task in serving:
                task.cancel()
            while self._writers:  # a task that is cancelled before it began closes nothing
                self._writers.pop().transport.abort()
            await asyncio.gather(*serving, return_exceptions=True)
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request for each connection."""
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(await _request(reader), reader, writer)
        finally:
            await _closed(writer)

    async def _answer(self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests += 1
        if self.mode == "held":
            await self.released.wait()
        if self.mode in {"up", "held"}:
            await self._pass_on(request, writer)
        elif self.mode == "broken":
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
            await writer.drain()
        elif self.mode == "silent":
            await reader.read()  # until the other side has had enough

    async def _pass_on(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        try:
            back.write(head + b"\r\nconnection: close\r\n\r\n" + body)
            writer.write(await there.read())
            await writer.drain()
        finally:
            await _closed(back)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)
