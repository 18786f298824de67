"""Answers that go past uvicorn's messages are, byte for byte, what the messages would have made."""

import asyncio
import gc
import weakref
from functools import partial

import pytest
import uvicorn
from uvicorn.server import ServerState

from poolhouse.cli.bounded_http import BoundedHttp
from poolhouse.protocols.http import answer, lines, read_body, take_exchange

HEADERS = ((b"content-type", b"text/plain"), (b"x-id", b"1"))
DATE = [(b"date", b"Sat, 21 Nov 2026 12:00:00 GMT")]
ASK = b"POST / HTTP/1.1\r\nhost: x\r\n%bcontent-length: 3\r\n\r\nabc"
ANSWER = (
    b"HTTP/1.1 200 OK\r\ndate: Sat, 21 Nov 2026 12:00:00 GMT\r\ncontent-type: text/plain\r\nx-id: 1\r\n"
    b"content-length: 4\r\n%b\r\n=abc"
)


class Client(asyncio.Transport):
    """The other side of a connection: what it was sent, and whether the connection is closed."""

    def __init__(self):
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 6)})
        self.received = b""
        self.pieces = 0
        self.closed = False

    def write(self, data):
        self.received += data
        self.pieces += 1

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True

    def pause_reading(self):
        """Nothing comes by itself."""

    def resume_reading(self):
        """Nothing comes by itself."""


class Stopwatch:
    """A loop whose time passes when it is told to."""

    def __init__(self, loop):
        self._loop = loop
        self._now = 0.0
        self._due = []

    def __getattr__(self, name):
        return getattr(self._loop, name)

    def time(self):
        return self._now

    def call_later(self, seconds, callback):
        self._due.append((self._now + seconds, handle := asyncio.Handle(callback, (), self._loop)))
        return handle

    def pass_(self, seconds):
        self._now += seconds
        due, self._due = self._due, []
        for moment, handle in due:
            if moment > self._now:
                self._due.append((moment, handle))
            elif not handle.cancelled():
                handle._run()


class Echo:
    """Answers with the body. `ways` says for each request whether body and answer went in one step."""

    def __init__(self, *, at_once):
        self.at_once = at_once
        self.ways = []

    async def __call__(self, scope, receive, send):
        exchange = take_exchange(scope)
        if not self.at_once:
            exchange = None
        body = None if exchange is None else exchange.whole_body()
        had_body = body is not None
        if body is None:
            body = await read_body(receive)
        body = b"=" + body
        answered = exchange is not None and exchange.answer(lines(HEADERS), body)
        if not answered:
            await answer(send, 200, HEADERS, body)
        self.ways.append((had_body, answered))


@pytest.fixture(params=[True, False], ids=["at once", "in messages"])
def echo(request):
    return Echo(at_once=request.param)


@pytest.fixture
def connect():
    """A connection to an application, without a socket."""

    def connect(application) -> tuple[BoundedHttp, Client]:
        config = uvicorn.Config(
            application, http=BoundedHttp, ws="none", lifespan="off", log_config=None, access_log=False
        )
        config.load()
        config.loaded_app = application
        state = ServerState()
        state.default_headers = DATE
        protocol, client = BoundedHttp(config=config, server_state=state, app_state={}), Client()
        protocol.connection_made(client)
        return protocol, client

    return connect


