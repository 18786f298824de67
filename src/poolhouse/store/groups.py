"""Groups and who is in them. Names are case-sensitive."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    bindparam,
    delete,
    func,
    null,
    select,
    update,
)

from poolhouse.errors import GroupExistsException, GroupNotFound, LimitExceededException

from . import pools
from .database import Row, Transaction
from .json_list import JsonList
from .pools import REMOVED, Pool
from .schema import groups, memberships, users
from .schema import pools as pools_table
from .search import LISTED, Listed
from .statement import Statement

GROUPS_PER_POOL = 10_000
GROUPS_PER_USER = 100
AT_ONCE = 1000
"""A group with at most so many members is deleted in one statement."""


class Group(NamedTuple):
    """A row of `groups`. The lowest `precedence` wins, None is last."""

    id: int
    pool_id: str
    name: str
    description: str | None
    role_arn: str | None
    precedence: int | None
    created: int
    modified: int


POOL_ID: BindParameter[str] = bindparam("pool_id")
OF_NAME = (groups.c.pool_id == POOL_ID, groups.c.name == bindparam("name"))
_GET = Statement(select(groups).where(*OF_NAME))
# KEY SHARE: PostgreSQL then lets nobody delete the group before the membership is in. SQLite has one writer anyway.
_WITH_POOL = (
    select(pools_table, groups)
    .where(pools_table.c.id == bindparam("pool_id"), pools_table.c.region != REMOVED)
    .where(groups.c.pool_id == pools_table.c.id)
    .where(groups.c.name == bindparam("name"))
)
_GET_WITH_POOL = (Statement(_WITH_POOL), Statement(_WITH_POOL.with_for_update(read=True, key_share=True, of=groups)))
_ADD = Statement(
    lambda dialect_insert: (
        dialect_insert(groups)
        .values({column.name: bindparam(column.name) for column in groups.c if column.name != "id"})
        .on_conflict_do_nothing()
        .returning(groups)
    )
)
_COUNT = Statement(select(func.count()).where(groups.c.pool_id == bindparam("pool_id")))
_UPDATE = Statement(
    update(groups)
    .where(*OF_NAME)
    .values(
        description=func.coalesce(bindparam("description"), groups.c.description),
        role_arn=func.coalesce(bindparam("role_arn"), groups.c.role_arn),
        precedence=func.coalesce(bindparam("precedence"), groups.c.precedence),
        modified=bindparam("now"),
    )
    .returning(groups)
)
_REMOVE = Statement(delete(groups).where(*OF_NAME))
_NOWHERE = Statement(
    lambda dialect_insert: (
        dialect_insert(pools_table)
        .values(id=REMOVED, region=REMOVED, name=REMOVED, settings="{}", created=0, modified=0)
        .on_conflict_do_nothing()
    )
)
# Without a precedence, so that nobody is strong by it any more.
_HIDE = Statement(
    update(groups)
    .where(groups.c.id == bindparam("group_id"))
    .values(pool_id=REMOVED, name=bindparam("unique"), precedence=null(), role_arn=null())
)
_PAGE = Statement(
    select(groups)
    .where(groups.c.pool_id == bindparam("pool_id"), groups.c.name > bindparam("after"))
    .order_by(groups.c.name)
    .limit(bindparam("limit"))
)
_STRONGEST_FIRST = (groups.c.precedence.asc().nulls_last(), groups.c.name)


_OF_USER = (
    select(groups)
    .select_from(memberships.join(groups, groups.c.id == memberships.c.group_id))
    .where(memberships.c.user_id == bindparam("user_id"), groups.c.pool_id != REMOVED)
)
_OF_USER_ALL = Statement(_OF_USER.order_by(*_STRONGEST_FIRST))
_theirs = (
    select(groups.c.name)
    .select_from(memberships.join(groups, groups.c.id == memberships.c.group_id))
    .where(memberships.c.user_id == users.c.id, groups.c.pool_id != REMOVED)
    .order_by(*_STRONGEST_FIRST)
    .correlate(users)
    .subquery()
)
NAMES_OF_USER = select(JsonList(_theirs.c.name)).scalar_subquery()
"""The groups of the user whose row a statement reads, the strongest first, for `names_in`."""
_NAMES_OF_SUB = Statement(
    select(groups.c.name)
    .select_from(users.join(memberships, memberships.c.user_id == users.c.id).join(groups))
    .join(pools_table, pools_table.c.id == users.c.pool_id)
    .where(users.c.pool_id == bindparam("pool_id"), users.c.sub == bindparam("sub"))
    .where(pools_table.c.region != REMOVED, groups.c.pool_id != REMOVED)
    .order_by(*_STRONGEST_FIRST)
)
_OF_USER_PAGE = Statement(
    _OF_USER.where(groups.c.name > bindparam("after")).order_by(groups.c.name).limit(bindparam("limit"))
)
_IS_MEMBER = Statement(
    select(memberships.c.created).where(
        memberships.c.group_id == bindparam("group_id"), memberships.c.user_id == bindparam("user_id")
    )
)
_held = groups.alias("held")
_HELD = (
    select(func.count())
    .select_from(memberships.join(_held, _held.c.id == memberships.c.group_id))
    .where(memberships.c.user_id == bindparam("user_id"), _held.c.pool_id != REMOVED)
    .scalar_subquery()
)
_ADD_MEMBER = Statement(
    lambda dialect_insert: (
        dialect_insert(memberships)
        .from_select(
            ["group_id", "user_id", "created"],
            select(groups.c.id, bindparam("user_id", type_=BigInteger), bindparam("now", type_=BigInteger)).where(
                groups.c.id == bindparam("group_id"), _HELD < GROUPS_PER_USER
            ),
        )
        .on_conflict_do_nothing()
    )
)
_SOME = Statement(
    select(memberships.c.user_id).where(memberships.c.group_id == bindparam("group_id")).limit(bindparam("most"))
)
_REMOVE_MEMBER = Statement(
    delete(memberships).where(
        memberships.c.group_id == bindparam("group_id"), memberships.c.user_id == bindparam("user_id")
    )
)
_MEMBERS = Statement(
    select(*LISTED)
    .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
    .where(memberships.c.group_id == bindparam("group_id"), memberships.c.user_id > bindparam("after"))
    .order_by(memberships.c.user_id)
    .limit(bindparam("limit"))
)


async def find(tx: Transaction, pool_id: str, name: str) -> Group | None:
    row = await tx.one(_GET, {"pool_id": pool_id, "name": name})
    return None if row is None else Group._make(row)


async def get(tx: Transaction, pool_id: str, name: str) -> Group:
    """Raises GroupNotFound."""
    group = await find(tx, pool_id, name)
    if group is None:
        raise GroupNotFound
    return group


async def get_with_pool(tx: Transaction, pool_id: str, name: str, *, keep: bool = True) -> tuple[Pool, Group]:
    """Both in one statement, with `keep` the group kept from deletion until the end of the block.

    Raises ResourceNotFoundException or GroupNotFound.
    """
    row = await tx.one(_GET_WITH_POOL[keep], {"pool_id": pool_id, "name": name})
    if row is None:
        await pools.get(tx, pool_id)
        raise GroupNotFound
    return pools.of_row(row), Group._make(row[6:])


async def add(
    tx: Transaction,
    pool_id: str,
    name: str,
    *,
    description: str | None = None,
    role_arn: str | None = None,
    precedence: int | None = None,
    now: int,
) -> Group:
    """Raises GroupExistsException, or LimitExceededException for the pool's 10,001st group.

    The limit holds under concurrency when the pool was read with `pools.lock`.
    """
    row = await tx.one(_COUNT, {"pool_id": pool_id})
    if row is not None and row[0] >= GROUPS_PER_POOL:
        raise LimitExceededException(f"A user pool can have at most {GROUPS_PER_POOL} groups.")
    values = {"description": description, "role_arn": role_arn, "precedence": precedence}
    row = await tx.one(_ADD, {"pool_id": pool_id, "name": name, "created": now, "modified": now} | values)
    if row is None:
        raise GroupExistsException
    return Group._make(row)


async def change(
    tx: Transaction,
    pool_id: str,
    name: str,
    *,
    description: str | None = None,
    role_arn: str | None = None,
    precedence: int | None = None,
    now: int,
) -> Group:
    """What is None stays as it is. Raises GroupNotFound."""
    values = {"description": description, "role_arn": role_arn, "precedence": precedence}
    row = await tx.one(_UPDATE, {"pool_id": pool_id, "name": name, "now": now} | values)
    if row is None:
        raise GroupNotFound
    return Group._make(row)


async def remove(tx: Transaction, pool_id: str, name: str, *, at_once: int = AT_ONCE) -> None:
    """With its memberships. Where they are many, the group is gone for everybody now, and its rows go later: see
    `removal`. Raises GroupNotFound.
    """
    group = await get(tx, pool_id, name)
    if await size(tx, group.id, at_once + 1) <= at_once:
        await tx.run(_REMOVE, {"pool_id": pool_id, "name": name})
        return
    await tx.run(_NOWHERE, {})
    await tx.run(_HIDE, {"group_id": group.id, "unique": str(group.id)})


async def list_(tx: Transaction, pool_id: str, after: str, limit: int) -> list[Group]:
    """Groups of a pool by name, those behind `after`; "" is the beginning."""
    return [Group._make(row) for row in await tx.all(_PAGE, {"pool_id": pool_id, "after": after, "limit": limit})]


async def of_user(tx: Transaction, user_id: int) -> list[Group]:
    """Every group of a user, the strongest first."""
    return [Group._make(row) for row in await tx.all(_OF_USER_ALL, {"user_id": user_id})]


_names = msgspec.json.Decoder(tuple[str, ...])


def names_in(text: str | None) -> tuple[str, ...]:
    """What `NAMES_OF_USER` found; without a row PostgreSQL makes no list."""
    return _names.decode(text) if text else ()


async def names_of_sub(tx: Transaction, pool_id: str, sub: str) -> tuple[str, ...]:
    """The groups of the user with this sub, the strongest first; none where he or his pool is gone."""
    return tuple([row[0] for row in await tx.all(_NAMES_OF_SUB, {"pool_id": pool_id, "sub": sub})])


async def page_of_user(tx: Transaction, user_id: int, after: str, limit: int) -> list[Group]:
    """Groups of a user by name, those behind `after`; "" is the beginning."""
    rows = await tx.all(_OF_USER_PAGE, {"user_id": user_id, "after": after, "limit": limit})
    return [Group._make(row) for row in rows]


async def is_member(tx: Transaction, group_id: int, user_id: int) -> bool:
    return await tx.one(_IS_MEMBER, {"group_id": group_id, "user_id": user_id}) is not None


async def add_member(tx: Transaction, group_id: int, user_id: int, now: int) -> bool:
    """Whether the user was not a member before. Raises LimitExceededException for the 101st group.

    The limit holds under concurrency when the user's row was read with `lock=True`.
    """
    if await tx.run(_ADD_MEMBER, {"group_id": group_id, "user_id": user_id, "now": now}):
        return True
    if await is_member(tx, group_id, user_id):
        return False
    raise LimitExceededException(f"A user can be in at most {GROUPS_PER_USER} groups.")


async def remove_member(tx: Transaction, group_id: int, user_id: int) -> bool:
    """Whether the user was a member before."""
    return await tx.run(_REMOVE_MEMBER, {"group_id": group_id, "user_id": user_id}) == 1


async def size(tx: Transaction, group_id: int, most: int) -> int:
    """How many members a group has; counting ends at `most`, so that a large group costs no more than that."""
    return len(await tx.all(_SOME, {"group_id": group_id, "most": most}))


async def members(tx: Transaction, group_id: int, after: int, limit: int) -> list[Listed]:
    """Users of a group by row id, those behind `after`; 0 is the beginning. Any page costs the same."""
    return list(map(Listed._make, await member_rows(tx, group_id, after, limit)))


async def member_rows(tx: Transaction, group_id: int, after: int, limit: int) -> Sequence[Row]:
    """The same as bare rows, in the order of `Listed`."""
    return await tx.all(_MEMBERS, {"group_id": group_id, "after": after, "limit": limit})
