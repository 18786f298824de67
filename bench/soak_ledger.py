"""What the load was told: every fact with the values that it may have, one of them once it was acknowledged."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, ...]


class Wrong(Exception):
    """The product broke a promise: what was acknowledged is not there, or something is there that nobody asked for."""


@dataclass(slots=True)
class Action:
    """One request under way: what it makes true, and the audit record that it must leave, by operation and name.

    `is_direct` when that record bears the request's own id, and not that of a call of the function.
    """

    facts: dict[Key, Hashable]
    operation: str
    name: str
    is_direct: bool = True


@dataclass(slots=True)
class Ledger:
    """`told` counts what was acknowledged since the last check, `unsure` is what was sent and never answered.

    `names` are the e-mail addresses by the usernames that the server gave.
    """

    possible: dict[Key, set[Any]] = field(default_factory=dict)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsure: list[Action] = field(default_factory=list)
    request_ids: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    actions: int = 0

    def sent(self, action: Action) -> None:
        for key, value in action.facts.items():
            self.possible.setdefault(key, {None}).add(value)

    def acknowledged(self, action: Action, request_id: str) -> None:
        self.actions += 1
        for key, value in action.facts.items():
            self.possible[key] = {value}
        if action.operation:
            self.told[action.operation, action.name] += 1
            if action.is_direct:
                self.request_ids.add(request_id)

    def unanswered(self, action: Action) -> None:
        self.unsure.append(action)

    def value(self, key: Key) -> Any:
        """The only value that a fact can have; None for one that was never told of."""
        (found,) = self.possible.get(key, {None})
        return found

    def read(self, key: Key, found: Hashable) -> None:
        """Take what is there for the truth. Raises Wrong when it is none of the possible values."""
        allowed = self.possible.get(key, {None})
        if found not in allowed:
            raise Wrong(f"{key} is {found!r}; what was acknowledged or under way allows {sorted(map(repr, allowed))}")
        self.possible[key] = {found}

    def forget(self, *begin: str) -> None:
        """Drop every fact whose key begins with these words."""
        for key in [key for key in self.possible if key[: len(begin)] == begin]:
            del self.possible[key]

    def keys(self, kind: str) -> list[Key]:
        return [key for key in self.possible if key[0] == kind]
