"""User pools and their signing keys. Who is in a pool is `users`' matter, except for how many."""

from typing import Final, Literal, NamedTuple

from sqlalchemy import BigInteger, bindparam, delete, func, insert, select, update

from poolhouse.errors import ResourceNotFoundException

from .database import Row, Transaction
from .schema import (
    clients,
    delegations,
    domains,
    identity_providers,
    looks,
    pool_counts,
    pools,
    resource_servers,
    signing_keys,
)
from .settings import PoolSettings, decode_pool, encode
from .statement import Statement

KeyUse = Literal["id", "access"]
AT_ONCE: Final = 500
"""A pool with at most so many users is deleted in one statement."""
_MOST_DECODED: Final = 1024
REMOVED: Final = ""
"""The region of a pool whose rows are still to go, and the pool of such a group: see `removal`."""


class Pool(NamedTuple):
    """A row of `pools` with its settings decoded."""

    id: str
    region: str
    name: str
    settings: PoolSettings
    created: int
    modified: int


class StoredKey(NamedTuple):
    """A row of `signing_keys`; `private` is sealed, `public_jwk` is JSON text."""

    kid: str
    pool_id: str
    use: KeyUse
    public_jwk: str
    private: bytes
    created: int


_OF_ID = (pools.c.id == bindparam("pool_id"), pools.c.region != REMOVED)
_GET = Statement(select(pools).where(*_OF_ID))
# On SQLite, which has one writer, both are the plain statement.
_KEEP = Statement(select(pools).where(*_OF_ID).with_for_update(read=True, key_share=True))
_LOCK = Statement(select(pools).where(*_OF_ID).with_for_update(key_share=True))
_ADD = Statement(insert(pools))
_CHANGE = Statement(
    update(pools)
    .where(pools.c.id == bindparam("pool"))
    .values(name=bindparam("name"), settings=bindparam("settings"), modified=bindparam("modified"))
)
_REMOVE = Statement(delete(pools).where(pools.c.id == bindparam("pool_id")))
_HIDE = Statement(update(pools).where(pools.c.id == bindparam("pool")).values(region=REMOVED, name=REMOVED))
# Without these nobody signs in, and no token is good.
_HIDDEN_WITH = tuple(
    Statement(delete(table).where(table.c.pool_id == bindparam("pool_id")))
    for table in (clients, delegations, domains, identity_providers, looks, resource_servers, signing_keys)
)
_PAGE = Statement(
    select(pools)
    .where(pools.c.region == bindparam("region"), pools.c.id > bindparam("after"))
    .order_by(pools.c.id)
    .limit(bindparam("limit"))
)
_COUNT_USERS = Statement(
    select(func.coalesce(func.sum(pool_counts.c.users), 0)).where(pool_counts.c.pool_id == bindparam("pool_id"))
)
_ADD_KEY = Statement(insert(signing_keys))
_BY_AGE = (signing_keys.c.use, signing_keys.c.created.desc(), signing_keys.c.kid)
_OF_POOL = signing_keys.c.pool_id == bindparam("pool_id")
_KEYS = Statement(select(signing_keys).where(_OF_POOL).order_by(*_BY_AGE))
_KIDS = Statement(select(signing_keys.c.kid).where(_OF_POOL).order_by(*_BY_AGE))
_REMOVE_OLDER = Statement(
    delete(signing_keys).where(_OF_POOL, signing_keys.c.created < bindparam("created", type_=BigInteger))
)
_newer = signing_keys.alias("newer")
_REMOVE_KEYS = Statement(
    delete(signing_keys).where(
        select(_newer.c.kid)
        .where(
            _newer.c.pool_id == signing_keys.c.pool_id,
            _newer.c.use == signing_keys.c.use,
            _newer.c.created > signing_keys.c.created,
            _newer.c.created < bindparam("before", type_=BigInteger),
        )
        .exists()
    )
)


_decoded: dict[str, tuple[str, PoolSettings]] = {}
"""Pool id -> the text of its settings as it was read last, and what it says. Comparing two texts is cheaper than
hashing one for a cache by text.
"""


