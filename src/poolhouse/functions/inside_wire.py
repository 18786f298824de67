"""The connections of a worker's SDK to the server that runs it: a request in one packet, an answer's head as it is.

Loaded from its file by `inside.py`, as `inside_sdk` is, so nothing of the server is imported here.
"""

import io
import select
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

KEPT: Final = 10
"""Connections that wait for their next request; botocore keeps as many."""

READ_BYTES: Final = 256 * 1024


class Straight:
    """In the place of botocore's HTTP session: a plain call's own connections, and botocore's session for the rest."""

    def __init__(self, inner: Any, origin: str, config: Any) -> None:
        parts = urlsplit(origin)
        self.host = parts.netloc.lower()
        self._head = f"POST / HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: identity\r\n"
        self._url = f"{origin}/"
        self._inner = inner
        self._address = parts.hostname or "", parts.port or 0
        self._patience = config.connect_timeout, config.read_timeout
        self._idle: list[Connection] = []
        self._known = threading.local()

    def exchange(self, sent: bytes) -> "Answer | Exception | None":
        """The answer, or what botocore raises in its place; None where nobody listens and nothing was sent."""
        connection = self._connection()
        if connection is None:
            return None
        try:
            connection.socket.sendall(sent)
            answer = read_answer(connection.socket)
        except TimeoutError as error:
            connection.socket.close()
            return ReadTimeoutError(endpoint_url=self._url, error=error)
        except (OSError, ValueError) as error:
            connection.socket.close()
            return ConnectionClosedError(error=error, endpoint_url=self._url)
        if answer.headers.get("connection", "").lower() == "close" or len(self._idle) >= KEPT:
            connection.socket.close()
        else:
            self._idle.append(connection)
        return answer

    def packet(self, headers: dict[str, str], body: bytes) -> bytes | None:
        """A request in one piece; None where a header holds what botocore's own session has to judge."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        text = self._head + lines
        if not text.isascii() or not text.count("\n") == len(headers) + 3 == text.count("\r"):
            return None
        return f"{text}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def with_known(self, outcome: "Answer | Exception", call: Callable[[], Any]) -> Any:
        """What `call` makes of an outcome that is there before it asks for it."""
        self._known.outcome = outcome
        try:
            return call()
        finally:
            self._known.outcome = None

    def send(self, request: Any) -> AWSResponse:
        """As botocore's session does it, with its errors."""
        outcome = getattr(self._known, "outcome", None)
        if outcome is None:
            sent: AWSResponse = self._inner.send(request)
            return sent
        self._known.outcome = None
        if isinstance(outcome, Exception):
            raise outcome
        answer = AWSResponse(request.url, outcome.status_code, outcome.headers, Body(outcome.body))
        _ = answer.content  # as botocore's session leaves it: read
        return answer

    def close(self) -> None:
        while self._idle:
            self._idle.pop().socket.close()
        self._inner.close()

    def _connection(self) -> "Connection | None":
        """One that was used before and that the server has not closed meanwhile, or a new one."""
        while self._idle:
            try:
                kept = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if not kept.poll.poll(0):  # with nothing asked, there is nothing to read but the connection's end
                return kept
            kept.socket.close()
        connect_seconds, read_seconds = self._patience
        try:
            made = socket.create_connection(self._address, connect_seconds)
        except OSError:
            return None
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(read_seconds)
        poll = select.poll()
        poll.register(made, select.POLLIN)
        return Connection(made, poll)


class Connection(NamedTuple):
    """A connection, and what tells whether something came over it."""

    socket: socket.socket
    poll: Any


class Answer(NamedTuple):
    """What came back; the names of headers are in lower case."""

    status_code: int
    headers: dict[str, str]
    body: bytes


class Body(io.BytesIO):
    """A body in botocore's words for a raw answer."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def read_answer(connection: socket.socket) -> Answer:
    """Raises ValueError for an answer that does not tell its length, or is longer."""
    read = connection.recv(READ_BYTES)
    while (end := read.find(b"\r\n\r\n")) < 0:
        read += _more(connection)
    first, *lines = read[:end].decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if "content-length" not in headers:
        raise ValueError("The answer does not tell its length.")
    parts, missing = [read[end + 4 :]], int(headers["content-length"]) - (len(read) - end - 4)
    while missing > 0:
        parts.append(_more(connection))
        missing -= len(parts[-1])
    if missing < 0:
        raise ValueError("The answer is longer than it says.")
    return Answer(int(first.split(" ", 2)[1]), headers, b"".join(parts))


def _more(connection: socket.socket) -> bytes:
    read = connection.recv(READ_BYTES)
    if not read:
        raise ConnectionError("The server closed the connection without an answer.")
    return read
