"""What was defined while one project is read, so that a second auth, data or backend is noticed."""

from contextvars import ContextVar
from typing import Final

from poolhouse.errors import MultipleSingletonResourcesError

from .places import Place

Seen = dict[str, tuple[object, Place]]
ONGOING: Final[ContextVar[Seen | None]] = ContextVar("ONGOING", default=None)
"""The definitions of the project that is being read; None when definitions are made outside of a project load."""


def enter(kind: str, definition: object, place: Place) -> None:
    """Note a definition of which a project can have only one."""
    seen = ONGOING.get()
    if seen is None:
        return
    if kind in seen:
        raise second(kind, place, first=seen[kind][1])
    seen[kind] = (definition, place)


def second(kind: str, place: Place, *, first: Place) -> MultipleSingletonResourcesError:
    return MultipleSingletonResourcesError(
        f"A backend can have one {kind}, and there is one at {first} already.",
        resolution=f"Keep one define_{kind}() and remove the other.",
        location=str(place),
    )
