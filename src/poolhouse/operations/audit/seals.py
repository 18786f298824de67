"""What proves the trail: a row's own seal, its link to the row before, and the seal of the chain's end."""

from collections import Counter
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse.crypto.vault import Vault
from poolhouse.store.audit import HEAD, Said

START: Final = bytes(32)
"""What stands in the place of the hash before the first row."""
_ROW: Final = "audit-row"
_CHAIN: Final = "audit-chain"
_HOUR: Final = 3_600_000_000
_canonical = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[int, bytes])


class Head(NamedTuple):
    """The end of the chain."""

    seq: int
    hash: bytes


def sealed_head(vault: Vault, head: Head) -> bytes:
    return vault.seal(HEAD, _canonical.encode(tuple(head)))


def opened_head(vault: Vault, sealed: bytes | None) -> Head:
    """Raises BrokenSeal."""
    if sealed is None:
        return Head(0, START)
    return Head(*_decoder.decode(vault.open(HEAD, sealed)))


def seal(vault: Vault, said: tuple[Any, ...]) -> bytes:
    """Of the columns from `at` to `body`."""
    return vault.digest(_ROW, _canonical.encode(said))


def chained(vault: Vault, before: bytes, row: tuple[Any, ...], seq: int) -> bytes:
    """The hash of a row's columns from `id` to `mac`, at the place `seq`, behind the row with the hash `before`."""
    return vault.digest(_CHAIN, before + _canonical.encode((seq, *row[:10])))


def count(counted: Counter[tuple[str, int, str, str]], said: Said) -> None:
    """Add a row to the counts of (pool_id, hour, kind, result)."""
    at, pool_id, kind, _operation, _actor, _subject, result, body = said
    counted[pool_id, at // _HOUR, kind, result] += _times(body)


def _times(body: str) -> int:
    """How many events a row stands for."""
    if '"repeated":' not in body:
        return 1
    repeated: Any = msgspec.json.decode(body).get("repeated", 1)
    return repeated if isinstance(repeated, int) else 1
