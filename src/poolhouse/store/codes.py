"""One-time codes, kept as digests: one per user and purpose, so that a new one replaces the old one."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select

from .database import Transaction
from .schema import codes
from .statement import InsertBuilder, Statement


class Code(NamedTuple):
    """A row of `codes`. The code went to `destination`, which is the value of `attribute` or to become it."""

    user_id: int
    purpose: str
    digest: bytes
    attribute: str
    destination: str
    expires: int
    created: int


def _put(insert: InsertBuilder) -> Any:
    first = insert(codes).values({name: bindparam(name) for name in Code._fields})
    changed = {name: first.excluded[name] for name in Code._fields[2:]}
    return first.on_conflict_do_update(index_elements=[codes.c.user_id, codes.c.purpose], set_=changed)


_PUT = Statement(_put)
_FIND = Statement(select(codes).where(codes.c.user_id == bindparam("user"), codes.c.purpose == bindparam("purpose")))
_USE = Statement(
    delete(codes).where(
        codes.c.user_id == bindparam("user"),
        codes.c.purpose == bindparam("purpose"),
        codes.c.digest == bindparam("digest"),
    )
)
_REMOVE = Statement(delete(codes).where(codes.c.user_id == bindparam("user"), codes.c.purpose == bindparam("purpose")))


async def put(tx: Transaction, code: Code) -> None:
    await tx.run(_PUT, code._asdict())


async def find(tx: Transaction, user_id: int, purpose: str) -> Code | None:
    row = await tx.one(_FIND, {"user": user_id, "purpose": purpose})
    return None if row is None else Code._make(row)


async def use(tx: Transaction, code: Code) -> bool:
    """True for the one caller who takes this very code away."""
    return await tx.run(_USE, {"user": code.user_id, "purpose": code.purpose, "digest": code.digest}) == 1


async def remove(tx: Transaction, user_id: int, purpose: str) -> None:
    await tx.run(_REMOVE, {"user": user_id, "purpose": purpose})