async def settled(condition):
    """Waits for what the loop still has to do."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def test_an_answer_is_the_same_in_both_ways(connect, echo):
    protocol, client = connect(echo)
    for number in (1, 2):
        protocol.data_received(ASK % b"")
        await settled(lambda number=number: client.pieces == number)
        assert client.received == (ANSWER % b"") * number
    assert not client.closed
    assert echo.ways == [(echo.at_once, echo.at_once)] * 2


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_a_connection_that_is_not_kept_is_closed_behind_the_answer(connect, echo, version):
    protocol, client = connect(echo)
    protocol.data_received((ASK % b"connection: close\r\n").replace(b"HTTP/1.1", b"HTTP/" + version))
    await settled(lambda: client.closed)
    assert client.received == ANSWER % b"connection: close\r\n"


async def test_requests_in_one_packet_are_answered_in_their_order(connect, echo):
    protocol, client = connect(echo)
    protocol.data_received(b"".join((ASK % b"").replace(b"abc", text) for text in (b"abc", b"def", b"ghi")))
    await settled(lambda: len(echo.ways) == 3)
    await settled(lambda: client.received.endswith(b"=ghi"))
    assert client.received == b"".join((ANSWER % b"").replace(b"abc", text) for text in (b"abc", b"def", b"ghi"))


async def test_a_body_that_comes_later_is_waited_for(connect, echo):
    protocol, client = connect(echo)
    whole = ASK % b""
    protocol.data_received(whole[:-2])
    for _ in range(5):
        await asyncio.sleep(0)
    assert client.received == b""
    protocol.data_received(whole[-2:])
    await settled(lambda: client.pieces == 1)
    assert client.received == ANSWER % b""
    assert echo.ways == [(echo.at_once, echo.at_once)]


async def test_a_request_is_the_same_wherever_packets_end(connect, echo):
    protocol, client = connect(echo)
    whole = ASK % b""
    for number in range(1, len(whole)):
        protocol.data_received(whole[:number])
        protocol.data_received(whole[number:])
        await settled(lambda number=number: client.pieces == number)
    assert client.received == (ANSWER % b"") * (len(whole) - 1)
    assert echo.ways == [(echo.at_once, echo.at_once)] * (len(whole) - 1)


async def test_a_long_body_is_received_in_pieces(connect, echo):
    """Only what is short is put together first; nothing is lost or doubled on the way."""
    protocol, client = connect(echo)
    body = b"".join(b"%07d\n" % number for number in range(20_000))
    protocol.data_received((ASK % b"").replace(b"length: 3", b"length: %d" % len(body)).removesuffix(b"abc"))
    for at in range(0, len(body), 16_384):
        protocol.data_received(body[at : at + 16_384])
        await asyncio.sleep(0)
    await settled(lambda: client.received.endswith(body))
    assert client.received.endswith(b"content-length: %d\r\n\r\n=%b" % (len(body) + 1, body))
    assert echo.ways == [(False, False)]


async def test_a_request_that_is_coming_in_while_the_server_ends_is_the_last(connect, echo):
    protocol, client = connect(echo)
    whole = ASK % b""
    protocol.data_received(whole[:-2])
    protocol.shutdown()
    assert not client.closed
    protocol.data_received(whole[-2:])
    await settled(lambda: client.closed)
    assert client.received == ANSWER % b"connection: close\r\n"


async def test_an_answer_that_takes_its_time_is_a_task_of_the_server(connect):
    """A graceful end waits for it."""
    go_on = asyncio.Event()

    async def slow(scope, _receive, _send):
        exchange = take_exchange(scope)
        await go_on.wait()
        exchange.answer(lines(HEADERS), b"=" + exchange.whole_body())

    protocol, client = connect(slow)
    protocol.data_received(ASK % b"")
    await settled(lambda: len(protocol.tasks) == 1)
    assert client.received == b""
    go_on.set()
    await settled(lambda: not protocol.tasks)
    assert client.received == ANSWER % b""


async def test_a_fault_of_one_request_stays_its_own(connect):
    """One that comes in the same moment is answered."""

    async def picky(scope, _receive, _send):
        exchange = take_exchange(scope)
        if exchange.whole_body() != b"abc":
            raise ValueError
        exchange.answer(lines(HEADERS), b"=abc")

    (first, refused), (second, answered) = connect(picky), connect(picky)
    first.data_received((ASK % b"").replace(b"abc", b"xyz"))
    second.data_received(ASK % b"")
    await settled(lambda: refused.received and answered.received)
    assert refused.received.startswith(b"HTTP/1.1 500 ")
    assert answered.received == ANSWER % b""


async def test_a_pause_between_requests_has_an_end(connect, echo):
    """One timer for many requests: it is set anew for what is left, and has no say during a request."""
    protocol, client = connect(echo)
    protocol.loop = loop = Stopwatch(protocol.loop)
    protocol.timeout_keep_alive = 60
    for number in (1, 2, 3):
        protocol.data_received(ASK % b"")
        await settled(lambda number=number: client.pieces == number)
        loop.pass_(40)
    assert not client.closed
    protocol.data_received(ASK[:20])
    loop.pass_(25)
    assert not client.closed
    protocol.data_received((ASK % b"")[20:])
    await settled(lambda: client.pieces == 4)
    loop.pass_(59)
    assert not client.closed
    loop.pass_(1)
    assert client.closed


async def test_a_client_that_waits_for_100_is_told_to_go_on(connect, echo):
    protocol, client = connect(echo)
    head, body = (ASK % b"expect: 100-continue\r\n").split(b"abc")[0], b"abc"
    protocol.data_received(head)
    await settled(lambda: client.received == b"HTTP/1.1 100 Continue\r\n\r\n")
    protocol.data_received(body)
    await settled(lambda: client.received.endswith(b"=abc"))
    assert client.received == b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER % b""


async def test_a_client_that_reads_slowly_is_waited_for(connect, echo):
    protocol, client = connect(echo)
    protocol.pause_writing()
    protocol.data_received(ASK % b"")
    for _ in range(5):
        await asyncio.sleep(0)
    assert client.received == b""
    protocol.resume_writing()
    await settled(lambda: client.pieces == 1)
    assert client.received == ANSWER % b""
    assert echo.ways == [(echo.at_once, False)]


async def test_a_client_that_is_gone_is_sent_nothing(connect, echo):
    protocol, client = connect(echo)
    protocol.data_received(ASK % b"")
    protocol.connection_lost(ConnectionResetError())
    for _ in range(5):
        await asyncio.sleep(0)
    assert client.received == b""


async def test_an_answer_is_given_once(connect):
    """The second one of a request is refused, whichever way it goes."""
    refused = []

    async def twice(scope, _receive, send):
        exchange = take_exchange(scope)
        assert exchange.answer(lines(HEADERS), b"=abc")
        refused.append(exchange.answer(lines(HEADERS), b"=abc"))
        with pytest.raises(RuntimeError, match="already completed"):
            await answer(send, 200, HEADERS, b"=abc")
        refused.append(exchange.whole_body())

    protocol, client = connect(twice)
    protocol.data_received(ASK % b"")
    await settled(lambda: len(refused) == 2)
    assert (refused, client.received) == ([False, None], ANSWER % b"")


async def test_a_request_leaves_nothing_for_the_collector(connect, echo):
    """What is left of one is gone with the next: nothing of it refers to itself."""
    protocol, client = connect(echo)
    gc.disable()
    try:
        protocol.data_received(ASK % b"")
        await settled(lambda: client.pieces == 1)
        left = weakref.ref(protocol.cycle)
        protocol.data_received(ASK % b"")
        await settled(lambda: client.pieces == 2 and left() is None)
    finally:
        gc.enable()


async def test_only_a_request_that_is_not_there_yet_has_a_timer(connect, echo):
    """And it ends with the request."""
    protocol, client = connect(echo)
    closing = partial(getattr, protocol, "_limit")
    assert closing() is not None  # nothing has come
    protocol.data_received(ASK % b"")
    assert closing() is None
    await settled(lambda: client.pieces == 1)
    protocol.data_received(ASK[:20])
    assert closing() is not None
