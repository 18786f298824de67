"""Builders that answer an unknown name with a DefinitionError instead of an AttributeError.

Type checkers do not see the hook, so a misspelt name stays a type error in the editor.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from poolhouse.errors import DefinitionError

from .places import here
from .words import advice, not_served


class Closed:
    """Base of the builders. `unserved` is what Amplify has and this version refuses; `foreign` says what to do."""

    __slots__ = ()
    title: ClassVar[str] = ""
    error: ClassVar[type[DefinitionError]] = DefinitionError
    unserved: ClassVar[tuple[str, ...]] = ()
    foreign: ClassVar[Mapping[str, str]] = {}

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Refuse `name`; private names keep Python's own protocol (copy, inspect, hasattr)."""
            if name.startswith("_"):
                raise AttributeError(name)
            if name in self.unserved:
                raise not_served(f"{self.title}.{name}", here(), instead=self.foreign.get(name, "Remove it."))
            public = set(dir(type(self))) - set(dir(Closed))
            offered = [each for each in public if each[0] != "_" and callable(getattr(type(self), each, None))]
            raise self.error(
                f"{self.title} has no {name}().",
                resolution=self.foreign.get(name) or advice(name, offered),
                location=str(here()),
            )
