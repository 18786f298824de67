"""Pages of a pool's users: all of them, or those that one clause selects. Every page is a range of an index.

Order is by (value, row id). Keys compare by code point on both databases: the schema says so.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Select, Text, bindparam, select, tuple_

from .database import Row, Transaction, Values
from .names import prefix_bound
from .schema import user_search, users
from .statement import Statement

LISTED = (
    users.c.id,
    users.c.username,
    users.c.status,
    users.c.enabled,
    users.c.attributes,
    users.c.created,
    users.c.modified,
)


class Listed(NamedTuple):
    """What a list shows of a user; `attributes` is JSON text as in `users.User`."""

    id: int
    username: str
    status: str
    enabled: int
    attributes: str
    created: int
    modified: int


_Query = Select[Any]
_IN_POOL = users.c.pool_id == bindparam("pool_id")
_LIMIT: BindParameter[int] = bindparam("limit")
_AFTER: BindParameter[int] = bindparam("after")

_ALL = Statement(select(*LISTED).where(_IN_POOL, users.c.id > _AFTER).order_by(users.c.id).limit(_LIMIT))
_STATUS = Statement(
    select(*LISTED)
    .where(_IN_POOL, users.c.status == bindparam("value"), users.c.id > _AFTER)
    .order_by(users.c.id)
    .limit(_LIMIT)
)
_ENABLED = Statement(
    select(*LISTED)
    .where(_IN_POOL, users.c.enabled == bindparam("value"), users.c.id > _AFTER)
    .order_by(users.c.id)
    .limit(_LIMIT)
)
_ATTRIBUTE = (
    select(*LISTED, user_search.c.value_key)
    .select_from(user_search.join(users, users.c.id == user_search.c.user_id))
    .where(user_search.c.pool_id == bindparam("pool_id"), user_search.c.name == bindparam("name"))
)
_ATTRIBUTE_IS = Statement(
    _ATTRIBUTE.where(user_search.c.value_key == bindparam("value"), user_search.c.user_id > _AFTER)
    .order_by(user_search.c.user_id)
    .limit(_LIMIT)
)


def _range(query: _Query, column: ColumnElement[str], row_id: ColumnElement[int]) -> tuple[Statement, Statement]:
    """Behind (key, row id) in the order of the two; the second statement also ends before `bound`."""
    behind = tuple_(column, row_id) > tuple_(bindparam("key", type_=Text), bindparam("after", type_=BigInteger))
    ordered = query.where(behind).order_by(column, row_id).limit(_LIMIT)
    return Statement(ordered), Statement(ordered.where(column < bindparam("bound", type_=Text)))


_ATTRIBUTE_BEGINS = _range(_ATTRIBUTE, user_search.c.value_key, user_search.c.user_id)
_USERNAME_BEGINS = _range(select(*LISTED, users.c.username_key).where(_IN_POOL), users.c.username_key, users.c.id)
_SUB_BEGINS = _range(select(*LISTED, users.c.sub).where(_IN_POOL), users.c.sub, users.c.id)


class Place(NamedTuple):
    """Where a page ends: the next one begins behind it. ("", 0) is before everything."""

    key: str
    id: int


class Span(NamedTuple):
    """Which page is asked for."""

    after: Place
    limit: int


START = Place("", 0)

Found = list[tuple[Place, Listed]]


async def everyone(tx: Transaction, pool_id: str, after: int, limit: int) -> list[Listed]:
    """Users of a pool by row id, those behind `after`; 0 is the beginning."""
    return list(map(Listed._make, await rows_of_all(tx, pool_id, after, limit)))


async def rows_of_all(tx: Transaction, pool_id: str, after: int, limit: int) -> Sequence[Row]:
    """The same as bare rows, in the order of `Listed`."""
    return await tx.all(_ALL, {"pool_id": pool_id, "after": after, "limit": limit})


async def all_users(tx: Transaction, pool_id: str, span: Span) -> Found:
    """The same, each with his place."""
    return [(Place("", user.id), user) for user in await everyone(tx, pool_id, span.after.id, span.limit)]


async def with_status(tx: Transaction, pool_id: str, statuses: Sequence[str], span: Span) -> Found:
    """Users in any of `statuses`, which are sorted, one status behind the other."""
    return await _in_turn(tx, _STATUS, pool_id, [(status, status) for status in statuses], span)


async def with_enabled(tx: Transaction, pool_id: str, flags: Sequence[bool], span: Span) -> Found:
    """Users that are enabled or not, in the order of the words Disabled and Enabled."""
    values = [("Enabled" if flag else "Disabled", int(flag)) for flag in sorted(flags)]
    return await _in_turn(tx, _ENABLED, pool_id, values, span)


async def _in_turn(
    tx: Transaction,
    statement: Statement,
    pool_id: str,
    values: Sequence[tuple[str, str | int]],
    span: Span,
) -> Found:
    found: Found = []
    for word, value in values:
        if word >= span.after.key and len(found) < span.limit:
            behind = span.after.id if word == span.after.key else 0
            query = {"pool_id": pool_id, "value": value, "after": behind, "limit": span.limit - len(found)}
            found += [(Place(word, row[0]), Listed._make(row)) for row in await tx.all(statement, query)]
    return found


async def with_attribute(tx: Transaction, pool_id: str, name: str, key: str, span: Span) -> Found:
    """Users whose attribute has exactly this folded value."""
    query = {"pool_id": pool_id, "name": name, "value": key, "after": span.after.id, "limit": span.limit}
    return _placed(await tx.all(_ATTRIBUTE_IS, query))


async def attribute_begins(tx: Transaction, pool_id: str, name: str, prefix: str, span: Span) -> Found:
    """Users whose attribute's folded value begins with `prefix`."""
    query = {"pool_id": pool_id, "name": name, "limit": span.limit}
    return await _begins(tx, _ATTRIBUTE_BEGINS, query, prefix, span.after)


async def username_begins(tx: Transaction, pool_id: str, prefix: str, span: Span) -> Found:
    """Users whose folded username begins with `prefix`."""
    return await _begins(tx, _USERNAME_BEGINS, {"pool_id": pool_id, "limit": span.limit}, prefix, span.after)


async def sub_begins(tx: Transaction, pool_id: str, prefix: str, span: Span) -> Found:
    return await _begins(tx, _SUB_BEGINS, {"pool_id": pool_id, "limit": span.limit}, prefix, span.after)


async def _begins(
    tx: Transaction, statements: tuple[Statement, Statement], query: Values, prefix: str, after: Place
) -> Found:
    start = max(after, Place(prefix, 0))
    bound = prefix_bound(prefix)
    values = {**query, "key": start.key, "after": start.id}
    open_ended, bounded = statements
    rows = await (tx.all(open_ended, values) if bound is None else tx.all(bounded, values | {"bound": bound}))
    return [(Place(row[7], row[0]), Listed._make(row[:7])) for row in rows]


def _placed(rows: Sequence[Sequence[Any]]) -> Found:
    return [(Place("", row[0]), Listed._make(row[:7])) for row in rows]
