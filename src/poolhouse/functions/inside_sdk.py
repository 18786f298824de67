"""The AWS SDK of a worker when it calls the server that runs it: a way to sign, send and read at half the CPU.

Each request is signed in one walk through its headers and leaves in one packet, and the head of its answer is read as
what it is, a few lines. botocore still builds the request, decides about repeating it, and has the word where something
is not plain or goes wrong. Calls to other servers go its own way; on AWS there is none of this.

Loaded from its file by `inside.py` when the first client is made, so nothing of the server is imported here.
"""

import hmac
import io
import logging
import select
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from botocore import auth, parsers
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.utils import get_environ_proxies

KEPT: Final = 10
"""Connections that wait for their next request; botocore keeps as many."""

READ_BYTES: Final = 256 * 1024
_BOTOCORE: Any = parsers  # whose stubs leave out what parsers are made of
_AUTH: Any = auth  # likewise
_CLOCK: Final = "_time_fetcher"
_NOT_PLAIN: Final = frozenset({"accept-encoding", "expect", "host", "transfer-encoding"})


def hasten(client: Any, address: str) -> None:
    """Give a botocore client the short way where it calls `address`, and no proxy stands before it."""
    parts = urlsplit(address)
    if client.meta.endpoint_url != address or parts.scheme != "http" or parts.port in (None, 80):
        return
    if client.meta.config.proxies or get_environ_proxies(address):
        return
    endpoint = client._endpoint  # noqa: SLF001 - its session is not to be had otherwise
    endpoint.http_session = Straight(endpoint.http_session, f"http://{parts.netloc}", client.meta.config)
    _BOTOCORE.PROTOCOL_PARSERS["json"] = Reading
    _hosts[f"http://{parts.netloc}/"] = parts.netloc.lower()
    if _AUTH.AUTH_TYPE_MAPS.get("v4") is _AUTH.SigV4Auth:  # and not that of awscrt
        _AUTH.AUTH_TYPE_MAPS["v4"] = Signing
    _read_clock_plainly(client._request_signer._credentials)  # noqa: SLF001 - likewise


def _read_clock_plainly(credentials: Any) -> None:
    """Each signature asks whether the credentials still last; the time of the machine's own zone takes 20 microseconds
    to tell, and is the same moment.
    """
    if getattr(getattr(credentials, _CLOCK, None), "__name__", "") == "_local_now":
        setattr(credentials, _CLOCK, _now)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a worker has no clock but its own


class Straight:
    """In the place of botocore's HTTP session, which gets what is not plain: a stream, a server that is not there."""

    def __init__(self, inner: Any, origin: str, config: Any) -> None:
        parts = urlsplit(origin)
        self._inner = inner
        self._origin = origin
        self._place = parts.hostname or "", parts.port or 0
        self._host = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: identity\r\n".encode()
        self._patience = config.connect_timeout, config.read_timeout
        self._idle: list[socket.socket] = []

    def send(self, request: Any) -> AWSResponse:
        """As botocore's session does it, with its errors."""
        sent = self._written(request)
        connection = None if sent is None else self._connection()
        if sent is None or connection is None:
            answer: AWSResponse = self._inner.send(request)
            return answer
        try:
            connection.sendall(sent)
            status, headers, body = read_answer(connection)
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except (OSError, ValueError) as error:
            connection.close()
            raise ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error
        if headers.get("connection", "").lower() == "close" or len(self._idle) >= KEPT:
            connection.close()
        else:
            self._idle.append(connection)
        answer = AWSResponse(request.url, status, headers, Body(body))
        _ = answer.content  # as botocore's session leaves it: read
        return answer

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
        self._inner.close()

    def _written(self, request: Any) -> bytes | None:
        """The request as it goes over the wire; None for one that botocore's own session is to send."""
        body, context = request.body or b"", getattr(request, "context", None) or {}
        target = request.url.removeprefix(self._origin)
        if request.stream_output or context.get("read_timeout") is not None or target[:1] != "/":
            return None
        if not isinstance(body, bytes) or any(name.lower() in _NOT_PLAIN for name in request.headers):
            return None
        lines = [b"%b: %b\r\n" % (_bytes(name), _bytes(value)) for name, value in request.headers.items()]
        head = b"".join((f"{request.method} {target}".encode(), self._host, *lines, b"\r\n"))
        return head + body if head.count(b"\n") == len(lines) + 4 == head.count(b"\r") else None

    def _connection(self) -> socket.socket | None:
        """One that was used before and that the server has not closed meanwhile, or a new one."""
        while self._idle:
            try:
                kept = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if not _is_readable(kept):
                return kept
            kept.close()
        connect_seconds, read_seconds = self._patience
        try:
            made = socket.create_connection(self._place, connect_seconds)
        except OSError:
            return None
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(read_seconds)
        return made


