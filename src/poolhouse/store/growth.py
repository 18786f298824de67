"""Counts that look at indexes only: users whom a pool got in a time, its groups, and what waits in the outbox."""

from typing import NamedTuple

from sqlalchemy import BigInteger, bindparam, func, select

from .database import Transaction
from .schema import groups, outbox, users
from .statement import Statement


class Backlog(NamedTuple):
    """Messages that wait: how many, at most `MOST_WAITING`; the oldest's time; the most tries that one has had."""

    waiting: int
    oldest: int | None
    tries: int


MOST_WAITING = 10_000
_ADDED = Statement(
    select(func.count())
    .select_from(users)
    .where(
        users.c.pool_id == bindparam("pool_id"),
        users.c.created >= bindparam("since", type_=BigInteger),
        users.c.created < bindparam("until", type_=BigInteger),
    )
)
_GROUPS = Statement(select(func.count()).select_from(groups).where(groups.c.pool_id == bindparam("pool_id")))
_some = select(outbox.c.created, outbox.c.tries).limit(MOST_WAITING).subquery()
_BACKLOG = Statement(select(func.count(), func.min(_some.c.created), func.coalesce(func.max(_some.c.tries), 0)))


async def added(tx: Transaction, pool_id: str, since: int, until: int) -> int:
    """Users of the pool that were made from `since` on and before `until`, and are still there."""
    row = await tx.one(_ADDED, {"pool_id": pool_id, "since": since, "until": until})
    return int(row[0]) if row else 0


async def groups_of(tx: Transaction, pool_id: str) -> int:
    """How many groups the pool has."""
    row = await tx.one(_GROUPS, {"pool_id": pool_id})
    return int(row[0]) if row else 0


async def backlog(tx: Transaction) -> Backlog:
    """Of all pools together."""
    row = await tx.one(_BACKLOG, {})
    return Backlog(*row) if row else Backlog(0, None, 0)
