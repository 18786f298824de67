"""Which sealed sessions and secret blocks were used. Their content is not kept anywhere."""

from typing import Any

from sqlalchemy import bindparam, delete, select

from .database import Transaction
from .schema import used_sessions
from .statement import InsertBuilder, Statement


def _use(insert: InsertBuilder) -> Any:
    return insert(used_sessions).values(id=bindparam("id"), expires=bindparam("expires")).on_conflict_do_nothing()


_USE = Statement(_use)
_FIND = Statement(select(used_sessions.c.id).where(used_sessions.c.id == bindparam("id")))
_EXPIRED = select(used_sessions.c.id).where(used_sessions.c.expires < bindparam("now")).limit(bindparam("most"))
_REMOVE_EXPIRED = Statement(delete(used_sessions).where(used_sessions.c.id.in_(_EXPIRED.scalar_subquery())))


async def use(tx: Transaction, nonce: str, expires: int) -> bool:
    """True for the first caller only. `expires` says from when on the seal itself is too old."""
    return await tx.run(_USE, {"id": nonce, "expires": expires}) == 1


async def is_used(tx: Transaction, nonce: str) -> bool:
    return await tx.one(_FIND, {"id": nonce}) is not None


async def remove_expired(tx: Transaction, now: int, most: int = 500) -> int:
    """Forget at most `most` sessions that are refused for their age anyway; the number of them."""
    return await tx.run(_REMOVE_EXPIRED, {"now": now, "most": most})
