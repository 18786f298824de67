"""Names of headers, which clients and functions choose: neither their number nor their length may fill the memory."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

_MOST: Final = 256
_USUAL: Final = 64

Name = TypeVar("Name", str, bytes)
Shown = TypeVar("Shown")


def remembered(shown: Callable[[Name], Shown]) -> Callable[[Name], Shown]:
    """`shown`, which is asked once for each of the names that come again and again, and anew for long ones."""
    known = lru_cache(maxsize=_MOST)(shown)

    def found(name: Name) -> Shown:
        return known(name) if len(name) <= _USUAL else shown(name)

    return found
