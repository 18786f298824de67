"""The values behind `secret("NAME")`, sealed."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select

from .database import Transaction
from .schema import secrets
from .statement import InsertBuilder, Statement


class Secret(NamedTuple):
    """A row of `secrets`; `value` is sealed."""

    name: str
    version: int
    value: bytes
    modified: int


def _put(insert: InsertBuilder) -> Any:
    statement = insert(secrets).values(
        name=bindparam("name"), version=1, value=bindparam("value"), modified=bindparam("modified")
    )
    changes = {
        "version": secrets.c.version + 1,
        "value": statement.excluded.value,
        "modified": statement.excluded.modified,
    }
    return statement.on_conflict_do_update(index_elements=["name"], set_=changes).returning(secrets.c.version)


_PUT = Statement(_put)
_FIND = Statement(select(secrets).where(secrets.c.name == bindparam("name")))
_LIST = Statement(select(secrets).order_by(secrets.c.name))
_REMOVE = Statement(delete(secrets).where(secrets.c.name == bindparam("name")))


async def put(tx: Transaction, name: str, value: bytes, now: int) -> int:
    """Store a new version and return its number."""
    row = await tx.one(_PUT, {"name": name, "value": value, "modified": now})
    assert row is not None
    return int(row[0])


async def find(tx: Transaction, name: str) -> Secret | None:
    row = await tx.one(_FIND, {"name": name})
    return None if row is None else Secret._make(row)


async def every(tx: Transaction) -> list[Secret]:
    """All of them, by name."""
    return [Secret._make(row) for row in await tx.all(_LIST, {})]


async def remove(tx: Transaction, name: str) -> bool:
    return await tx.run(_REMOVE, {"name": name}) == 1
