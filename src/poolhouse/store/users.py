"""Users: how they are found, added and changed, with the aliases and search keys that follow from their attributes.

A change is a read-modify-write: read the user in the same write block, with `lock=True` where the block is to wait for
a concurrent one (PostgreSQL; on SQLite there is one writer). Lists are in `search`.
"""

from collections.abc import Mapping
from types import EllipsisType
from typing import Literal, NamedTuple

from msgspec.json import Decoder, encode
from sqlalchemy import Select, and_, bindparam, delete, func, or_, select, update

from poolhouse.errors import AliasExistsException, UsernameExistsException, UserNotFoundException

from . import pools
from .database import Transaction
from .names import SEARCHABLE, VERIFIABLE, fold, search_keys, sign_in_names
from .pools import Pool
from .schema import pool_counts, user_aliases, user_search, users
from .schema import pools as pools_table
from .statement import Statement

Status = Literal["UNCONFIRMED", "CONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"]

_SHARDS = 16
_OWN = len(pools_table.c)
"""Where a user's columns begin behind his pool's."""
# One name space for all aliases of a pool: two users cannot own one text through different attributes.
ALIAS = "sign_in"


class User(NamedTuple):
    """A row of `users`. `attributes` is AWS's list as JSON text, so that an answer embeds it unread.

    `credential` is sealed; `temporary_until` is set while the password is a temporary one; tokens issued before
    `tokens_not_before` are dead. Times are epoch microseconds.
    """

    id: int
    pool_id: str
    username: str
    username_key: str
    sub: str
    status: Status
    enabled: int
    attributes: str
    credential: bytes | None
    temporary_until: int | None
    tokens_not_before: int
    created: int
    modified: int

    def __repr__(self) -> str:
        return f"User(id={self.id}, pool_id={self.pool_id!r}, status={self.status!r})"


_attribute_decoder = Decoder(list[dict[str, str]])


def attributes_of(user: User) -> dict[str, str]:
    """Name -> value, `sub` included."""
    return {entry["Name"]: entry["Value"] for entry in _attribute_decoder.decode(user.attributes)}


def _attributes_text(attributes: Mapping[str, str]) -> str:
    return encode([{"Name": name, "Value": value} for name, value in attributes.items()]).decode()


def _reading(query: Select[tuple[object, ...]]) -> tuple[Statement, Statement]:
    return Statement(query), Statement(query.with_for_update(of=users))


