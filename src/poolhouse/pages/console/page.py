"""What a page of the console declares about itself: its address, its handlers, and who may see it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.responses import Response

from .visit import ConsoleVisit

Handler = Callable[[ConsoleVisit], Awaitable[Response]]
MOST_BYTES = 131_072


class Nav(NamedTuple):
    """An entry of the navigation: what it says, its icon in `icons.html`, and the section that it stands in."""

    label: str
    icon: str
    section: str = ""


class Page(NamedTuple):
    """A page at /console/<pool><path>.

    `operations` are AWS's names: a visitor sees the page, and the entry for it, when he may perform one of them; none
    means everybody who is signed in. `operator_only` pages are nobody else's. A form may have `most_bytes`.
    `elsewhere` is why there is no such page of a pool at AWS, and where to go; `is_described` asks such a pool for its
    settings first.
    """

    path: str
    shown: Handler | None
    posted: Handler | None = None
    operations: tuple[str, ...] = ()
    nav: Nav | None = None
    operator_only: bool = False
    most_bytes: int = MOST_BYTES
    elsewhere: str = ""
    is_described: bool = False

    def is_for(self, visit: ConsoleVisit) -> bool:
        if visit.is_operator:
            return True
        return not self.operator_only and (not self.operations or not visit.allowed.isdisjoint(self.operations))
