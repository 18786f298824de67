"""New signing keys as rows: one for ID tokens, one for access tokens, the private halves sealed."""

import json

from poolhouse.crypto.tokens import SigningKey
from poolhouse.crypto.vault import Vault
from poolhouse.store.pools import KeyUse, StoredKey

from .signing_keys import SEAL


def stored_keys(
    vault: Vault, pool_id: str, id_key: SigningKey, access_key: SigningKey, now: int
) -> tuple[StoredKey, StoredKey]:
    """`now` is epoch microseconds."""
    return _stored(vault, pool_id, "id", id_key, now), _stored(vault, pool_id, "access", access_key, now)


def _stored(vault: Vault, pool_id: str, use: KeyUse, key: SigningKey, now: int) -> StoredKey:
    return StoredKey(key.kid, pool_id, use, json.dumps(key.public_jwk()), vault.seal(SEAL, key.to_bytes()), now)
