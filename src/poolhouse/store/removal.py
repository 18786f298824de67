"""What was deleted with a great deal hanging on it: its rows go a few at a time, so that nobody waits for them.

The deletion itself is one small commit, after which no request finds the group or the pool. A group with many members
then belongs to no pool, and a pool with many users to no region. A process that dies meanwhile leaves the rest to the
next one.
"""

from typing import Final

from sqlalchemy import bindparam, delete, select

from .database import Transaction
from .pools import REMOVED
from .schema import groups, import_jobs, import_rows, memberships, pools, users
from .statement import Statement

MOST: Final = 400
"""Rows that one round deletes at most; a user counts for eight, since so much hangs on him."""
_LEAST: Final = 40
_AIM_SECONDS: Final = 0.05

# Another process that works on the same one is not waited for.
_GROUP = Statement(
    select(groups.c.id).where(groups.c.pool_id == REMOVED).limit(1).with_for_update(skip_locked=True, of=groups)
)
_POOL = Statement(
    select(pools.c.id)
    .where(pools.c.region == REMOVED, pools.c.id != REMOVED)
    .limit(1)
    .with_for_update(skip_locked=True, of=pools)
)
_some_members = (
    select(memberships.c.user_id).where(memberships.c.group_id == bindparam("group_id")).limit(bindparam("most"))
)
_REMOVE_MEMBERS = Statement(
    delete(memberships).where(
        memberships.c.group_id == bindparam("group_id"), memberships.c.user_id.in_(_some_members.scalar_subquery())
    )
)
_REMOVE_GROUP = Statement(delete(groups).where(groups.c.id == bindparam("group_id")))
_some_users = select(users.c.id).where(users.c.pool_id == bindparam("pool_id")).limit(bindparam("most"))
_REMOVE_USERS = Statement(delete(users).where(users.c.id.in_(_some_users.scalar_subquery())))
_JOB = Statement(select(import_jobs.c.id).where(import_jobs.c.pool_id == bindparam("pool_id")).limit(1))
_some_rows = select(import_rows.c.line).where(import_rows.c.job_id == bindparam("job")).limit(bindparam("most"))
_REMOVE_ROWS = Statement(
    delete(import_rows).where(
        import_rows.c.job_id == bindparam("job"), import_rows.c.line.in_(_some_rows.scalar_subquery())
    )
)
_REMOVE_JOB = Statement(delete(import_jobs).where(import_jobs.c.id == bindparam("job")))
_REMOVE_POOL = Statement(delete(pools).where(pools.c.id == bindparam("pool_id")))


class Pace:
    """How many rows a round deletes. Somebody else's write waits for the round that it meets, so that the one after a
    slow round is smaller.
    """

    __slots__ = ("most",)

    def __init__(self, most: int = MOST) -> None:
        self.most = most

    def took(self, seconds: float) -> None:
        """With its commit. After a slow round comes a smaller one at once, after a quick one a little larger one."""
        if seconds > _AIM_SECONDS:
            self.most = max(_LEAST, int(self.most * max(0.25, _AIM_SECONDS / seconds)))
        elif seconds < _AIM_SECONDS / 2:
            self.most = min(MOST, self.most * 5 // 4)


async def go_on(tx: Transaction, most: int = MOST) -> int:
    """Delete a few rows of what was deleted; the number of them, 0 when nothing is left."""
    group = await tx.one(_GROUP, {})
    if group is not None:
        return await _members(tx, group[0], most)
    pool = await tx.one(_POOL, {})
    return 0 if pool is None else await _users(tx, str(pool[0]), most)


async def _members(tx: Transaction, group_id: int, most: int) -> int:
    removed = await tx.run(_REMOVE_MEMBERS, {"group_id": group_id, "most": most})
    return removed or await tx.run(_REMOVE_GROUP, {"group_id": group_id})


async def _users(tx: Transaction, pool_id: str, most: int) -> int:
    removed = await tx.run(_REMOVE_USERS, {"pool_id": pool_id, "most": max(1, most // 8)})
    if removed:
        return removed
    job = await tx.one(_JOB, {"pool_id": pool_id})
    if job is None:
        return await tx.run(_REMOVE_POOL, {"pool_id": pool_id})
    removed = await tx.run(_REMOVE_ROWS, {"job": job[0], "most": most})
    return removed or await tx.run(_REMOVE_JOB, {"job": job[0]})
