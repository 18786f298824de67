"""A request as the trail keeps it: what was asked, without secrets, and without what people are like.

The service model's own marks say what is secret. Of attributes and metadata only the names stay.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from msgspec.structs import fields

from poolhouse import service_model

# Marked by the model because they name somebody, which is what a trail is for.
_NAMES: Final = frozenset({"Username", "ClientId"})
# Not marked, and no business of the trail's: marks of pages, and what a browser sent along.
_LEFT_OUT: Final = frozenset({"NextToken", "PaginationToken", "HttpHeaders", "EncodedData"})
_HIDDEN: Final = (service_model.sensitive_members() - _NAMES) | _LEFT_OUT
_ATTRIBUTES: Final = frozenset({"UserAttributes", "ValidationData"})
_KEYS_ONLY: Final = frozenset({"ClientMetadata"})
_LONGEST: Final = 500
_MOST: Final = 100
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"?')
Show = Callable[[Any], Any]


def shown(request: msgspec.Struct) -> dict[str, Any]:
    """The members that the caller sent, as plain data."""
    found = {}
    for name, show in _members(type(request)):
        value = getattr(request, name)
        if value is not None:
            found[name] = value if show is None else show(value)
    return found


@cache
def _members(kind: type[msgspec.Struct]) -> tuple[tuple[str, Show | None], ...]:
    """Each member that may be shown and how; None for one that is shown as it is."""
    return tuple((field.name, _how(field.name, field.type)) for field in fields(kind) if field.name not in _HIDDEN)


def _how(name: str, kind: Any) -> Show | None:
    if name in _ATTRIBUTES:
        return _names_of
    if name in _KEYS_ONLY:
        return sorted
    if name == "Filter":
        return _without_values
    return None if kind in (bool, int, float, bool | None, int | None, float | None) else _plain


def _names_of(attributes: Sequence[Any]) -> list[str]:
    return [str(getattr(attribute, "Name", "?")) for attribute in attributes]


def _without_values(text: str) -> str:
    return _cut(_QUOTED.sub('"..."', text))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, msgspec.Struct):
        return shown(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"({len(value)} bytes)"
    if isinstance(value, Mapping):
        return {_cut(str(key)): _plain(inner) for key, inner in list(value.items())[:_MOST] if key not in _HIDDEN}
    if isinstance(value, Sequence):
        return [_plain(inner) for inner in value[:_MOST]]
    return value


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"