_ALIASED = (
    select(users)
    .select_from(user_aliases.join(users, users.c.id == user_aliases.c.user_id))
    .where(user_aliases.c.pool_id == bindparam("pool_id"), user_aliases.c.value_key == bindparam("key"))
    .where(user_aliases.c.name == ALIAS)
)
_OF_POOL = users.c.pool_id == bindparam("pool_id")
NAMED = and_(_OF_POOL, or_(users.c.username_key == bindparam("key"), users.c.sub == bindparam("key")))
_BY_NAME = _reading(select(users).where(NAMED))
_BY_USERNAME = _reading(select(users).where(_OF_POOL, users.c.username_key == bindparam("key")))
_BY_ALIAS = _reading(_ALIASED)
_WITH_POOL = Statement(
    select(pools_table, users)
    .select_from(pools_table.outerjoin(users, NAMED))
    .where(pools_table.c.id == bindparam("pool_id"), pools_table.c.region != pools.REMOVED)
)
_BY_ID = _reading(select(users).where(users.c.id == bindparam("user_id")))
_ADD = Statement(
    lambda dialect_insert: (
        dialect_insert(users)
        .values({column.name: bindparam(column.name) for column in users.c if column.name != "id"})
        .on_conflict_do_nothing()
        .returning(users)
    )
)
_CHANGED = ("status", "enabled", "attributes", "credential", "temporary_until", "tokens_not_before", "modified")
_CHANGE = Statement(
    update(users).where(users.c.id == bindparam("user_id")).values({name: bindparam(name) for name in _CHANGED})
)
_PAGE = Statement(
    select(users).where(_OF_POOL, users.c.id > bindparam("after")).order_by(users.c.id).limit(bindparam("limit"))
)
_NEWEST = Statement(select(func.max(users.c.id)).where(_OF_POOL))
_REMOVE = Statement(delete(users).where(users.c.id == bindparam("user_id")))
_COUNT = Statement(
    lambda dialect_insert: (
        row := dialect_insert(pool_counts).values(
            pool_id=bindparam("pool_id"), shard=bindparam("shard"), users=bindparam("delta")
        )
    ).on_conflict_do_update(
        index_elements=["pool_id", "shard"], set_={"users": pool_counts.c.users + row.excluded.users}
    )
)
_ADD_ALIAS = Statement(
    lambda dialect_insert: (
        dialect_insert(user_aliases)
        .values(
            pool_id=bindparam("pool_id"),
            value_key=bindparam("key"),
            name=bindparam("name"),
            user_id=bindparam("user_id"),
        )
        .on_conflict_do_nothing()
    )
)
_REMOVE_ALIAS = Statement(
    delete(user_aliases)
    .where(user_aliases.c.pool_id == bindparam("pool_id"), user_aliases.c.value_key == bindparam("key"))
    .where(user_aliases.c.name == ALIAS, user_aliases.c.user_id == bindparam("user_id"))
)
_ADD_KEY = Statement(
    lambda dialect_insert: (
        dialect_insert(user_search)
        .values(
            pool_id=bindparam("pool_id"),
            name=bindparam("name"),
            value_key=bindparam("key"),
            user_id=bindparam("user_id"),
        )
        .on_conflict_do_nothing()
    )
)
_REMOVE_KEY = Statement(
    delete(user_search)
    .where(user_search.c.pool_id == bindparam("pool_id"), user_search.c.name == bindparam("name"))
    .where(user_search.c.value_key == bindparam("key"), user_search.c.user_id == bindparam("user_id"))
)


async def find(tx: Transaction, pool: Pool, name: str, *, lock: bool = False) -> User | None:
    """By username, sub or active alias. A username can never be another user's sub: `add` sees to it."""
    return await _find(tx, pool, name, _BY_NAME, lock=lock)


async def find_for_sign_in(tx: Transaction, pool: Pool, name: str, *, lock: bool = False) -> User | None:
    """Like `find`, but a sub is accepted only where it is the username."""
    return await _find(tx, pool, name, _BY_USERNAME, lock=lock)


async def _find(tx: Transaction, pool: Pool, name: str, by: tuple[Statement, Statement], *, lock: bool) -> User | None:
    values = {"pool_id": pool.id, "key": fold(pool.settings, name)}
    row = await tx.one(by[lock], values)
    return await _of_alias(tx, pool, values, lock=lock) if row is None else User._make(row)


async def _of_alias(tx: Transaction, pool: Pool, values: Mapping[str, str], *, lock: bool) -> User | None:
    """Asks only where the pool has aliases."""
    if not (pool.settings.UsernameAttributes or pool.settings.AliasAttributes):
        return None
    row = await tx.one(_BY_ALIAS[lock], values)
    return None if row is None else User._make(row)


async def get(tx: Transaction, pool: Pool, name: str, *, lock: bool = False) -> User:
    """Like `find`. Raises UserNotFoundException."""
    user = await _find(tx, pool, name, _BY_NAME, lock=lock)
    if user is None:
        raise UserNotFoundException
    return user


