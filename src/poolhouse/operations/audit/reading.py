"""The trail for those who read it: events, the newest first, and counts by the hour."""

from dataclasses import dataclass
from typing import Any

import msgspec

from poolhouse.operations.context import Services
from poolhouse.store import audit
from poolhouse.store.audit import Hour, Row

from .background import flush

__all__ = ["Event", "Hour", "event", "events", "hours"]


@dataclass(frozen=True, slots=True)
class Event:
    """One record; `at` is epoch microseconds, `seq` its place in the chain, None for a moment after it was written."""

    id: int
    at: int
    pool_id: str
    kind: str
    operation: str
    actor: str
    subject: str
    result: str
    body: dict[str, Any]
    seq: int | None


def event(row: Row) -> Event:
    return Event(*row[:8], msgspec.json.decode(row.body), row.seq)


async def events(
    services: Services,
    *,
    pool_id: str = "",
    subject: str = "",
    actor: str = "",
    kind: str = "",
    operation: str = "",
    result: str = "",
    but: str = "",
    nor: str = "",
    since: int = 0,
    until: int = 0,
    after: int = 0,
    before: int = 0,
    limit: int = 50,
) -> list[Event]:
    """The newest first. `before` is the id of the last one of the page before, `after` that of the newest one seen.

    `but` and `nor` are results that are left out. `since` and `until` are epoch microseconds, the latter not included.
    """
    await flush(services)
    filters = {"pool_id": pool_id, "subject": subject, "actor": actor, "kind": kind}
    filters |= {"operation": operation, "result": result, "but": but, "nor": nor}
    bounds = {"since": since, "until": until, "after": after, "before": before}
    async with services.database.read() as tx:
        return [event(row) for row in await audit.page(tx, {**filters, **bounds}, limit)]


async def hours(services: Services, pool_id: str, since_hour: int) -> list[Hour]:
    """How often what happened in a pool since an hour (epoch hours); what belongs to no pool has the pool id ""."""
    async with services.database.read() as tx:
        return await audit.hours(tx, pool_id, since_hour)
