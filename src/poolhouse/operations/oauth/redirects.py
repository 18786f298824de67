"""Redirect URIs: what may be registered, and how an answer is added to one. Comparing them is plain equality."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from poolhouse.errors import InvalidParameterException

# What a browser would run or open by itself instead of handing it to an app.
_DANGEROUS: Final = frozenset(
    {"about", "blob", "chrome", "data", "file", "filesystem", "ftp", "intent", "jar", "javascript", "mailto"}
    | {"resource", "vbscript", "view-source", "ws", "wss"}
)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,63}")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FORBIDDEN: Final = re.compile(r"[\s\x00-\x1f\x7f\\<>\"^`{|}#]")
_KEPT: Final = ":/%?@[]!$&'()*+,;=~-._"


def check_registered(member: str, uri: str) -> None:
    """https, http on this machine, or an app's own scheme; without fragment, credentials or characters that parsers
    read differently.

    Raises InvalidParameterException.
    """
    reason = _problem(uri)
    if reason is not None:
        raise InvalidParameterException(f"{member}: {reason}")


def _problem(uri: str) -> str | None:
    if _FORBIDDEN.search(uri):
        return "a URL must not contain white space, a fragment, a backslash, quotes, braces or control characters."
    try:
        parts = urlsplit(uri)
        host, credentials, _ = parts.hostname or "", parts.username, parts.port
    except ValueError:
        return "a URL must be absolute and well-formed."
    if not _SCHEME.fullmatch(parts.scheme) or parts.scheme in _DANGEROUS or not uri.startswith(parts.scheme + ":"):
        return "a URL must begin with https://, http://localhost or the scheme of an app."
    if "@" in parts.netloc or credentials is not None:
        return "a URL must not contain credentials."
    if parts.scheme in {"http", "https"} and not host:
        return "a URL must name a host."
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "a URL must use https unless its host is localhost."
    return None


def escaped(uri: str) -> str:
    """A registered URI as a Location header carries it."""
    return quote(uri, safe=_KEPT)


def location(uri: str, answer: Mapping[str, str | None], *, in_fragment: bool = False) -> str:
    """The registered URI with the answer in its query or fragment, every value escaped; None is left out."""
    values = urlencode({name: value for name, value in answer.items() if value is not None}, quote_via=quote)
    base = escaped(uri)
    if in_fragment:
        return f"{base}#{values}"
    return f"{base}{'&' if '?' in base else '?'}{values}"


def form_source(uri: str) -> str:
    """The source expression by which a content security policy lets a form lead to `uri` (and on from there)."""
    parts = urlsplit(uri)
    return f"http://{quote(parts.netloc, safe=':[]')}" if parts.scheme == "http" else f"{parts.scheme}:"
