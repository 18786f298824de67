"""The query protocol's flat parameters as nested values. Checks nothing; what it cannot convert stays text."""

import re
from collections.abc import Mapping
from typing import Any

from .model import Shape

LIST_MEMBER = re.compile(r"([1-9][0-9]{0,5})(?:\.|\Z)")
INTEGER = re.compile(r"-?[0-9]{1,18}\Z")


def nested(shapes: dict[str, Shape], name: str, params: Mapping[str, str]) -> dict[str, Any]:
    """Members of the structure `name` found in `params`, whose names are relative to it."""
    found: dict[str, Any] = {}
    for member, target in shapes[name].members.items():
        if member in params:
            found[member] = scalar(shapes[target], params[member])
        elif inner := under(f"{member}.", params):
            found[member] = collected(shapes, target, inner)
    return found


def collected(shapes: dict[str, Shape], name: str, params: Mapping[str, str]) -> Any:
    """A structure, or a list whose entries are in the order of their numbers; gaps close up."""
    if shapes[name].type != "list":
        return nested(shapes, name, params)
    element = str(shapes[name].element)
    plain = shapes[element].type not in {"structure", "list"}
    entries = sorted(by_position(under("member.", params)).items())
    if plain:
        return [scalar(shapes[element], entry[""]) for _, entry in entries if "" in entry]
    return [collected(shapes, element, entry) for _, entry in entries]


def by_position(params: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Parameters like `2.Key`, grouped by number in one pass, for there may be very many; what is left is `Key`."""
    groups: dict[int, dict[str, str]] = {}
    for key, value in params.items():
        if match := LIST_MEMBER.match(key):
            groups.setdefault(int(match[1]), {})[key[match.end() :]] = value
    return groups


def under(prefix: str, params: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix(prefix): value for key, value in params.items() if key.startswith(prefix)}


def scalar(shape: Shape, text: str) -> Any:
    if shape.type in {"integer", "long"} and INTEGER.match(text):
        return int(text)
    if shape.type == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text
