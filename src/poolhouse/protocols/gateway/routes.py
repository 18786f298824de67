"""Which route answers a path and a method. Compiled once per API; a literal segment comes before a parameter, and a
parameter before a greedy one.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from poolhouse.define.manifest import RestRoute

METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_PARAMETER: Final = re.compile(r"\{([^+}]+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Resource:
    """One path of an API, as it was written, with its routes by method; `id` is AWS's `resourceId`."""

    path: str
    id: str
    names: tuple[str, ...]
    routes: dict[str, RestRoute] = field(default_factory=dict)

    def route(self, method: str) -> RestRoute | None:
        """The method's own route, or that of ANY."""
        if method not in METHODS:
            return None
        return self.routes.get(method) or self.routes.get("ANY")


class Match(NamedTuple):
    resource: Resource
    parameters: dict[str, str]


class _Node:
    __slots__ = ("greedy", "literals", "parameter", "resource")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.greedy: _Node | None = None
        self.resource: Resource | None = None

    def below(self, segment: str) -> "_Node":
        """The node of a segment of a template, made if need be."""
        found = _PARAMETER.fullmatch(segment)
        if found is None:
            return self.literals.setdefault(segment, _Node())
        if found[2]:
            self.greedy = self.greedy or _Node()
            return self.greedy
        self.parameter = self.parameter or _Node()
        return self.parameter

    def find(self, segments: Sequence[str]) -> tuple[Resource, tuple[str, ...]] | None:
        """The best resource for the rest of a path, and what its parameters hold."""
        if not segments:
            return (self.resource, ()) if self.resource else None
        first, rest = segments[0], segments[1:]
        if (literal := self.literals.get(first)) and (found := literal.find(rest)):
            return found
        if self.parameter and (found := self.parameter.find(rest)):
            return found[0], (first, *found[1])
        if self.greedy and self.greedy.resource:
            return self.greedy.resource, ("/".join(segments),)
        return None


class Routes:
    """The routes of one API."""

    def __init__(self, routes: Iterable[RestRoute]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in [part for part in route.path.split("/") if part]:
                node = node.below(segment)
            if node.resource is None:
                names = tuple(name for name, _ in _PARAMETER.findall(route.path))
                node.resource = Resource(route.path, _resource_id(route.path), names)
            node.resource.routes[route.method] = route

    def match(self, segments: Sequence[str]) -> Match | None:
        """`segments` are decoded and none is empty."""
        found = self._root.find(segments)
        return Match(found[0], dict(zip(found[0].names, found[1], strict=True))) if found else None


def _resource_id(path: str) -> str:
    """Six characters, the same in every process."""
    number, digits = int.from_bytes(sha256(path.encode()).digest()[:4]), "0123456789abcdefghijklmnopqrstuvwxyz"
    return "".join(digits[number // 36**place % 36] for place in range(6))