async def get_with_pool(tx: Transaction, pool_id: str, name: str) -> tuple[Pool, User]:
    """Both, as `pools.get` and `get` find them and with their errors, in one statement for nearly every name.

    How a pool folds names is known when it was read; a name in small letters is most often its own key everywhere.
    """
    values = {"pool_id": pool_id, "key": name.lower()}
    row = await tx.one(_WITH_POOL, values)
    if row is None:
        raise pools.missing(pool_id)
    pool = pools.of_row(row)
    if fold(pool.settings, name) != values["key"]:
        return pool, await get(tx, pool, name)
    if row[_OWN] is not None:
        return pool, User._make(row[_OWN:])
    user = await _of_alias(tx, pool, values, lock=False)
    if user is None:
        raise UserNotFoundException
    return pool, user


async def by_id(tx: Transaction, user_id: int, *, lock: bool = False) -> User | None:
    row = await tx.one(_BY_ID[lock], {"user_id": user_id})
    return None if row is None else User._make(row)


async def newest(tx: Transaction, pool_id: str) -> int:
    """The row id of the user who was added last, 0 without users; whoever is added later has a higher one."""
    row = await tx.one(_NEWEST, {"pool_id": pool_id})
    return int(row[0] or 0) if row else 0


async def page(tx: Transaction, pool_id: str, after: int, limit: int) -> list[User]:
    """Whole users of a pool by row id, those behind `after`; 0 is the beginning."""
    return [User._make(row) for row in await tx.all(_PAGE, {"pool_id": pool_id, "after": after, "limit": limit})]


async def add(
    tx: Transaction,
    pool: Pool,
    *,
    username: str,
    sub: str,
    status: Status,
    attributes: Mapping[str, str],
    credential: bytes | None,
    temporary_until: int | None = None,
    now: int,
    force_alias: bool = False,
    is_counted: bool = True,
) -> User:
    """A new, enabled user; `attributes` without `sub`. Whoever adds many, not counted, keeps the pool once in his block
    (`pools.keep`) and counts them at the end, with `add_to_count`.

    Raises ResourceNotFoundException when the pool was removed meanwhile; UsernameExistsException when the username, or
    a username attribute, is anybody's name; AliasExistsException when an active alias is somebody else's and
    `force_alias` does not move it.
    """
    if is_counted:
        await pools.keep(tx, pool.id)
    # Where contacts sign in, a username that is the sub is nobody's contact; the table keeps both unique.
    if not (pool.settings.UsernameAttributes and username == sub) and await find(tx, pool, username) is not None:
        raise UsernameExistsException
    complete = {"sub": sub, **attributes}
    row = await tx.one(
        _ADD,
        {
            "pool_id": pool.id,
            "username": username,
            "username_key": fold(pool.settings, username),
            "sub": sub,
            "status": status,
            "enabled": 1,
            "attributes": _attributes_text(complete),
            "credential": credential,
            "temporary_until": temporary_until,
            "tokens_not_before": 0,
            "created": now,
            "modified": now,
        },
    )
    if row is None:
        raise UsernameExistsException
    user = User._make(row)
    try:
        names = sign_in_names(pool.settings, username, complete)
        await _keep_aliases(tx, pool, user, ({}, names), _Move(now, force_alias))
    except AliasExistsException:
        if pool.settings.UsernameAttributes:
            raise UsernameExistsException from None
        raise
    await _keep_search(tx, pool, user, {}, search_keys(pool.settings, complete))
    if is_counted:
        await add_to_count(tx, pool.id, user.id, 1)
    return user


async def add_to_count(tx: Transaction, pool_id: str, near: int, delta: int) -> None:
    """Change the number of a pool's users. One block does it once: two that count in many shards would lock up."""
    await tx.run(_COUNT, {"pool_id": pool_id, "shard": near % _SHARDS, "delta": delta})


