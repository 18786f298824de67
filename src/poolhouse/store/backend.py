"""What a Manifest's resources became, and facts about the database itself."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select

from .database import Transaction
from .schema import backend_resources, facts
from .statement import InsertBuilder, Statement


class Resource(NamedTuple):
    """A row of `backend_resources`: the `name`d resource of a `kind` became `resource_id`; `document` was applied."""

    backend: str
    kind: str
    name: str
    resource_id: str
    document: str
    modified: int


def _put(insert: InsertBuilder) -> Any:
    statement = insert(backend_resources).values({name: bindparam(name) for name in Resource._fields})
    changes = {name: statement.excluded[name] for name in ("resource_id", "document", "modified")}
    return statement.on_conflict_do_update(index_elements=["backend", "kind", "name"], set_=changes)


def _add_fact(insert: InsertBuilder) -> Any:
    return insert(facts).values(name=bindparam("name"), value=bindparam("value")).on_conflict_do_nothing()


def _touch_fact(insert: InsertBuilder) -> Any:
    statement = insert(facts).values(name=bindparam("name"), value=bindparam("value"))
    return statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})


_OF_BACKEND = Statement(
    select(backend_resources)
    .where(backend_resources.c.backend == bindparam("backend"))
    .order_by(backend_resources.c.kind, backend_resources.c.name)
)
_OF_ID = Statement(select(backend_resources).where(backend_resources.c.resource_id == bindparam("resource_id")))
_OF_KIND = Statement(
    select(backend_resources)
    .where(backend_resources.c.kind == bindparam("kind"))
    .order_by(backend_resources.c.backend, backend_resources.c.name)
)
_PUT = Statement(_put)
_REMOVE = Statement(
    delete(backend_resources).where(
        backend_resources.c.backend == bindparam("backend"),
        backend_resources.c.kind == bindparam("kind"),
        backend_resources.c.name == bindparam("name"),
    )
)
_FACT = Statement(select(facts.c.value).where(facts.c.name == bindparam("name")))
_ADD_FACT = Statement(_add_fact)
_TOUCH_FACT = Statement(_touch_fact)


async def resources(tx: Transaction, backend: str) -> list[Resource]:
    return [Resource._make(row) for row in await tx.all(_OF_BACKEND, {"backend": backend})]


async def of_id(tx: Transaction, resource_id: str) -> list[Resource]:
    """What definitions, of any backend, made of this id. Groups have the id of their pool."""
    return [Resource._make(row) for row in await tx.all(_OF_ID, {"resource_id": resource_id})]


async def of_kind(tx: Transaction, kind: str) -> list[Resource]:
    """Of every backend that has one."""
    return [Resource._make(row) for row in await tx.all(_OF_KIND, {"kind": kind})]


async def put(tx: Transaction, resource: Resource) -> None:
    await tx.run(_PUT, resource._asdict())


async def remove(tx: Transaction, resource: Resource) -> None:
    await tx.run(_REMOVE, {"backend": resource.backend, "kind": resource.kind, "name": resource.name})


async def fact(tx: Transaction, name: str) -> bytes | None:
    row = await tx.one(_FACT, {"name": name})
    return None if row is None else bytes(row[0])


async def add_fact(tx: Transaction, name: str, value: bytes) -> None:
    """Note a fact unless it is known already."""
    await tx.run(_ADD_FACT, {"name": name, "value": value})


async def set_fact(tx: Transaction, name: str, value: bytes) -> None:
    """Note a fact in place of what was noted before."""
    await tx.run(_TOUCH_FACT, {"name": name, "value": value})


async def lock(tx: Transaction, backend: str) -> None:
    """Make every other process that wants to change this backend wait for the end of this transaction."""
    await tx.run(_TOUCH_FACT, {"name": f"lock:{backend}", "value": b""})