def of_row(row: Row) -> Pool:
    """A pool from the columns of `pools`, in their order."""
    return Pool(row[0], row[1], row[2], settings_of(row[0], row[3]), row[4], row[5])


def settings_of(pool_id: str, text: str) -> PoolSettings:
    """A pool's settings from their text."""
    known = _decoded.get(pool_id)
    if known is not None and known[0] == text:
        return known[1]
    settings = decode_pool(text)
    if len(_decoded) >= _MOST_DECODED:
        _decoded.clear()
    _decoded[pool_id] = (text, settings)
    return settings


def missing(pool_id: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"User pool {pool_id} does not exist.")


async def find(tx: Transaction, pool_id: str) -> Pool | None:
    row = await tx.one(_GET, {"pool_id": pool_id})
    return None if row is None else of_row(row)


async def get(tx: Transaction, pool_id: str) -> Pool:
    """Raises ResourceNotFoundException."""
    return await _get(tx, _GET, pool_id)


async def keep(tx: Transaction, pool_id: str) -> Pool:
    """Like `get`; nobody can remove the pool before the end of the block. For what is put into it."""
    return await _get(tx, _KEEP, pool_id)


async def lock(tx: Transaction, pool_id: str) -> Pool:
    """Like `keep`, for one block at a time. For what is counted first."""
    return await _get(tx, _LOCK, pool_id)


async def _get(tx: Transaction, statement: Statement, pool_id: str) -> Pool:
    row = await tx.one(statement, {"pool_id": pool_id})
    if row is None:
        raise missing(pool_id)
    return of_row(row)


async def add(tx: Transaction, pool: Pool) -> None:
    await tx.run(
        _ADD,
        {
            "id": pool.id,
            "region": pool.region,
            "name": pool.name,
            "settings": encode(pool.settings),
            "created": pool.created,
            "modified": pool.modified,
        },
    )


async def remove(tx: Transaction, pool_id: str, *, at_once: int = AT_ONCE) -> None:
    """With everything in it. Where that is much, it is gone for everybody now, and its rows go later: see `removal`."""
    if await count_users(tx, pool_id) <= at_once:
        await tx.run(_REMOVE, {"pool_id": pool_id})
        return
    for statement in _HIDDEN_WITH:
        await tx.run(statement, {"pool_id": pool_id})
    await tx.run(_HIDE, {"pool": pool_id})


async def list_(tx: Transaction, region: str, after: str, limit: int) -> list[Pool]:
    """Pools of a region by id, those behind `after`; "" is the beginning."""
    rows = await tx.all(_PAGE, {"region": region, "after": after, "limit": limit})
    return [of_row(row) for row in rows]


async def count_users(tx: Transaction, pool_id: str) -> int:
    row = await tx.one(_COUNT_USERS, {"pool_id": pool_id})
    return int(row[0]) if row else 0


async def add_key(tx: Transaction, key: StoredKey) -> None:
    await tx.run(_ADD_KEY, key._asdict())


async def keys(tx: Transaction, pool_id: str) -> list[StoredKey]:
    """Every key of a pool: by use, the newest of each use first."""
    return [StoredKey._make(row) for row in await tx.all(_KEYS, {"pool_id": pool_id})]


async def kids(tx: Transaction, pool_id: str) -> list[str]:
    """The ids of the keys, in the same order."""
    return [str(row[0]) for row in await tx.all(_KIDS, {"pool_id": pool_id})]


async def remove_older_keys(tx: Transaction, pool_id: str, created: int) -> int:
    """Every key of a pool that was made before that time; how many went."""
    return await tx.run(_REMOVE_OLDER, {"pool_id": pool_id, "created": created})


async def remove_replaced_keys(tx: Transaction, before: int) -> int:
    """Those that a newer key of the same use took over from before that time; how many went."""
    return await tx.run(_REMOVE_KEYS, {"before": before})


async def change(tx: Transaction, pool: Pool) -> None:
    """Write the name and the settings of an existing pool."""
    values = {"pool": pool.id, "name": pool.name, "settings": encode(pool.settings)}
    await tx.run(_CHANGE, values | {"modified": pool.modified})
