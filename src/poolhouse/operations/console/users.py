"""The users of a pool as the console lists them: searched by any attribute, filtered, sorted, page by page."""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec.json import Decoder

from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import InvalidParameterException
from poolhouse.operations.context import Call, Services
from poolhouse.store import console_search, pools
from poolhouse.store.console_search import BOUNDS, Bounds, Keyed, Narrow, Place, Sort, Walked, Way
from poolhouse.store.names import SEARCHABLE, fold, prefix_bound
from poolhouse.store.pools import Pool
from poolhouse.store.search import Listed

from .sight import visible_groups

__all__ = [
    "COUNTED_UP_TO",
    "LONGEST",
    "PAGE",
    "Asked",
    "How",
    "Listed",
    "Mark",
    "Page",
    "Sort",
    "search",
]
How = Literal["contains", "prefix", "exact"]
PAGE: Final = 50
LONGEST: Final = 200
"""Characters of a text that is searched for."""
COUNTED_UP_TO: Final = 120_000
"""Users of a pool whose statuses are counted for every page: 5 ms."""
_SEAL: Final = "console-users"
# Searching for anything is no search for these.
_UNSAID: Final = frozenset({"email_verified", "phone_number_verified", "identities"})
_decoder = Decoder(list[dict[str, str]])


class Asked(NamedTuple):
    """`attribute` is "" for any, "username", or an attribute's name; `mark` is of a page's border."""

    text: str = ""
    attribute: str = ""
    how: How = "contains"
    status: str = ""
    enabled: bool | None = None
    group: str = ""
    sort: Sort = "created"
    descending: bool = True
    mark: str = ""


class Page(NamedTuple):
    """`before` and `after` are marks of the neighbouring pages, "" where there is none.

    `is_partial`: the search was broken off and goes on behind `after`. `total` is how many users the pool has, `counts`
    how many of each status, `disabled` how many of them; None and empty where that is not counted or not to be told.
    """

    users: list[Listed]
    before: str = ""
    after: str = ""
    is_partial: bool = False
    total: int | None = None
    counts: dict[str, int] = {}  # noqa: RUF012 - never written to
    disabled: int | None = None


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A border of a page: its sort and place, and whether the page before it is asked for."""

    pool: str
    sort: str
    descending: bool
    backwards: bool
    key: str
    id: int


async def search(ctx: Call, pool: Pool, asked: Asked, size: int = PAGE, bounds: Bounds = BOUNDS) -> Page:
    """`size` users. Raises DelegationRefused for somebody who may list nobody, InvalidParameterException for a mark of
    another list.
    """
    mark = _opened(ctx.services, pool, asked)
    backwards = mark is not None and mark.backwards
    async with ctx.services.database.read() as tx:
        visible = await visible_groups(ctx, tx)
        narrow = _narrow(pool, asked, visible)
        way = Way(
            asked.sort,
            asked.descending != backwards,
            None if mark is None else Place(mark.key, mark.id),
            size + 1,
        )
        total = await pools.count_users(tx, pool.id)
        walked = await console_search.page(tx, pool.id, narrow, _fitting(pool, asked), way, total, bounds)
        counted = visible is None and total <= COUNTED_UP_TO and narrow == Narrow()
        counts, disabled = await console_search.counts(tx, pool.id) if counted else ({}, None)
    found = walked.found[:size]
    told = total if visible is None else None
    page = Page([user for _, user in (reversed(found) if backwards else found)], total=told, counts=counts)
    return _marked(ctx.services, pool, asked, page._replace(disabled=disabled), walked, size, backwards=backwards)


def _marked(
    services: Services, pool: Pool, asked: Asked, page: Page, walked: Walked, size: int, *, backwards: bool
) -> Page:
    """With the marks of its neighbours. Who came from somewhere can go back there."""
    found = walked.found[:size]
    is_partial = walked.place is not None and len(walked.found) <= size
    further = ""
    if len(walked.found) > size:
        further = _sealed(services, pool, asked, found[-1][0], backwards=backwards)
    elif is_partial and walked.place is not None:
        further = _sealed(services, pool, asked, walked.place, backwards=backwards)
    back = _sealed(services, pool, asked, found[0][0], backwards=not backwards) if found and asked.mark else ""
    before, after = (further, back) if backwards else (back, further)
    return page._replace(before=before, after=after, is_partial=is_partial)


def _narrow(pool: Pool, asked: Asked, visible: tuple[str, ...] | None) -> Narrow:
    narrow = Narrow(status=asked.status, enabled=asked.enabled, group=asked.group, visible=visible)
    if not asked.text:
        return narrow
    if _is_indexed(pool, asked):
        low = fold(pool.settings, asked.text)
        is_prefix = asked.how == "prefix"
        return narrow._replace(keyed=Keyed(asked.attribute, low, prefix_bound(low) if is_prefix else None, is_prefix))
    text = _rough(asked.text)
    username = {"contains": f"%{text}%", "prefix": f"{text}%", "exact": text}[asked.how]
    if asked.attribute == "username":
        return narrow._replace(username=username)
    value = {"contains": f"%{text}%", "prefix": f"{text}%", "exact": f'{text}"}}%'}[asked.how]
    if asked.attribute:
        return narrow._replace(attributes=f'%"Name":"{_rough(asked.attribute)}","Value":"{value}', first=f"%{text}%")
    anywhere = value if asked.how == "contains" else f'%"Value":"{value}'
    return narrow._replace(attributes=anywhere, username=username)


def _is_indexed(pool: Pool, asked: Asked) -> bool:
    """Whether the keys of an index tell; those of a case-sensitive pool know upper case from lower case."""
    return asked.how != "contains" and asked.attribute in {"username", *SEARCHABLE} and not pool.settings.case_sensitive


def _rough(text: str) -> str:
    """`text` as a pattern that matches at least what it should: what JSON escapes, what LIKE reads as something else,
    and what either case of may look otherwise.
    """
    return "".join(each if " " <= each <= "~" and each not in '"\\%_' else "%" for each in text)


def _fitting(pool: Pool, asked: Asked) -> Callable[[Listed], bool]:
    """The last word: compared as the pool compares names, but never by case."""
    if not asked.text:
        return lambda _user: True
    wanted = _folded(pool, asked.text)

    def fits(text: str) -> bool:
        value = _folded(pool, text)
        if asked.how == "exact":
            return value == wanted
        return value.startswith(wanted) if asked.how == "prefix" else wanted in value

    def user_fits(user: Listed) -> bool:
        if asked.attribute in {"", "username"} and fits(user.username):
            return True
        return asked.attribute != "username" and any(
            fits(entry["Value"])
            for entry in _decoder.decode(user.attributes)
            if entry["Name"] == asked.attribute or not (asked.attribute or entry["Name"] in _UNSAID)
        )

    return user_fits


def _folded(pool: Pool, text: str) -> str:
    return fold(pool.settings, text).casefold()


def _opened(services: Services, pool: Pool, asked: Asked) -> Mark | None:
    if not asked.mark:
        return None
    try:
        mark = services.vault.open_token(_SEAL, asked.mark, Mark)
    except BrokenSeal:
        raise InvalidParameterException("This page of the list does not exist any more.") from None
    if (mark.pool, mark.sort, mark.descending) != (pool.id, asked.sort, asked.descending):
        raise InvalidParameterException("This page belongs to another list.")
    return mark


def _sealed(services: Services, pool: Pool, asked: Asked, place: Place, *, backwards: bool) -> str:
    mark = Mark(pool.id, asked.sort, asked.descending, backwards, place.key, place.id)
    return services.vault.seal_token(_SEAL, mark)
