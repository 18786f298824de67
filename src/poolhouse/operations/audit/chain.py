"""The chain: every row is bound to the one before it, and the end of it is sealed apart from the rows.

Rows are written loose, so that no action waits for another, and linked a moment later by one process at a time.
"""

from collections import Counter
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse import telemetry
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.operations.context import Services
from poolhouse.store import audit, backend
from poolhouse.store.audit import HEAD, Link, Row
from poolhouse.store.database import Database, Transaction

from .rows import START, chained, is_sealed

BATCH: Final = 200
_HOUR: Final = 3_600_000_000
_decoder = msgspec.msgpack.Decoder(tuple[int, bytes])


class Head(NamedTuple):
    """The end of the chain."""

    seq: int
    hash: bytes


def sealed_head(vault: Vault, head: Head) -> bytes:
    return vault.seal(HEAD, msgspec.msgpack.encode(tuple(head)))


def opened_head(vault: Vault, sealed: bytes | None) -> Head:
    """Raises BrokenSeal."""
    if sealed is None:
        return Head(0, START)
    return Head(*_decoder.decode(vault.open(HEAD, sealed)))


async def link(services: Services) -> int:
    """Link what is loose, a batch at most; the number of rows."""
    return await link_rows(services.database, services.vault)


async def link_rows(database: Database, vault: Vault) -> int:
    """A look that costs nothing where there is nothing to do."""
    async with database.read() as tx:
        if not await audit.loose(tx, 1):
            return 0
    async with database.write() as tx:
        await audit.lock(tx)
        return await _link(tx, vault)


async def _link(tx: Transaction, vault: Vault) -> int:
    """The head is read behind the lock, so two processes never give one place twice."""
    rows = await audit.loose(tx, BATCH)
    if not rows:
        return 0
    try:
        seq, last = opened_head(vault, await backend.fact(tx, HEAD))
    except BrokenSeal:
        telemetry.log.error("the end of the audit trail is not what was sealed; nothing is linked to it")
        raise
    links: list[Link] = []
    for row in rows:
        if not is_sealed(vault, row):
            telemetry.log.error("an audit record was changed before it was linked", id=row.id)
        seq, last = seq + 1, chained(vault, last, row, seq + 1)
        links.append(Link(row.id, seq, last))
    await audit.link(tx, links)
    await audit.count(tx, _counted(rows))
    await backend.set_fact(tx, HEAD, sealed_head(vault, Head(seq, last)))
    return len(rows)


def _counted(rows: list[Row]) -> Counter[tuple[str, int, str, str]]:
    counted: Counter[tuple[str, int, str, str]] = Counter()
    for row in rows:
        counted[row.pool_id, row.at // _HOUR, row.kind, row.result] += _times(row.body)
    return counted


def _times(body: str) -> int:
    """How many events a row stands for."""
    if '"repeated":' not in body:
        return 1
    said: Any = msgspec.json.decode(body).get("repeated", 1)
    return said if isinstance(said, int) else 1
