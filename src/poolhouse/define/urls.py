"""Which addresses an app may have people sent back to. One rule for definitions and for requests."""

import re
from typing import Final
from urllib.parse import urlsplit

# What a browser would run or open by itself instead of handing it to an app.
_DANGEROUS: Final = frozenset(
    {"about", "blob", "chrome", "data", "file", "filesystem", "ftp", "intent", "jar", "javascript", "mailto"}
    | {"resource", "vbscript", "view-source", "ws", "wss"}
)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,63}")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FORBIDDEN: Final = re.compile(r"[\s\x00-\x1f\x7f\\<>\"^`{|}#]")


def problem(uri: str) -> str | None:
    """Why `uri` cannot be registered; None for https, http on this machine, and an app's own scheme, without fragment,
    credentials or characters that parsers read differently.
    """
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
