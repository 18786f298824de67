"""A function's answer as an HTTP answer. What API Gateway would call malformed is malformed here."""

import base64
import binascii
import re
from typing import Final, NamedTuple

import msgspec

from poolhouse.protocols.http import Header

from .names import remembered

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Of the connection: dropped. Meant for somebody else than the client: kept under AWS's other name.
_DROPPED: Final = frozenset(
    {"connection", "content-length", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
_RENAMED: Final = frozenset(
    {"authorization", "content-md5", "date", "host", "server", "user-agent", "www-authenticate"}
    | {"x-amz-apigw-id", "x-amzn-requestid"}
)
_WITHOUT_BODY: Final = frozenset({204, 304})
_JSON: Final[Header] = (b"content-type", b"application/json")

_Value = str | int | bool


class BadReply(ValueError):
    """What a function returned is no answer; the text says why, for the log."""


class _Returned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No member is needed, and no other member is allowed."""

    statusCode: int | str = 200  # noqa: N815 - the names are AWS's
    headers: dict[str, _Value] | None = None
    multiValueHeaders: dict[str, list[_Value]] | None = None  # noqa: N815 - AWS's member
    body: str | None = None
    isBase64Encoded: bool | None = None  # noqa: N815 - AWS's member


class Reply(NamedTuple):
    """`headers` are clean; names are in lower case."""

    status: int
    headers: list[Header]
    body: bytes


_decoder = msgspec.json.Decoder(_Returned)


def reply(payload: bytes) -> Reply:
    """Map what a function returned; raises BadReply."""
    try:
        returned = _decoder.decode(payload)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadReply(str(error)) from error
    status = _status(returned.statusCode)
    headers = _headers(returned)
    if not any(name == b"content-type" for name, _ in headers):
        headers.append(_JSON)
    return Reply(status, headers, b"" if status in _WITHOUT_BODY else _body(returned))


def _status(given: int | str) -> int:
    text = str(given)
    if not (text.isascii() and text.isdigit() and len(text) == 3 and 200 <= int(text) <= 599):
        raise BadReply(f"statusCode is {text[:40]!r}")
    return int(text)


def _headers(returned: _Returned) -> list[Header]:
    """Both kinds together; a value that is in both is there once (AWS's rule)."""
    found = [(name, value) for name, values in (returned.multiValueHeaders or {}).items() for value in values]
    found += [pair for pair in (returned.headers or {}).items() if pair not in found]
    kept: list[Header] = []
    for name, value in found:
        shown = _shown(name)
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        if _CONTROL.search(text):
            raise BadReply(f"the header {name} holds a control character")
        if shown:
            kept.append((shown, text.strip().encode()))
    return kept


@remembered
def _shown(name: str) -> bytes:
    """A header's name for the client; empty for one that is dropped. Raises BadReply."""
    if not _NAME.fullmatch(name):
        raise BadReply(f"{name[:40]!r} is no header name")
    lower = name.lower()
    if lower in _DROPPED:
        return b""
    return (f"x-amzn-remapped-{lower}" if lower in _RENAMED else lower).encode()


def _body(returned: _Returned) -> bytes:
    text = returned.body or ""
    if not returned.isBase64Encoded:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadReply(f"body is no base64: {error}") from error
