"""The trail sent to a webhook on this machine, and to standard output: in order, at least once, signed."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from operations.audit.test_chain import add, add_loose
from operations.audit.trail import execute, link_all

from poolhouse.operations import audit
from poolhouse.operations.audit import streaming
from poolhouse.operations.audit.streaming import SIGNATURE, forward, signature, to_stdout, to_webhook
from poolhouse.operations.context import Services

SECRET = "a-secret-of-the-webhook"


class Hook:
    """A receiver that answers with `answers`, one for each request, and then with 200."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[str, str, bytes]] = []

    def lines(self) -> list[dict]:
        return [json.loads(line) for _, _, body in self.got for line in body.splitlines()]


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.got.append((self.path, self.headers[SIGNATURE], body))
            self.send_response(hook.answers.pop(0) if hook.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hook.address = f"http://127.0.0.1:{server.server_port}/audit?of=test"
    yield hook
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def streaming_services(services, settings, hook) -> Services:
    sent_to = dataclasses.replace(settings, audit_stream=hook.address, audit_stream_secret=SECRET)
    return dataclasses.replace(services, settings=sent_to)


async def sent(services: Services, holder: str = "me") -> int:
    async def send(body: bytes) -> None:
        await to_webhook(services, body)

    return await forward(services, holder, send)


async def test_in_the_order_of_the_chain(streaming_services, hook):
    """What is not linked is not sent yet."""
    await add_loose(streaming_services, 3)
    assert await sent(streaming_services) == 0
    await link_all(streaming_services)
    assert await sent(streaming_services) == 3
    assert await sent(streaming_services) == 0
    assert [line["seq"] for line in hook.lines()] == [1, 2, 3]
    first = hook.lines()[0]
    assert (first["operation"], first["kind"], first["result"]) == ("Op1", "admin", "ok")
    assert set(first["body"]) == {"event_id"}
    assert len(first["hash"]) == len(first["mac"]) == 64


async def test_the_signature(streaming_services, hook, clock):
    """Over the moment and the body, with the key that both sides have."""
    await add(streaming_services, 1)
    await link_all(streaming_services)
    await sent(streaming_services)
    path, given, body = hook.got[0]
    assert path == "/audit?of=test"
    assert given == signature(SECRET, str(clock.now // 1_000_000), body)
    assert given != signature("another-secret-of-somebody", str(clock.now // 1_000_000), body)


@pytest.mark.parametrize("status", [500, 404, 302])
async def test_a_refused_batch_is_sent_again(streaming_services, hook, status):
    """Every answer but a 2xx leaves the mark where it was; nothing is lost, nothing is left out."""
    await add(streaming_services, 2)
    await link_all(streaming_services)
    hook.answers = [status]
    with pytest.raises(ConnectionError, match=str(status)):
        await sent(streaming_services)
    assert await sent(streaming_services) == 2
    assert [line["seq"] for line in hook.lines()] == [1, 2, 1, 2]


async def test_retries_wait_longer_each_time(streaming_services, hook):
    """In the background, without an end; a success begins anew."""
    await add(streaming_services, 2)
    await link_all(streaming_services)
    hook.answers = [503, 503, 503]
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 5:
            raise KeyError

    with pytest.raises(KeyError):
        await audit.stream(streaming_services, pause)
    assert waited == [0.5, 1.0, 2.0, 0.5, 0.5]
    assert [line["seq"] for line in hook.lines()] == [1, 2] * 4


async def test_one_process_sends(streaming_services, hook, clock):
    """The one that holds the lease; another one takes over when it is past."""
    await add(streaming_services, 1)
    await link_all(streaming_services)
    assert await sent(streaming_services, "a") == 1
    await add(streaming_services, 1)
    await link_all(streaming_services)
    assert await sent(streaming_services, "b") == 0
    clock.advance(seconds=61)
    assert await sent(streaming_services, "b") == 1
    assert [line["seq"] for line in hook.lines()] == [1, 2]


async def test_a_changed_mark_loses_nothing(streaming_services, hook, database_url):
    """Whoever moves the mark forward in the database only has everything sent once more."""
    await add(streaming_services, 2)
    await link_all(streaming_services)
    await sent(streaming_services)
    await execute(database_url, "UPDATE facts SET value = mac FROM audit_events WHERE name = 'audit-stream'")
    assert await sent(streaming_services) == 2
    assert [line["seq"] for line in hook.lines()] == [1, 2, 1, 2]


async def test_batches_are_bounded(streaming_services, hook):
    await add(streaming_services, streaming.BATCH + 1)
    await link_all(streaming_services)
    assert await sent(streaming_services) == streaming.BATCH
    assert await sent(streaming_services) == 1
    assert [len(body.splitlines()) for _, _, body in hook.got] == [streaming.BATCH, 1]


async def test_nobody_listens(streaming_services):
    """An address where nothing listens is an answer like any other refusal."""
    await add(streaming_services, 1)
    await link_all(streaming_services)
    deaf = dataclasses.replace(streaming_services.settings, audit_stream="http://127.0.0.1:9/")
    with pytest.raises(OSError, match="refused"):
        await sent(dataclasses.replace(streaming_services, settings=deaf))


async def test_to_standard_output(services, capsys):
    await add(services, 2)
    await link_all(services)
    assert await forward(services, "me", to_stdout) == 2
    assert [json.loads(line)["seq"] for line in capsys.readouterr().out.splitlines()] == [1, 2]


async def test_without_a_setting_nothing_is_sent(services):
    await audit.stream(services)
