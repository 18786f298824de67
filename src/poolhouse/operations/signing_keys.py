"""The keys that sign and verify a pool's tokens, decoded once and kept. Which tokens are made is not its matter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from poolhouse.crypto.tokens import PublicKey, SigningKey, UnknownKey, Unproved
from poolhouse.crypto.vault import Vault
from poolhouse.store import pools
from poolhouse.store.database import Transaction
from poolhouse.store.pools import KeyUse, StoredKey

SEAL: Final = "signing-key"
KEPT: Final = 25 * 3_600_000_000
"""How long a key that was replaced still verifies: the day that a token can live at most, and an hour."""

_MOST_POOLS: Final = 512
_FRESH: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class PoolKeys:
    """`signing` holds the newest key of each use, `verifying` every key of each use by kid, `kids` all of them as the
    store lists them; `read` is the time when that was so.
    """

    signing: Mapping[KeyUse, SigningKey]
    verifying: Mapping[KeyUse, Mapping[str, PublicKey]]
    kids: tuple[str, ...]
    read: int


# What another process made or took away is seen within a second; decoding keys again is what that spares.
_kept: dict[str, PoolKeys] = {}


async def of_pool(tx: Transaction, vault: Vault, pool_id: str, now: int) -> PoolKeys:
    """Raises ResourceNotFoundException for a pool without keys, which is a pool that does not exist."""
    kept = _kept.get(pool_id)
    if kept is not None and abs(now - kept.read) < _FRESH:
        return kept
    return await _read(tx, vault, pool_id, now)


async def proved(
    tx: Transaction, vault: Vault, pool_id: str, token: Unproved, use: KeyUse, now: int
) -> Mapping[str, Any]:
    """The claims of a token that the pool signed. A key that is not known yet may be another process's new one.

    Raises BadToken and ResourceNotFoundException.
    """
    keys = await of_pool(tx, vault, pool_id, now)
    try:
        return token.proved(keys.verifying[use])
    except UnknownKey:
        return token.proved((await _read(tx, vault, pool_id, now)).verifying[use])


def forget(pool_id: str) -> None:
    """Read the keys again at the next use, because they were changed here."""
    _kept.pop(pool_id, None)


async def _read(tx: Transaction, vault: Vault, pool_id: str, now: int) -> PoolKeys:
    kept = _kept.pop(pool_id, None)
    kids = tuple(await pools.kids(tx, pool_id))
    if kept is None or kept.kids != kids:
        rows = await pools.keys(tx, pool_id)
        if not rows:
            raise pools.missing(pool_id)
        kept = _load(vault, rows, now)
    if len(_kept) >= _MOST_POOLS:
        del _kept[next(iter(_kept))]
    _kept[pool_id] = kept = replace(kept, read=now)
    return kept


def _load(vault: Vault, rows: list[StoredKey], now: int) -> PoolKeys:
    """`rows` come with the newest of each use first."""
    signing: dict[KeyUse, SigningKey] = {}
    verifying: dict[KeyUse, dict[str, PublicKey]] = {"id": {}, "access": {}}
    for row in rows:
        key = SigningKey.from_bytes(vault.open(SEAL, row.private))
        signing.setdefault(row.use, key)
        verifying[row.use][row.kid] = key.public_key
    return PoolKeys(signing, verifying, tuple(row.kid for row in rows), now)
