"""The chain: every row is bound to the one before it, and the end of it is sealed apart from the rows.

Rows that were written loose are linked here, by one process at a time.
"""

from collections import Counter
from hmac import compare_digest
from typing import Final

from poolhouse import telemetry
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.operations.context import Services
from poolhouse.store import audit, backend
from poolhouse.store.audit import HEAD, Link, Row
from poolhouse.store.database import Database, Transaction

from .seals import Head, chained, count, opened_head, seal, sealed_head

BATCH: Final = 200


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
        head = opened_head(vault, await backend.fact(tx, HEAD))
    except BrokenSeal:
        telemetry.log.error("the end of the audit trail is not what was sealed; nothing is linked to it")
        raise
    links: list[Link] = []
    counted: Counter[tuple[str, int, str, str]] = Counter()
    for row in rows:
        if not is_sealed(vault, row):
            telemetry.log.error("an audit record was changed before it was linked", id=row.id)
        place = head.seq + 1
        head = Head(place, chained(vault, head.hash, row, place))
        links.append(Link(row.id, *head))
        count(counted, row.said)
    await audit.link(tx, links)
    await audit.count(tx, counted)
    await backend.set_fact(tx, HEAD, sealed_head(vault, head))
    return len(rows)


def is_sealed(vault: Vault, row: Row) -> bool:
    """Whether the row says what it said when it was written."""
    return compare_digest(row.mac, seal(vault, row.said))
