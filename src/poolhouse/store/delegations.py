"""Which pools delegate their administration, and what the decision needs to know about their groups."""

from sqlalchemy import bindparam, delete, exists, select

from .database import Transaction
from .schema import delegations, groups, memberships, users
from .statement import Statement

_GET = Statement(select(delegations.c.rules).where(delegations.c.pool_id == bindparam("pool_id")))
_PUT = Statement(
    lambda dialect_insert: (
        row := dialect_insert(delegations).values(
            pool_id=bindparam("pool_id"), rules=bindparam("rules"), modified=bindparam("now")
        )
    ).on_conflict_do_update(
        index_elements=["pool_id"], set_={"rules": row.excluded.rules, "modified": row.excluded.modified}
    )
)
_REMOVE = Statement(delete(delegations).where(delegations.c.pool_id == bindparam("pool_id")))
# NO KEY UPDATE: two who take members away wait for each other on PostgreSQL; who adds one waits for nobody.
_LOCK = Statement(
    select(groups.c.id)
    .where(groups.c.pool_id == bindparam("pool_id"), groups.c.name == bindparam("name"))
    .with_for_update(key_share=True)
)
_IS_KEPT = Statement(
    select(memberships.c.user_id)
    .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
    .where(memberships.c.group_id == bindparam("group_id"), memberships.c.user_id != bindparam("user_id"))
    .where(users.c.enabled == 1)
    .limit(1)
)
_theirs = memberships.alias("theirs")
_STRONGER = Statement(
    select(memberships.c.user_id)
    .where(memberships.c.group_id == bindparam("group_id"))
    .where(
        exists(
            select(_theirs.c.group_id)
            .select_from(_theirs.join(groups, groups.c.id == _theirs.c.group_id))
            .where(_theirs.c.user_id == memberships.c.user_id)
            .where(groups.c.precedence < bindparam("strength"))
        )
    )
    .limit(1)
)


async def find(tx: Transaction, pool_id: str) -> str | None:
    """The rules as JSON text; None for a pool that delegates nothing."""
    row = await tx.one(_GET, {"pool_id": pool_id})
    return None if row is None else str(row[0])


async def put(tx: Transaction, pool_id: str, rules: str, now: int) -> None:
    await tx.run(_PUT, {"pool_id": pool_id, "rules": rules, "now": now})


async def remove(tx: Transaction, pool_id: str) -> None:
    await tx.run(_REMOVE, {"pool_id": pool_id})


async def lock(tx: Transaction, pool_id: str, names: tuple[str, ...]) -> None:
    """Make everybody else who calls this for one of the groups wait for the end of the write block."""
    for name in sorted(names):
        await tx.one(_LOCK, {"pool_id": pool_id, "name": name})


async def is_last(tx: Transaction, group_id: int, user_id: int) -> bool:
    """Whether no enabled user but this one is a member."""
    return await tx.one(_IS_KEPT, {"group_id": group_id, "user_id": user_id}) is None


async def has_stronger_member(tx: Transaction, group_id: int, strength: int) -> bool:
    """Whether a member has a group of lower precedence than `strength`."""
    return await tx.one(_STRONGER, {"group_id": group_id, "strength": strength}) is not None
