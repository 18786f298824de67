"""Slow clients: how long a connection may stay without a whole request."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from poolhouse.cli.bounded_http import BoundedHttp


class Impatient(BoundedHttp):
    idle_seconds = 0.3
    request_seconds = 0.3


async def answer(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            getattr(request, "param", answer), http=Impatient, ws="none", lifespan="off", log_config=None
        )
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext
        serving = asyncio.create_task(server.serve([bound]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield bound.getsockname()[1]
        server.should_exit = True
        await serving


async def closed_within(reader: asyncio.StreamReader, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(reader.read(), seconds) is not None
    return False


@pytest.mark.parametrize(
    "beginning",
    [b"", b"POST / HTTP/1.1\r\nhost: x\r\n", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc"],
    ids=["nothing", "headers", "body"],
)
async def test_a_connection_that_stops_in_the_middle_is_closed(port: int, beginning: bytes):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    assert await closed_within(reader, 3)
    writer.close()


async def test_one_line_at_a_time_does_not_extend_the_time(port: int):
    """Each line arrives well within the limit, the request as a whole does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\n")
    closed = asyncio.create_task(closed_within(reader, 3))
    while not closed.done():
        writer.write(b"x-more: 1\r\n")
        await asyncio.sleep(0.05)
    assert closed.result()
    writer.close()


async def test_whole_requests_are_answered(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc")
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_long_body_that_keeps_coming_is_taken(port: int):
    """An upload may take longer than a request, as long as enough of it arrives in that time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    piece = bytes(BoundedHttp.piece)
    writer.write(b"PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (6 * len(piece)))
    for _ in range(6):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.1)
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.close()


async def streamed(scope, receive, send):
    """Three pieces, with a pause before the last."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    for piece in (b"one", b"two"):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": b"end"})


async def test_an_answer_comes_in_one_piece(port: int):
    """Head and body together, so that a client reads once; twice on one connection, and without a body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await asyncio.wait_for(reader.read(65536), 5)).endswith(b"\r\n\r\nok")
    writer.write(b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("port", [streamed], indirect=True)
async def test_what_is_streamed_does_not_wait_for_the_end(port: int):
    """Only pieces of one moment are put together."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (await asyncio.wait_for(reader.readuntil(b"onetwo"), 5)).startswith(b"HTTP/1.1 200 OK")
    assert await asyncio.wait_for(reader.readexactly(3), 5) == b"end"
    writer.close()


async def test_a_client_that_is_gone_is_no_error(port: int):
    """The answer has nowhere to go; the next client is served."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    writer.transport.abort()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (await asyncio.wait_for(reader.read(65536), 5)).endswith(b"ok")
    writer.close()
