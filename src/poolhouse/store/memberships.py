"""Whom a membership is about, and many of them at once: a statement for all names, and one for all that change.

Pool, group and user of one membership are found together, where the name is one that most requests use.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice, repeat
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, BindParameter, Column, Select, bindparam, delete, func, literal_column, select

from . import groups as groups_
from . import pools as pools_
from . import users as users_
from .database import Transaction
from .names import fold
from .pools import Pool
from .schema import groups, memberships, pools, user_aliases, users
from .statement import Statement


class Member(NamedTuple):
    """The rows that a membership joins, and how the trail names the user: his sub."""

    group_id: int
    user_id: int
    sub: str


# The locks of PostgreSQL: nobody deletes the group before the membership is in, and one block at a time counts a
# user's groups. SQLite has one writer anyway.
_FIND: Final = Statement(
    select(groups.c.id, users.c.id, users.c.sub, pools.c.settings)
    .select_from(pools.join(groups, groups.c.pool_id == pools.c.id).join(users, users_.NAMED))
    .where(pools.c.id == groups_.POOL_ID, pools.c.region != pools_.REMOVED, *groups_.OF_NAME)
    .with_for_update(of=users)
    .suffix_with("FOR KEY SHARE OF groups", dialect="postgresql")
)


async def find(tx: Transaction, pool_id: str, group_name: str, username: str) -> Member:
    """As `groups.get_with_pool` and a locking `users.get` find them, and with their errors.

    How a pool folds names is known when it was read; a name in small letters is most often its own key everywhere.
    """
    key = username.lower()
    row = await tx.one(_FIND, {"pool_id": pool_id, "name": group_name, "key": key})
    if row is not None and fold(pools_.settings_of(pool_id, row[3]), username) == key:
        return Member(row[0], row[1], row[2])
    pool, group = await groups_.get_with_pool(tx, pool_id, group_name)
    user = await users_.get(tx, pool, username, lock=True)
    return Member(group.id, user.id, user.sub)


# --- many --------------------------------------------------------------------------------------------------

AT_ONCE: Final = 128
"""How many users a statement is about. It is always as many, so that it is compiled once: some may be repeated."""
_KEYS: Final[list[BindParameter[str]]] = [bindparam(f"k{number}") for number in range(AT_ONCE)]
_IDS: Final[list[BindParameter[int]]] = [bindparam(f"u{number}", type_=BigInteger) for number in range(AT_ONCE)]
_KEY_NAMES: Final = [each.key for each in _KEYS]
_ID_NAMES: Final = [each.key for each in _IDS]


class Found(NamedTuple):
    """A user who is meant by a name."""

    id: int
    sub: str


def _reading(query: Select[Any]) -> tuple[Statement, Statement]:
    """Locked in one order for everybody, so that two blocks that wait for each other's users seldom lock up.

    The order is that of a sum: by the column itself SQLite would walk through the pool instead of looking names up.
    """
    return Statement(query), Statement(query.order_by(users.c.id + literal_column("0")).with_for_update(of=users))


def _by(column: Column[Any]) -> tuple[Statement, Statement]:
    """Each way is a statement of its own: of two in one, SQLite would walk through the pool."""
    return _reading(
        select(users.c.id, users.c.sub, column).where(users.c.pool_id == groups_.POOL_ID, column.in_(_KEYS))
    )


_NAMED: Final = _by(users.c.username_key)
_SUBS: Final = _by(users.c.sub)
_ALIASES: Final = _reading(
    select(users.c.id, users.c.sub, user_aliases.c.value_key)
    .select_from(user_aliases.join(users, users.c.id == user_aliases.c.user_id))
    .where(user_aliases.c.pool_id == groups_.POOL_ID, user_aliases.c.value_key.in_(_KEYS))
    .where(user_aliases.c.name == users_.ALIAS)
)
_OF_GROUP: Final = (memberships.c.group_id == bindparam("group_id"), memberships.c.user_id.in_(_IDS))
_MEMBERS: Final = Statement(select(memberships.c.user_id).where(*_OF_GROUP))
_REMOVE: Final = Statement(delete(memberships).where(*_OF_GROUP).returning(memberships.c.user_id))
_others = memberships.alias("others")
_held = groups.alias("held")
_HELD: Final = (
    select(func.count())
    .select_from(_others.join(_held, _held.c.id == _others.c.group_id))
    .where(_others.c.user_id == users.c.id, _held.c.pool_id != pools_.REMOVED)
    .scalar_subquery()
)
_HAS_ROOM: Final = (users.c.id.in_(_IDS), _HELD < groups_.GROUPS_PER_USER)
_WITH_ROOM: Final = Statement(select(users.c.id).where(*_HAS_ROOM))
_ADD: Final = Statement(
    lambda dialect_insert: (
        dialect_insert(memberships)
        .from_select(
            ["group_id", "user_id", "created"],
            select(groups.c.id, users.c.id, bindparam("now", type_=BigInteger)).where(
                groups.c.id == bindparam("group_id"), *_HAS_ROOM
            ),
        )
        .on_conflict_do_nothing()
        .returning(memberships.c.user_id)
    )
)


async def find_many(tx: Transaction, pool: Pool, names: Collection[str], *, lock: bool = False) -> dict[str, Found]:
    """Those of at most AT_ONCE names that are somebody's username, sub or active alias, as `users.find` finds them."""
    keys = {name: fold(pool.settings, name) for name in names}
    has_aliases = pool.settings.UsernameAttributes or pool.settings.AliasAttributes
    found: dict[str, Found] = {}
    for statement in (_NAMED, _SUBS, _ALIASES) if has_aliases else (_NAMED, _SUBS):
        left = {key for key in keys.values() if key not in found}
        if left:
            rows = await tx.all(statement[lock], {"pool_id": pool.id, **_filled(_KEY_NAMES, left)})
            found |= {row[2]: Found(row[0], row[1]) for row in rows}
    return {name: found[key] for name, key in keys.items() if key in found}


async def members_among(tx: Transaction, group_id: int, user_ids: Collection[int]) -> set[int]:
    """Those of at most AT_ONCE users who are in the group."""
    return await _ids(tx, _MEMBERS, user_ids, {"group_id": group_id})


async def with_room(tx: Transaction, user_ids: Collection[int]) -> set[int]:
    """Those of at most AT_ONCE users who may join one group more."""
    return await _ids(tx, _WITH_ROOM, user_ids, {})


async def add_many(tx: Transaction, group_id: int, user_ids: Collection[int], now: int) -> set[int]:
    """Put at most AT_ONCE users into the group; those who were not in it before and have room for it."""
    return await _ids(tx, _ADD, user_ids, {"group_id": group_id, "now": now})


async def remove_many(tx: Transaction, group_id: int, user_ids: Collection[int]) -> set[int]:
    """Take at most AT_ONCE users out of the group; those who were in it."""
    return await _ids(tx, _REMOVE, user_ids, {"group_id": group_id})


async def _ids(tx: Transaction, statement: Statement, user_ids: Collection[int], more: Mapping[str, int]) -> set[int]:
    if not user_ids:
        return set()
    return {row[0] for row in await tx.all(statement, {**more, **_filled(_ID_NAMES, sorted(user_ids))})}


def _filled(names: Sequence[str], values: Iterable[Any]) -> dict[str, Any]:
    """A value for each name: the last one stands for all that are too few. ValueError for too many."""
    given = list(values)
    if len(given) > len(names):
        raise ValueError(f"{len(given)} values are more than {len(names)}.")
    return dict(zip(names, [*given, *islice(repeat(given[-1]), len(names) - len(given))], strict=True))
