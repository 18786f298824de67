"""A pool's signing keys: which one signs, and how another takes over: in turn, while the tokens of the old one still
verify, or now, when a key may be in the wrong hands.
"""

import asyncio
from collections.abc import Sequence
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
REPLACE: Final = "ReplaceSigningKeys"
MOST_KEYS: Final = 8
"""Of one use. Clients keep what they fetched, so a pool's key set must stay small."""


class RotateSigningKeys(msgspec.Struct, frozen=True):
    """What the audit trail is told; AWS has no such operation."""

    UserPoolId: str


class ReplaceSigningKeys(RotateSigningKeys, frozen=True):
    """The same of a replacement without any delay."""


REPLACEMENT: Final = (
    "Two new keys are made, one for access tokens and one for ID tokens, and sign from now on.",
    "Every older key is deleted. Every server of this backend refuses the tokens of those within a second.",
    "All access and ID tokens that are out there stop working.",
    "Refresh tokens stay good: apps get new tokens with them, and nobody has to sign in again.",
    "Whoever verifies tokens himself takes old ones until he fetches the key set again, as he should in five minutes.",
    "AWS credentials that the identity pool gave for an old token work until they expire, after an hour at most.",
)
"""What `replace` does, sentence by sentence, for whoever is asked whether to do it."""


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
    ctx.operation, ctx.request = OPERATION, RotateSigningKeys(pool_id)
    return await _renewed(ctx, pool_id, keeps_old=True)


async def replace(ctx: Call, pool_id: str) -> list[Key]:
    """Two new keys sign from now on, and there are no others: within a second no server takes a token of an old one.

    Raises AccessDeniedException for anybody but the operator, and ResourceNotFoundException.
    """
    ctx.operation, ctx.request = REPLACE, ReplaceSigningKeys(pool_id)
    return await _renewed(ctx, pool_id, keeps_old=False)


async def _renewed(ctx: Call, pool_id: str, *, keeps_old: bool) -> list[Key]:
    if not isinstance(ctx.principal, Root):
        raise AccessDeniedException("Only the operator changes signing keys.")
    services, ctx.rule = ctx.services, "root"
    new = services.compute
    id_key, access_key = await asyncio.gather(new(SigningKey.generate), new(SigningKey.generate))
    async with services.database.write() as tx:
        await pools.lock(tx, pool_id)
        before = await pools.keys(tx, pool_id)
        if keeps_old:
            _check_room(before)
        # Behind every other one, whatever the clock of the process that made it said.
        now = max([ctx.now, *(key.created + 1 for key in before)])
        for key in stored_keys(services.vault, pool_id, id_key, access_key, now):
            await pools.add_key(tx, key)
        if not keeps_old:
            await pools.remove_older_keys(tx, pool_id, now)
        await audit.record(tx, ctx)
        made = await _listed(tx, pool_id)
    signing_keys.forget(pool_id)
    return made


def _check_room(before: Sequence[StoredKey]) -> None:
    if max(sum(key.use == use for key in before) for use in ("id", "access")) >= MOST_KEYS:
        raise LimitExceededException(
            f"The pool has {MOST_KEYS} keys of one use, whose tokens are still good. Rotate again tomorrow."
        )


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
