"""The keys that sign and verify a pool's tokens, decoded once and kept. Which tokens are made is not its matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from poolhouse.crypto.tokens import PublicKey, SigningKey
from poolhouse.crypto.vault import Vault
from poolhouse.store import pools
from poolhouse.store.database import Transaction
from poolhouse.store.pools import KeyUse, StoredKey

SEAL: Final = "signing-key"
_MOST_POOLS: Final = 512
_FRESH: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class PoolKeys:
    """`signing` holds the newest key of each use, `verifying` every key of each use by kid, `read` the time."""

    signing: Mapping[KeyUse, SigningKey]
    verifying: Mapping[KeyUse, Mapping[str, PublicKey]]
    read: int


# Pool ids are random and keys never change, so an entry can only become incomplete; that heals within a minute.
_kept: dict[str, PoolKeys] = {}


async def of_pool(tx: Transaction, vault: Vault, pool_id: str, now: int) -> PoolKeys:
    """Raises ResourceNotFoundException for a pool without keys, which is a pool that does not exist."""
    kept = _kept.get(pool_id)
    if kept is not None and abs(now - kept.read) < _FRESH:
        return kept
    rows = await pools.keys(tx, pool_id)
    if not rows:
        raise pools.missing(pool_id)
    loaded = _load(vault, rows, now)
    _kept.pop(pool_id, None)
    if len(_kept) >= _MOST_POOLS:
        del _kept[next(iter(_kept))]
    _kept[pool_id] = loaded
    return loaded


def _load(vault: Vault, rows: list[StoredKey], now: int) -> PoolKeys:
    """`rows` come with the newest of each use first."""
    signing: dict[KeyUse, SigningKey] = {}
    verifying: dict[KeyUse, dict[str, PublicKey]] = {"id": {}, "access": {}}
    for row in rows:
        key = SigningKey.from_bytes(vault.open(SEAL, row.private))
        signing.setdefault(row.use, key)
        verifying[row.use][row.kid] = key.public_key
    return PoolKeys(signing, verifying, now)
