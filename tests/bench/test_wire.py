"""The generator's connection: what servers answer, and how they end it."""

import asyncio

import pytest

from bench.wire import Connection, WrongAnswer


@pytest.fixture
async def ask():
    """The answer to one request from a server that sends these bytes for each, and how often it was connected to."""
    running, connected = [], []

    async def serve(*answers):
        left = iter(answers)

        async def talk(reader, writer):
            connected.append(writer)
            while await reader.readline():
                for part in next(left):
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)

        running.append(await asyncio.start_server(talk, "127.0.0.1", 0))
        return await Connection.open(*running[0].sockets[0].getsockname()), connected

    yield serve
    for server in running:
        server.close()
    for writer in connected:
        writer.close()


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [LENGTH, CHUNKED])
@pytest.mark.parametrize("cut", [1, 20, 41, 60])
async def test_answer_in_pieces(ask, answer, cut):
    connection, _ = await ask([answer[:cut], answer[cut:]], [answer])
    assert [await connection.ask(b"x\n"), await connection.ask(b"x\n")] == [b"hello", b"hello"]
    connection.close()


async def test_connection_that_the_server_closes_is_made_anew(ask):
    closing = LENGTH.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
    connection, connected = await ask([closing], [LENGTH])
    assert [await connection.ask(b"x\n"), await connection.ask(b"x\n")] == [b"hello", b"hello"]
    assert len(connected) == 2
    connection.close()


async def test_error_is_a_wrong_answer(ask):
    connection, _ = await ask([LENGTH.replace(b"200 OK", b"400 No")])
    with pytest.raises(WrongAnswer, match="hello"):
        await connection.ask(b"x\n")
    connection.close()


async def test_answer_without_a_length_is_a_wrong_answer(ask):
    connection, _ = await ask([b"HTTP/1.1 200 OK\r\n\r\nhello"])
    with pytest.raises(WrongAnswer, match="no known length"):
        await connection.ask(b"x\n")
    connection.close()
