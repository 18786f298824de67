"""The Lambda runtime API (2018-06-01) and the container-credentials protocol on loopback.

It owns framing and routing only. Each worker speaks under a secret path of its own, so that no worker can read or
answer another's invocations. Every answer leaves in one write: a second one would wait 40 ms for an acknowledgement.
A worker that asks for the next invocation together with a result reads both answers together too.
"""

import asyncio
import secrets
import socket
from typing import Protocol, cast

import httptools

from .invocations import RESPONSE_LIMIT

_VERSION = "2018-06-01"
_REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}
_ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"OK"}'

HEAD_LIMIT = 2 * 1024 * 1024
"""Bytes of a request before its body; the runtime client sends up to 1 MB about an exception in a header."""


class Party(Protocol):
    """A worker, as the runtime API sees it. Answers of False mean: not the invocation that you are running."""

    def asked_for_work(self, connection: "Connection") -> None: ...

    def withdrew(self, connection: "Connection") -> None: ...

    def succeeded(self, request_id: str, payload: bytes, size: int) -> bool: ...

    def failed(self, request_id: str, body: bytes) -> bool: ...

    def failed_to_start(self, body: bytes) -> None: ...

    def role_credentials(self, authorization: str) -> bytes | None: ...


class RuntimeApi:
    """The listening socket and the secret paths that are open on it."""

    def __init__(self) -> None:
        self._parties: dict[str, Party] = {}
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.close()
        await self._server.wait_closed()
        self._server = None

    def open(self, party: Party) -> str:
        """Gives `party` its secret path element."""
        token = secrets.token_urlsafe(24)
        self._parties[token] = party
        return token

    def close(self, token: str) -> None:
        self._parties.pop(token, None)

    def party(self, token: str) -> Party | None:
        return self._parties.get(token)

    def joined(self, connection: "Connection") -> None:
        self._connections.add(connection)

    def left(self, connection: "Connection") -> None:
        self._connections.discard(connection)


class Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection of a worker: one request at a time, a body kept only up to the limit."""

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: Party | None = None
        self._held = b""
        self._expect_request()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._api.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the protocol's signature
        self._api.left(self)
        if self._waiting is not None:
            self._waiting.withdrew(self)
            self._waiting = None

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > HEAD_LIMIT:
                self.close()
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            self.close()
            raise
        except httptools.HttpParserError:
            self.close()
        if self._held and self._waiting is None:
            self._write(b"")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _expect_request(self) -> None:
        self._url = b""
        self._authorization = ""
        self._body: list[bytes] = []
        self._size = 0
        self._party: Party | None = None
        self._head_size = 0
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"authorization":
            self._authorization = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """A stranger is sent away before its body is taken."""
        self._in_head = False
        self._party = self._api.party(self._url.decode("latin-1").split("/")[1] if b"/" in self._url else "")
        if self._party is None:
            self._answer(403, b"")
            self.close()

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._party is not None and self._size <= RESPONSE_LIMIT:
            self._body.append(body)
        else:
            self._body.clear()

    def on_message_complete(self) -> None:
        if self._party is not None and self._transport is not None and not self._transport.is_closing():
            self._serve(self._party)
        self._expect_request()

    def _serve(self, party: Party) -> None:
        path = self._url.decode("latin-1").split("/")[2:]
        method = self._parser.get_method()
        if method == b"GET" and path == [_VERSION, "runtime", "invocation", "next"]:
            self._waiting = party
            party.asked_for_work(self)
        elif method == b"GET" and path == ["credentials"]:
            document = party.role_credentials(self._authorization)
            self._answer(403 if document is None else 200, document or b"")
        elif method == b"POST" and path[:2] == [_VERSION, "runtime"]:
            self._report(party, path[2:])
        else:
            self._answer(404, b"")

    def _report(self, party: Party, path: list[str]) -> None:
        """Takes an outcome: `invocation/{id}/response`, `invocation/{id}/error` or `init/error`."""
        body = b"".join(self._body)
        match path:
            case ["invocation", request_id, "response"]:
                known = party.succeeded(request_id, body, self._size)
            case ["invocation", request_id, "error"]:
                known = party.failed(request_id, body)
            case ["init", "error"]:
                party.failed_to_start(body)
                known = True
            case _:
                return self._answer(404, b"")
        if known:
            self._held += _ACCEPTED  # which a question right behind it takes along with its own answer
            return None
        self._answer(400, b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}')
        return self.close()  # the runtime ends over this, and must not take an invocation with it

    def deliver(self, headers: str, event: bytes) -> None:
        """Answers a waiting `next` with an invocation; `headers` are whole lines."""
        self._waiting = None
        self._answer(200, event, headers)

    def _answer(self, status: int, body: bytes, headers: str = "") -> None:
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"{headers}Content-Length: {len(body)}\r\n\r\n"
        )
        self._write(head.encode("latin-1") + body)

    def _write(self, answer: bytes) -> None:
        held, self._held = self._held, b""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(held + answer)
