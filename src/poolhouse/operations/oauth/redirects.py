"""Redirect URIs: what may be registered, and how an answer is added to one. Comparing them is plain equality."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from poolhouse.define.urls import problem
from poolhouse.errors import InvalidParameterException

_KEPT: Final = ":/%?@[]!$&'()*+,;=~-._"


def check_registered(member: str, uri: str) -> None:
    """Raises InvalidParameterException for what nobody should be sent back to."""
    reason = problem(uri)
    if reason is not None:
        raise InvalidParameterException(f"{member}: {reason}")


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
