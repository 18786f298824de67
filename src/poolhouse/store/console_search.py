"""Pages of a pool's users in any order, narrowed down by any attribute: bounded work, whatever is asked for.

What an index finds is read from the index. Everything else is a walk that looks at so many users at most and then says
how far it came. Texts are compared roughly here, ASCII letters in either case; the caller's `fits` has the last word.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Text,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from .database import Row, Transaction
from .schema import groups, memberships, user_search, users
from .search import LISTED, Listed
from .statement import Statement

Sort = Literal["created", "username", "status"]
Fits = Callable[[Listed], bool]


class Bounds(NamedTuple):
    """How much work one page may be: users looked at, in steps of `chunk`, those of them that the patterns let
    through, and those that are sorted in memory.
    """

    looked_at: int = 120_000
    chunk: int = 20_000
    candidates: int = 4_000
    sorted_: int = 2_000


BOUNDS: Final = Bounds()


class Keyed(NamedTuple):
    """A range of folded values of one searchable attribute, or of usernames: `low`, or from there to before `bound`."""

    name: str
    low: str
    bound: str | None = None
    is_prefix: bool = False


class Narrow(NamedTuple):
    """What has to be true of a user. "" and None are no condition.

    `visible` are the groups of whose members one has to be. `attributes` and `username` are rough patterns of LIKE;
    with both, one of them has to match. `first` is a quicker pattern, which the attributes have to match as well.
    `keyed` is what an index knows.
    """

    status: str = ""
    enabled: bool | None = None
    group: str = ""
    visible: tuple[str, ...] | None = None
    attributes: str = ""
    username: str = ""
    first: str = ""
    keyed: Keyed | None = None


class Place(NamedTuple):
    """A border between two users: the sort key and the row id of the one before it."""

    key: str
    id: int


class Way(NamedTuple):
    """From where, in which order and direction, and how many; `after` is None at the beginning."""

    sort: Sort
    descending: bool
    after: Place | None
    limit: int


class Walked(NamedTuple):
    """Users with their places. `place` is where the walk stopped, None at the end of the list."""

    found: list[tuple[Place, Listed]]
    place: Place | None


class _Like(FunctionElement[bool]):
    """`column` matches `pattern`, ASCII letters in either case on both databases."""

    inherit_cache = True
    name = "rough_like"


@compiles(_Like, "sqlite")
def _like_sqlite(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    return _like(element, compiler, "LIKE", options)


@compiles(_Like, "postgresql")
def _like_postgresql(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    return _like(element, compiler, "ILIKE", options)


def _like(element: _Like, compiler: SQLCompiler, operator: str, options: dict[str, Any]) -> str:
    column, pattern = element.clauses
    return f"({compiler.process(column, **options)} {operator} {compiler.process(pattern, **options)})"


class _Shape(NamedTuple):
    """Which parts a statement has; every shape is compiled once."""

    sort: Sort
    descending: bool
    is_behind: bool
    is_bounded: bool
    status: bool
    enabled: bool
    group: bool
    visible: int | None
    attributes: bool
    username: bool
    first: bool
    keyed: Literal["", "username", "attribute"]
    key_range: Literal["is", "from", "between"]


_KEYS: Final[Mapping[Sort, ColumnElement[str] | None]] = {
    "created": None,
    "username": users.c.username_key,
    "status": users.c.status,
}
_OF_POOL: Final = users.c.pool_id == bindparam("pool_id")
_COUNTS: Final = Statement(
    select(users.c.status, func.count()).where(_OF_POOL).group_by(users.c.status).order_by(users.c.status)
)
_COUNT_DISABLED: Final = Statement(select(func.count()).where(_OF_POOL, users.c.enabled == 0))


async def counts(tx: Transaction, pool_id: str) -> tuple[dict[str, int], int]:
    """Users by status, and how many are disabled. Costs as much as the pool has users: 4 ms for 100,000."""
    rows = await tx.all(_COUNTS, {"pool_id": pool_id})
    disabled = await tx.one(_COUNT_DISABLED, {"pool_id": pool_id})
    assert disabled is not None
    return {row[0]: row[1] for row in rows}, disabled[0]


async def page(
    tx: Transaction, pool_id: str, narrow: Narrow, fits: Fits, way: Way, total: int, bounds: Bounds = BOUNDS
) -> Walked:
    """At most `way.limit` users that fit, in order; the pool has `total`. Fewer with a `place` when the walk came to
    its bound.
    """
    if way.sort == "status" and narrow.status:
        way = way._replace(sort="created")  # which is the order inside of one status
    if way.sort == "created" or narrow == Narrow() or total > bounds.looked_at:
        return await _walk(tx, pool_id, narrow, fits, way, bounds)
    # A few are found faster in the order of the rows, and sorted here; many are found soon in any order.
    rows = Way("created", descending=False, after=None, limit=bounds.sorted_ + 1)
    few = await _walk(tx, pool_id, narrow, fits, rows, bounds)
    if few.place is not None:
        return await _walk(tx, pool_id, narrow, fits, way, bounds)
    return _sorted(few.found, way)


async def _walk(tx: Transaction, pool_id: str, narrow: Narrow, fits: Fits, way: Way, bounds: Bounds) -> Walked:
    values = _values(pool_id, narrow)
    found: list[tuple[Place, Listed]] = []
    place, looked_at, candidates = way.after, 0, 0
    while looked_at < bounds.looked_at and candidates < bounds.candidates:
        border = None if narrow == Narrow() else await _border(tx, pool_id, way, place, bounds.chunk)
        most = way.limit - len(found) + (0 if narrow == Narrow() else 32)
        shape = _shape(way, narrow, place, border)
        rows = await tx.all(_statement(shape), values | _borders(place, border) | {"limit": most})
        candidates += len(rows)
        for row in rows:
            place = _place(way.sort, row)
            user = Listed._make(row[:7])
            if fits(user):
                found.append((place, user))
                if len(found) == way.limit:
                    return Walked(found, place)
        if len(rows) < most:
            if border is None:
                return Walked(found, None)
            place = border
            looked_at += bounds.chunk
            await asyncio.sleep(0)
    return Walked(found, place)


async def _border(tx: Transaction, pool_id: str, way: Way, place: Place | None, chunk: int) -> Place | None:
    """Where the next chunk ends; None when fewer users than that are left."""
    shape = _shape(way, Narrow(), place, None)
    row = await tx.one(_nth(shape), {"pool_id": pool_id, "skip": chunk - 1} | _borders(place, None))
    return None if row is None else Place(row[0] if way.sort != "created" else "", row[1])


def _sorted(found: list[tuple[Place, Listed]], way: Way) -> Walked:
    """Every user that fits is here, so nothing is looked up."""
    keyed = [(Place(_key(way.sort, place, user), user.id), user) for place, user in found]
    keyed.sort(key=lambda each: each[0], reverse=way.descending)
    if way.after is not None:
        after = way.after
        keyed = [each for each in keyed if (each[0] < after if way.descending else each[0] > after)]
    return Walked(keyed[: way.limit], keyed[way.limit - 1][0] if len(keyed) >= way.limit else None)


def _key(sort: Sort, place: Place, user: Listed) -> str:
    return user.status if sort == "status" else place.key


def _place(sort: Sort, row: Row) -> Place:
    """In the order of the rows the key is the folded username, which the database then does not compare."""
    return Place(row[2] if sort == "status" else row[7], row[0])


def _shape(way: Way, narrow: Narrow, place: Place | None, border: Place | None) -> _Shape:
    keyed = narrow.keyed
    return _Shape(
        way.sort,
        way.descending,
        place is not None,
        border is not None,
        bool(narrow.status),
        narrow.enabled is not None,
        bool(narrow.group),
        None if narrow.visible is None else len(narrow.visible),
        bool(narrow.attributes),
        bool(narrow.username),
        bool(narrow.first),
        "" if keyed is None else "username" if keyed.name == "username" else "attribute",
        "is" if keyed is None or not keyed.is_prefix else "from" if keyed.bound is None else "between",
    )


def _values(pool_id: str, narrow: Narrow) -> dict[str, Any]:
    values: dict[str, Any] = {
        "pool_id": pool_id,
        "status": narrow.status,
        "enabled": int(bool(narrow.enabled)),
        "group": narrow.group,
        "attributes": narrow.attributes,
        "username": narrow.username,
        "first": narrow.first,
    }
    if narrow.keyed is not None:
        values |= {"key_of": narrow.keyed.name, "low": narrow.keyed.low, "high": narrow.keyed.bound}
    return values | {f"visible{place}": name for place, name in enumerate(narrow.visible or ())}


def _borders(place: Place | None, border: Place | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if place is not None:
        values |= {"key": place.key, "after": place.id}
    if border is not None:
        values |= {"last_key": border.key, "last": border.id}
    return values


@cache
def _statement(shape: _Shape) -> Statement:
    key = _KEYS[shape.sort]
    query = select(*LISTED, users.c.username_key).where(_OF_POOL, *_conditions(shape), *_between(shape))
    order = (users.c.id,) if key is None else (key, users.c.id)
    ordered = query.order_by(*(column.desc() if shape.descending else column for column in order))
    return Statement(ordered.limit(bindparam("limit")))


@cache
def _nth(shape: _Shape) -> Statement:
    key = _KEYS[shape.sort]
    order = (users.c.id,) if key is None else (key, users.c.id)
    query = select(users.c.id if key is None else key, users.c.id.label("row_id")).where(_OF_POOL, *_between(shape))
    ordered = query.order_by(*(column.desc() if shape.descending else column for column in order))
    return Statement(ordered.limit(1).offset(bindparam("skip")))


def _between(shape: _Shape) -> list[ColumnElement[bool]]:
    """Behind a place, and not behind the border."""
    key, found = _KEYS[shape.sort], []
    if shape.is_behind:
        here, there = _sides(key, "key", "after")
        found.append(here < there if shape.descending else here > there)
    if shape.is_bounded:
        here, there = _sides(key, "last_key", "last")
        found.append(here >= there if shape.descending else here <= there)
    return found


def _sides(key: ColumnElement[str] | None, key_name: str, id_name: str) -> tuple[Any, Any]:
    row_id = bindparam(id_name, type_=BigInteger)
    if key is None:
        return users.c.id, row_id
    return tuple_(key, users.c.id), tuple_(bindparam(key_name, type_=Text), row_id)


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if shape.status:
        found.append(users.c.status == bindparam("status"))
    if shape.enabled:
        found.append(users.c.enabled == bindparam("enabled"))
    if shape.group:
        found.append(_is_member(groups.c.name == bindparam("group")))
    if shape.visible is not None:
        names: list[BindParameter[str]] = [bindparam(f"visible{place}") for place in range(shape.visible)]
        found.append(_is_member(groups.c.name.in_(names)) if names else users.c.id < 0)
    if shape.keyed == "username":
        found += _in_range(users.c.username_key, shape)
    elif shape.keyed:
        of_name = (user_search.c.pool_id == bindparam("pool_id"), user_search.c.name == bindparam("key_of"))
        found.append(
            users.c.id.in_(select(user_search.c.user_id).where(*of_name, *_in_range(user_search.c.value_key, shape)))
        )
    if shape.first:
        found.append(_Like(users.c.attributes, bindparam("first", type_=Text)))
    texts = []
    if shape.attributes:
        texts.append(_Like(users.c.attributes, bindparam("attributes", type_=Text)))
    if shape.username:
        texts.append(_Like(users.c.username, bindparam("username", type_=Text)))
    return [*found, or_(*texts)] if texts else found


def _in_range(column: ColumnElement[str], shape: _Shape) -> list[ColumnElement[bool]]:
    low: BindParameter[str] = bindparam("low", type_=Text)
    if shape.key_range == "is":
        return [column == low]
    return [column >= low, *([column < bindparam("high", type_=Text)] if shape.key_range == "between" else [])]


def _is_member(of: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        and_(
            memberships.c.user_id == users.c.id,
            memberships.c.group_id.in_(select(groups.c.id).where(groups.c.pool_id == bindparam("pool_id"), of)),
        )
    )
