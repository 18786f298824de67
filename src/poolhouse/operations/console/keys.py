"""A pool's signing keys: which one signs, and how another takes over while the tokens of the old one still verify."""

import asyncio
from typing import Final, NamedTuple

import msgspec

from poolhouse.access.principals import Root
from poolhouse.crypto.tokens import SigningKey
from poolhouse.errors import AccessDeniedException, LimitExceededException
from poolhouse.operations import audit, signing_keys
from poolhouse.operations._signing import stored_keys
from poolhouse.operations.context import Call, Services
from poolhouse.store import pools
from poolhouse.store.database import Transaction
from poolhouse.store.pools import KeyUse, StoredKey

OPERATION: Final = "RotateSigningKeys"
MOST_KEYS: Final = 8
"""Of one use. Clients keep what they fetched, so a pool's key set must stay small."""


class RotateSigningKeys(msgspec.Struct, frozen=True):
    """What the audit trail is told; AWS has no such operation."""

    UserPoolId: str


class Key(NamedTuple):
    """`created` and `until` are epoch microseconds; a key that signs has no end."""

    kid: str
    use: KeyUse
    created: int
    signs: bool
    until: int | None


async def of_pool(services: Services, pool_id: str) -> list[Key]:
    """By use, the one that signs first. Raises ResourceNotFoundException."""
    async with services.database.read() as tx:
        return await _listed(tx, pool_id)


async def rotate(ctx: Call, pool_id: str) -> list[Key]:
    """Two new keys sign from now on, one for each use. The old ones verify until no token of theirs can live.

    Raises AccessDeniedException for anybody but the operator, ResourceNotFoundException and LimitExceededException.
    """
    if not isinstance(ctx.principal, Root):
        raise AccessDeniedException("Only the operator changes signing keys.")
    services = ctx.services
    ctx.operation, ctx.rule, ctx.request = OPERATION, "root", RotateSigningKeys(pool_id)
    new = services.compute
    id_key, access_key = await asyncio.gather(new(SigningKey.generate), new(SigningKey.generate))
    async with services.database.write() as tx:
        await pools.lock(tx, pool_id)
        before = await pools.keys(tx, pool_id)
        if max(sum(key.use == use for key in before) for use in ("id", "access")) >= MOST_KEYS:
            raise LimitExceededException(
                f"The pool has {MOST_KEYS} keys of one use, whose tokens are still good. Rotate again tomorrow."
            )
        # Behind every other one, whatever the clock of the process that made it said.
        now = max([ctx.now, *(key.created + 1 for key in before)])
        for key in stored_keys(services.vault, pool_id, id_key, access_key, now):
            await pools.add_key(tx, key)
        await audit.record(tx, ctx)
        made = await _listed(tx, pool_id)
    signing_keys.forget(pool_id)
    return made


async def _listed(tx: Transaction, pool_id: str) -> list[Key]:
    rows = await pools.keys(tx, pool_id)
    if not rows:
        raise pools.missing(pool_id)
    return [_key(row, rows[place - 1] if place else None) for place, row in enumerate(rows)]


def _key(row: StoredKey, newer: StoredKey | None) -> Key:
    """`newer` is the row before it, which is of another use where this one signs."""
    if newer is None or newer.use != row.use:
        return Key(row.kid, row.use, row.created, signs=True, until=None)
    return Key(row.kid, row.use, row.created, signs=False, until=newer.created + signing_keys.KEPT)
