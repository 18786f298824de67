"""The loopback HTTP of the runtime API, as a stranger on the same machine meets it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.functions.runtime_api import HEAD_LIMIT, Connection, RuntimeApi

ACCEPTED = b"HTTP/1.1 202 Accepted\r\n"


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


@settings(deadline=None, max_examples=30)
@given(st.binary(min_size=1, max_size=200).map(lambda data: b"\x00" + data))
def test_garbage_ends_the_connection(data):
    """What is not HTTP is answered with silence, and raises nothing."""
    assert asyncio.run(send(data)) == b""


class OneInvocation:
    """A party that runs the invocation `current`, and keeps the connection of whoever waits for the next."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Connection] = asyncio.Queue()

    def asked_for_work(self, connection: Connection) -> None:
        self.waiting.put_nowait(connection)

    def withdrew(self, connection: Connection) -> None:
        """Nobody else waits."""

    def succeeded(self, request_id: str, payload: bytes, size: int) -> bool:
        return request_id == "current" and len(payload) == size

    def failed(self, request_id: str, body: bytes) -> bool:
        return request_id == "current" and bool(body)

    def failed_to_start(self, body: bytes) -> None:
        raise AssertionError(body)

    def role_credentials(self, authorization: str) -> bytes | None:
        return authorization.encode() or None


@asynccontextmanager
async def visited() -> AsyncIterator[tuple[OneInvocation, str, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A party, its path, and a connection to it."""
    api, party = RuntimeApi(), OneInvocation()
    await api.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    try:
        async with asyncio.timeout(30):
            yield party, f"/{api.open(party)}/2018-06-01/runtime/invocation", reader, writer
    finally:
        writer.close()
        await api.stop()


def result(path: str, request_id: str = "current") -> bytes:
    return f"POST {path}/{request_id}/response HTTP/1.1\r\nContent-Length: 2\r\n\r\n42".encode()


def question(path: str) -> bytes:
    return f"GET {path}/next HTTP/1.1\r\n\r\n".encode()


async def test_a_result_alone_is_accepted_at_once():
    """A runtime that asks for more only then, as AWS's own do, does not wait for ever."""
    async with visited() as (party, path, reader, writer):
        writer.write(result(path))
        assert (await reader.readuntil(b'{"status":"OK"}')).startswith(ACCEPTED)
        writer.write(question(path))
        (await party.waiting.get()).deliver("A: 1\r\n", b"{}")
        assert (await reader.readuntil(b"\r\n\r\n{}")).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_answers_keep_the_order_of_their_requests():
    """A result with the next question behind it: both answers leave together, the first one first."""
    async with visited() as (party, path, reader, writer):
        for _ in range(2):
            writer.write(result(path) + question(path))
            (await party.waiting.get()).deliver("A: 1\r\n", b'{"event":1}')
            told = await reader.readuntil(b'{"event":1}')
            assert told.startswith(ACCEPTED)
            assert told.count(b"HTTP/1.1 ") == 2
            assert b'{"status":"OK"}HTTP/1.1 200 OK\r\n' in told


async def test_a_result_of_nothing_is_refused_at_once():
    """Also in front of a question, which then counts for nothing: the runtime is about to end."""
    async with visited() as (party, path, reader, writer):
        writer.write(result(path, "another") + question(path))
        told = await reader.read()
        assert told.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert told.count(b"HTTP/1.1 ") == 1
        assert party.waiting.empty()


async def test_one_worker_answers_fails_and_answers(house):
    """Results travel with the next question, errors without it, and the worker stays the same."""
    functions = await house.run(
        """
        import os
        def handler(event, context):
            if event["fails"]:
                raise ValueError("no")
            return os.getpid()
        """
    )
    outcomes = [
        await functions.invoke("work", json.dumps({"fails": fails}).encode()) for fails in (0, 1, 1, 0, 0, 1, 0)
    ]
    assert [outcome.error.type if outcome.error else "" for outcome in outcomes] == [
        *("", "ValueError", "ValueError", "", "", "ValueError", "")
    ]
    assert len({outcome.payload for outcome in outcomes if not outcome.error}) == 1


async def test_a_handlers_time_limits_are_its_own(house):
    """What a handler's module sets for its sockets is not for the worker's, which waits as long as there is nothing."""
    functions = await house.run(
        """
        import os, socket
        socket.setdefaulttimeout(0.001)
        def handler(event, context):
            return os.getpid()
        """
    )
    first = await functions.invoke("work", b"{}")
    await asyncio.sleep(0.02)
    assert (await functions.invoke("work", b"{}")).payload == first.payload
    assert first.error is None
