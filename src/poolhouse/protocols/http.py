"""What every protocol needs of HTTP: the bounded body, the answer in as few writes as possible, CORS.

Bare ASGI, because the AWS JSON route is the hot path of the whole server.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, Protocol, cast

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 1_048_576

# Tokens and signatures travel in headers, never in cookies, so any origin may ask; credentials mode is never allowed.
CORS: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,x-amz-user-agent,x-amz-schema-version,Date",
    ),
)
_PREFLIGHT: tuple[Header, ...] = (
    *CORS,
    (b"access-control-allow-methods", b"GET,POST,PUT,DELETE,PATCH,HEAD,OPTIONS"),
    (
        b"access-control-allow-headers",
        (
            b"authorization,content-type,cache-control,x-amz-target,x-amz-user-agent,x-amz-date,x-amz-security-token,"
            b"x-amz-content-sha256,x-api-key,amz-sdk-invocation-id,amz-sdk-request"
        ),
    ),
    (b"access-control-max-age", b"86400"),
)


EXCHANGE: Final = "poolhouse.exchange"
"""The ASGI extension by which a server of ours spares a request the messages of both ways: an `Exchange`."""


class Exchange(Protocol):
    """One request and its answer, as bytes."""

    def whole_body(self) -> bytes | None:
        """The whole body, where all of it has come; else it has to be received."""

    def answer(self, head: bytes, body: bytes) -> bool:
        """Send a complete answer with status 200. False where it has to be sent in messages: nothing was sent then.

        `head` are lines of headers as `lines` makes them, without the length.
        """


class BodyTooLarge(Exception):
    """The client sent more than MAX_BODY bytes."""


class ClientGone(Exception):
    """The client hung up before its request was complete."""


def header(scope: Scope, name: bytes) -> bytes:
    """The first value of a header, given in lower case; empty when absent."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


def lines(headers: Iterable[Header]) -> bytes:
    """Headers as they stand in an answer's head."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def take_exchange(scope: Scope) -> Exchange | None:
    """None where the server has no such extension. Taken from the scope, which it refers to: a ring would be garbage
    that only the collector finds, for each request.
    """
    extensions = scope.get("extensions")
    return cast("Exchange | None", extensions.pop(EXCHANGE, None)) if extensions else None


async def read_body(receive: Receive, limit: int = MAX_BODY) -> bytes:
    """The whole request body; raises BodyTooLarge as soon as the limit is passed."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= limit:
        return body
    parts = [body]
    size = len(body)
    while message.get("more_body", False):
        if size > limit:
            raise BodyTooLarge
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > limit:
        raise BodyTooLarge
    return b"".join(parts)


async def answer(send: Send, status: int, headers: Iterable[Header], body: bytes) -> None:
    """Send a complete answer with its length."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def preflight(send: Send) -> None:
    """What a browser asks before a cross-origin request."""
    await answer(send, 204, _PREFLIGHT, b"")