async def change(
    tx: Transaction,
    pool: Pool,
    user: User,
    now: int,
    *,
    status: Status | None = None,
    enabled: bool | None = None,
    attributes: Mapping[str, str] | None = None,
    credential: bytes | EllipsisType | None = ...,
    temporary_until: int | EllipsisType | None = ...,
    tokens_not_before: int | None = None,
    force_alias: bool = False,
) -> User:
    """The user with what was given changed; `attributes` is the complete new set, with `sub`.

    Raises AliasExistsException when a new active alias is somebody else's and `force_alias` does not move it.
    """
    changed = user._replace(
        status=status or user.status,
        enabled=user.enabled if enabled is None else int(enabled),
        attributes=user.attributes if attributes is None else _attributes_text(attributes),
        credential=user.credential if isinstance(credential, EllipsisType) else credential,
        temporary_until=user.temporary_until if isinstance(temporary_until, EllipsisType) else temporary_until,
        tokens_not_before=max(user.tokens_not_before, tokens_not_before or 0),
        modified=now,
    )
    await tx.run(_CHANGE, {"user_id": user.id} | {name: getattr(changed, name) for name in _CHANGED})
    if attributes is not None:
        settings, before = pool.settings, attributes_of(user)
        old, new = (sign_in_names(settings, user.username, each) for each in (before, attributes))
        await _keep_aliases(tx, pool, user, (old, new), _Move(now, force_alias))
        await _keep_search(tx, pool, user, search_keys(settings, before), search_keys(settings, attributes))
    return changed


async def remove(tx: Transaction, user: User) -> None:
    """With memberships, aliases, codes and sign-ins."""
    if await tx.run(_REMOVE, {"user_id": user.id}):
        await add_to_count(tx, user.pool_id, user.id, -1)


class _Move(NamedTuple):
    """When a change happens, and whether it may take another user's alias."""

    now: int
    force: bool


async def _keep_aliases(
    tx: Transaction, pool: Pool, user: User, names: tuple[Mapping[str, str], Mapping[str, str]], move: _Move
) -> None:
    old, new = names
    for key in sorted(old.keys() - new.keys()):
        await tx.run(_REMOVE_ALIAS, {"pool_id": pool.id, "key": key, "user_id": user.id})
    # In one order for everybody, so that two blocks that wait for each other's names cannot lock up.
    for key in sorted(new.keys() - old.keys()):
        await _claim(tx, pool, user, (key, new[key]), move)


async def _claim(tx: Transaction, pool: Pool, user: User, name: tuple[str, str], move: _Move) -> None:
    """Make a name, (key, attribute), this user's own; taken from another where that is asked for and possible."""
    key, attribute = name
    if attribute == "preferred_username":
        namesake = await tx.one(_BY_NAME[False], {"pool_id": pool.id, "key": key})
        if namesake is not None and namesake[0] != user.id:
            raise _taken(attribute)
    values = {"pool_id": pool.id, "key": key, "name": ALIAS, "user_id": user.id}
    if await tx.run(_ADD_ALIAS, values):
        return
    if not (move.force and attribute in VERIFIABLE and attribute in pool.settings.AliasAttributes):
        raise _taken(attribute)
    await _release(tx, pool, key, attribute, move.now)
    if not await tx.run(_ADD_ALIAS, values):
        raise _taken(attribute)


async def _release(tx: Transaction, pool: Pool, key: str, attribute: str, now: int) -> None:
    """The owner of an alias keeps the attribute but loses its verification, and with it the alias."""
    row = await tx.one(_BY_ALIAS[True], {"pool_id": pool.id, "key": key})
    if row is not None:
        owner = User._make(row)
        await change(tx, pool, owner, now, attributes=attributes_of(owner) | {VERIFIABLE[attribute]: "false"})


def _taken(attribute: str) -> UsernameExistsException | AliasExistsException:
    if attribute == "username":
        return UsernameExistsException()
    return AliasExistsException(f"An account with the given {attribute} already exists.")


async def _keep_search(tx: Transaction, pool: Pool, user: User, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    for name in SEARCHABLE:
        if old.get(name) == new.get(name):
            continue
        values = {"pool_id": pool.id, "name": name, "user_id": user.id}
        if name in old:
            await tx.run(_REMOVE_KEY, values | {"key": old[name]})
        if name in new:
            await tx.run(_ADD_KEY, values | {"key": new[name]})
