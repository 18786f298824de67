"""The canonical request of Signature Version 4 from the bytes that arrived. Compares and refuses nothing."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

_UNRESERVED = "-_.~"


class Request(NamedTuple):
    """An HTTP request as ASGI hands it over: `path` is the raw path, `headers` have lower-case names."""

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


def canonical_request(
    request: Request, values: Mapping[bytes, bytes], signed: Sequence[bytes], body_hash: str
) -> bytes:
    """`values` holds every header once, repeated ones joined by a comma; every name in `signed` must be in it."""
    path = b"/" if request.path == b"/" else canonical_path(request.path)
    query = canonical_query(request.query) if request.query else b""
    lines = [request.method.encode(), path, query]
    lines += [name + b":" + b" ".join(values[name].split()) for name in signed]
    return b"%b\n\n%b\n%b" % (b"\n".join(lines), b";".join(signed), body_hash.encode())


@lru_cache(maxsize=256)
def canonical_path(raw: bytes) -> bytes:
    """Dot segments and empty segments removed, each remaining one encoded once more: `/a%20b` becomes `/a%2520b`."""
    kept: list[bytes] = []
    for segment in raw.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    joined = b"/" + b"/".join(kept)
    trailing = b"/" if kept and raw.endswith(b"/") else b""
    return quote_from_bytes(joined + trailing, safe="/" + _UNRESERVED).encode()


def canonical_query(raw: bytes) -> bytes:
    """Parameters in their one encoding, sorted by name and then value; a name without `=` gets one."""
    pairs = sorted((_encoded(name), _encoded(value)) for name, _, value in _pairs(raw))
    return "&".join(f"{name}={value}" for name, value in pairs).encode()


def query_names(raw: bytes) -> set[str]:
    """The decoded parameter names in lower case."""
    return {unquote_to_bytes(name).decode("latin-1").lower() for name, _, _ in _pairs(raw)}


def _pairs(raw: bytes) -> list[tuple[bytes, bytes, bytes]]:
    return [pair.partition(b"=") for pair in raw.split(b"&") if pair]


def _encoded(part: bytes) -> str:
    return quote_from_bytes(unquote_to_bytes(part), safe=_UNRESERVED)