class Body(io.BytesIO):
    """A body in botocore's words for a raw answer."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def read_answer(connection: socket.socket) -> tuple[int, Any, bytes]:
    """Status, headers and body. Raises ValueError for an answer that does not tell its length, or is longer."""
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
    return int(first.split(" ", 2)[1]), headers, b"".join(parts)


def _more(connection: socket.socket) -> bytes:
    read = connection.recv(READ_BYTES)
    if not read:
        raise ConnectionError("The server closed the connection without an answer.")
    return read


def _is_readable(connection: socket.socket) -> bool:
    """With nothing asked, there is nothing to read but the end of the connection."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


# --- the signature -----------------------------------------------------------------------------------------

_hosts: dict[str, str] = {}
"""Of the addresses that are ours: what stands in the Host header."""

_log = logging.getLogger("botocore.auth")
_OF_SIGNATURE: Final = frozenset(
    {"authorization", "date", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
)


class Signing(_AUTH.SigV4Auth):  # type: ignore[misc]  # the stubs leave it out
    """botocore's signature, byte for byte, for a plain request to the server that runs this worker."""

    def add_auth(self, request: Any) -> None:
        host = _hosts.get(request.url)
        signed = None if host is None or self.credentials is None else _plain(request)
        if host is None or signed is None:
            super().add_auth(request)
            return
        stamp, headers = f"{_now():%Y%m%dT%H%M%SZ}", request.headers
        request.context["timestamp"] = headers["X-Amz-Date"] = stamp
        signed |= {"host": host, "x-amz-date": stamp}
        if self.credentials.token:
            headers["X-Amz-Security-Token"] = token = self.credentials.token
            signed["x-amz-security-token"] = " ".join(token.split())
        headers["Authorization"] = self._authorization(stamp, signed, request)

    def _authorization(self, stamp: str, signed: dict[str, str], request: Any) -> str:
        ordered = sorted(signed)
        names, lines = ";".join(ordered), "\n".join([f"{name}:{signed[name]}" for name in ordered])
        body = sha256(request.data).hexdigest()
        canonical = f"{request.method.upper()}\n/\n\n{lines}\n\n{names}\n{body}".encode()
        place = stamp[:8], self._region_name, self._service_name
        scope = f"{'/'.join(place)}/aws4_request"
        told = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical).hexdigest()}".encode()
        signature = hmac.digest(_key(self.credentials.secret_key, *place), told, "sha256").hex()
        credential = f"{self.credentials.access_key}/{scope}"
        return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"


def _plain(request: Any) -> dict[str, str] | None:
    """The headers that are to be signed; None for a request that botocore itself is to sign, and to log."""
    context = request.context
    if request.params or type(request.data) is not bytes or context.get("checksum") or _log.isEnabledFor(logging.DEBUG):
        return None
    if not context.get("payload_signing_enabled", True):
        return None
    signed: dict[str, str] = {}
    for name, value in request.headers.raw_items():
        if type(value) is not str or not value.isascii() or (lower := name.lower()) in signed or lower in _OF_SIGNATURE:
            return None
        if lower not in _AUTH.SIGNED_HEADERS_BLACKLIST:
            signed[lower] = " ".join(value.split())
    return signed


@lru_cache(maxsize=4)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    """Good for a day."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


# --- what is in the answer ---------------------------------------------------------------------------------

Reader = Callable[["Reading", Any], Any]
_readers: dict[int, tuple[Any, Reader | None]] = {}
"""By the identity of a shape, which is kept with its reader so that no other takes its place."""


class Reading(_BOTOCORE.JSONParser):  # type: ignore[misc]  # the stubs leave it out
    """botocore's parser of JSON, which asks a shape once what it is made of, and not for each value of each answer."""

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        value = self._parse_body_as_json(raw_body)
        reader = _reader(shape)
        return value if reader is None else reader(self, value)


def _reader(shape: Any) -> Reader | None:
    """What makes the parsed value of a shape out of JSON's; None where they are the same."""
    known = _readers.get(id(shape))
    if known is None:
        _readers[id(shape)] = shape, _slow(shape)  # which one within itself finds
        known = _readers[id(shape)] = shape, _made(shape)
    return known[1]


def _made(shape: Any) -> Reader | None:
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type and not shape.is_tagged_union:
        return _of_structure(shape)
    if kind == "list":
        return _of_list(_reader(shape.member))
    if hasattr(_BOTOCORE.JSONParser, f"_handle_{kind}"):
        return _slow(shape)
    return None


def _slow(shape: Any) -> Reader:
    return lambda parser, value: parser._parse_shape(shape, value)  # noqa: SLF001 - a parser's own


def _of_structure(shape: Any) -> Reader:
    members = [(name, each.serialization.get("name", name), _reader(each)) for name, each in shape.members.items()]

    def read(parser: Reading, value: Any) -> Any:
        if value is None:
            return None
        found = {}
        for name, key, reader in members:
            given = value.get(key)
            if given is not None:
                found[name] = given if reader is None else reader(parser, given)
        return found

    return read


def _of_list(reader: Reader | None) -> Reader:
    if reader is None:
        return lambda _parser, value: list(value)
    return lambda parser, value: [None if one is None else reader(parser, one) for one in value]
