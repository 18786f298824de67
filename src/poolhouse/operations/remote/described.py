"""A pool at AWS as the row that a pool of ours would have: what the console's pages ask a pool for."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from poolhouse.errors import AwsUnreachable
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PoolSettings, decode_pool

from .pool import RemotePool

_MEMBERS: Final = (
    "AliasAttributes",
    "AutoVerifiedAttributes",
    "DeviceConfiguration",
    "LambdaConfig",
    "MfaConfiguration",
    "UsernameAttributes",
)
_SECOND: Final = 1_000_000


def stand_in(pool: RemotePool) -> Pool:
    """What is known without asking AWS."""
    return Pool(pool.id, pool.reference.region, pool.id, PoolSettings(), 0, 0)


def row(pool: RemotePool, described: Mapping[str, Any]) -> Pool:
    """Of DescribeUserPool's answer, with times as epoch seconds. Raises AwsUnreachable for one that cannot be read."""
    settings = {name: described[name] for name in _MEMBERS if name in described}
    settings["Schema"] = described.get("SchemaAttributes", [])
    try:
        known = decode_pool(msgspec.json.encode(settings).decode())
    except msgspec.ValidationError as error:
        text = f"AWS describes {pool.id} in a way that this version of Poolhouse cannot read: {error}."
        raise AwsUnreachable(text) from error
    made, changed = (int(described.get(name, 0) * _SECOND) for name in ("CreationDate", "LastModifiedDate"))
    return Pool(pool.id, pool.reference.region, str(described.get("Name", pool.id)), known, made, changed)
