"""HTTP/1.1 requests as finished bytes, signed ahead of the clock, and a connection that does no more than send them."""

import asyncio
import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

import msgspec

_TYPE = "application/x-amz-json-1.1"
_SIGNED = "content-type;host;x-amz-date;x-amz-target"


class Root(NamedTuple):
    """The key pair that signs; every request of the kit is for one region."""

    key_id: str
    secret: str
    region: str


class WrongAnswer(Exception):
    """An answer that is not what the scenario expects; the run ends."""


def get(host: str, path: str, headers: Mapping[str, str]) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{_lines(headers)}\r\n".encode()


def post(host: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{_lines(headers)}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def call(host: str, operation: str, request: Mapping[str, Any], root: Root | None = None) -> bytes:
    """A cognito-idp call with the headers that boto3 sends; a signature holds for five minutes."""
    body = msgspec.json.encode(request)
    headers = {
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
        "Content-Type": _TYPE,
        "User-Agent": "Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux lang/python#3.11 md/pyimpl#CPython",
        "Accept-Encoding": "identity",
        "amz-sdk-invocation-id": str(uuid.uuid4()),
        "amz-sdk-request": "attempt=1",
    }
    if root is not None:
        headers |= _signature(host, headers["X-Amz-Target"], body, root)
    return post(host, "/", headers, body)


def _signature(host: str, target: str, body: bytes, root: Root) -> dict[str, str]:
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{moment[:8]}/{root.region}/cognito-idp/aws4_request"
    canonical = (
        f"POST\n/\n\ncontent-type:{_TYPE}\nhost:{host}\nx-amz-date:{moment}\nx-amz-target:{target}\n\n"
        f"{_SIGNED}\n{hashlib.sha256(body).hexdigest()}"
    )
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(_signing_key(root, moment[:8]), text.encode(), "sha256").hex()
    credential = f"Credential={root.key_id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}"
    return {"X-Amz-Date": moment, "Authorization": f"AWS4-HMAC-SHA256 {credential}"}


@lru_cache
def _signing_key(root: Root, day: str) -> bytes:
    key = f"AWS4{root.secret}".encode()
    for part in (day, root.region, "cognito-idp", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


class Connection(asyncio.Protocol):
    """One connection with one request under way at a time. It is kept, and made anew where the server closes it.

    Understands answers with a Content-Length and chunked ones.
    """

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        _, connection = await asyncio.get_running_loop().create_connection(lambda: cls((host, port)), host, port)
        return connection

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._received = b""
        self._answer: asyncio.Future[bytes] | None = None

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        head = self._received.find(b"\r\n\r\n")
        if head < 0 or self._answer is None:
            return
        body = _body(self._received, head + 4)
        if body is None:
            return
        whole, self._received, answer, self._answer = self._received, b"", self._answer, None
        if b"\nconnection: close" in whole[:head].lower():
            self._transport.close()
        if answer.done():  # whoever asked was cancelled
            return
        if whole[8:13] == b" 200 ":
            answer.set_result(body)
        else:
            answer.set_exception(WrongAnswer(whole.decode(errors="replace")))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        """Resolves to the body of a 200; raises WrongAnswer for another status."""
        if self._transport.is_closing():
            return asyncio.ensure_future(self._ask_anew(request))
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    async def _ask_anew(self, request: bytes) -> bytes:
        await asyncio.get_running_loop().create_connection(lambda: self, *self._address)
        return await self.ask(request)

    def close(self) -> None:
        self._transport.close()


def _body(received: bytes, start: int) -> bytes | None:
    """What follows the head, which ends at `start`; None while it is not complete."""
    head = received[:start].lower()
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        end = start + int(head[at + 17 : head.index(b"\r\n", at + 17)])
        return received[start:end] if len(received) >= end else None
    if b"\r\ntransfer-encoding: chunked" not in head:
        raise WrongAnswer(f"an answer of no known length: {received[:start]!r}")
    return _unchunked(received, start)


def _unchunked(received: bytes, at: int) -> bytes | None:
    parts: list[bytes] = []
    while (line := received.find(b"\r\n", at)) >= 0:
        size = int(received[at:line].split(b";")[0], 16)
        if len(received) < line + 4 + size:
            return None
        if size == 0:
            return b"".join(parts)
        parts.append(received[line + 2 : line + 2 + size])
        at = line + 4 + size
    return None
