"""The loopback HTTP of the runtime API, as a stranger on the same machine meets it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.functions.runtime_api import HEAD_LIMIT, RuntimeApi


async def send(data: bytes) -> bytes:
    """What a fresh runtime API answers before it closes the connection, or within a moment."""
    api = RuntimeApi()
    await api.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    try:
        writer.write(data)
        async with asyncio.timeout(2):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
        await api.stop()


@pytest.mark.parametrize(
    "line", [b"GET /", b"GET *", b"GET /guess/credentials", b"POST //2018-06-01/runtime/init/error", b"PUT /a/b/c"]
)
async def test_a_stranger_is_refused(line):
    """Without a secret path every request is refused and the connection closed."""
    assert (await send(line + b" HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 403 ")


async def test_a_strangers_body_is_not_awaited():
    """The refusal does not wait for the announced body."""
    answer = await send(b"POST /guess/2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 9999999\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 403 ")


async def test_an_endless_header_is_cut_off():
    """A request that never gets to its body cannot fill the memory."""
    assert await send(b"GET / HTTP/1.1\r\nX: " + b"x" * (HEAD_LIMIT + 1)) == b""


@given(st.binary(min_size=1, max_size=200).map(lambda data: b"\x00" + data))
def test_garbage_ends_the_connection(data):
    """What is not HTTP is answered with silence, and raises nothing."""
    assert asyncio.run(send(data)) == b""
