"""Roles and their policies. A role's `modified` time is its revision: it changes with every change of policy."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select

from .database import Transaction
from .schema import roles
from .statement import InsertBuilder, Statement


class Role(NamedTuple):
    """A row of `roles`; `trust` is a JSON document, `policies` a JSON list of documents."""

    arn: str
    name: str
    owner: str
    trust: str
    policies: str
    modified: int


def _put(insert: InsertBuilder) -> Any:
    statement = insert(roles).values({name: bindparam(name) for name in Role._fields})
    changes = {name: statement.excluded[name] for name in Role._fields if name != "arn"}
    return statement.on_conflict_do_update(index_elements=["arn"], set_=changes)


_PUT = Statement(_put)
_FIND = Statement(select(roles).where(roles.c.arn == bindparam("arn")))
_OWNED = Statement(select(roles).where(roles.c.owner == bindparam("owner")).order_by(roles.c.arn))
_REMOVE = Statement(delete(roles).where(roles.c.arn == bindparam("arn")))


async def find(tx: Transaction, arn: str) -> Role | None:
    row = await tx.one(_FIND, {"arn": arn})
    return None if row is None else Role._make(row)


async def owned(tx: Transaction, owner: str) -> list[Role]:
    """The roles that one backend made."""
    return [Role._make(row) for row in await tx.all(_OWNED, {"owner": owner})]


async def put(tx: Transaction, role: Role) -> None:
    """Make the role, or replace what it was."""
    await tx.run(_PUT, role._asdict())


async def remove(tx: Transaction, arn: str) -> None:
    await tx.run(_REMOVE, {"arn": arn})
