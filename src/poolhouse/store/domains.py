"""The domains under which pools want their sign-in pages. A domain belongs to one pool, and nobody else can take it."""

from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.json import Decoder, encode
from sqlalchemy import bindparam, delete, select, update

from .database import Row, Transaction
from .schema import domains
from .statement import Statement

Kind = Literal["prefix"]


class DomainSettings(Struct, frozen=True):
    """In AWS's member names."""

    ManagedLoginVersion: int = 1


class Domain(NamedTuple):
    """A row of `domains` with its settings decoded."""

    domain: str
    pool_id: str
    kind: Kind
    settings: DomainSettings
    created: int


_decoder = Decoder(DomainSettings)
_GET = Statement(select(domains).where(domains.c.domain == bindparam("domain")))
_OF_POOL = Statement(select(domains).where(domains.c.pool_id == bindparam("pool_id"), domains.c.kind == "prefix"))
_ADD = Statement(
    lambda dialect_insert: (
        dialect_insert(domains)
        .values({column.name: bindparam(column.name) for column in domains.c})
        .on_conflict_do_nothing()
    )
)
_CHANGE = Statement(update(domains).where(domains.c.domain == bindparam("name")).values(settings=bindparam("settings")))
_REMOVE = Statement(delete(domains).where(domains.c.domain == bindparam("domain")))


def _of_row(row: Row) -> Domain:
    return Domain(row[0], row[1], row[2], _decoder.decode(row[3]), row[4])


async def find(tx: Transaction, domain: str) -> Domain | None:
    row = await tx.one(_GET, {"domain": domain})
    return None if row is None else _of_row(row)


async def of_pool(tx: Transaction, pool_id: str) -> Domain | None:
    """The pool's own domain, if it has one."""
    row = await tx.one(_OF_POOL, {"pool_id": pool_id})
    return None if row is None else _of_row(row)


async def add(tx: Transaction, domain: Domain) -> bool:
    """Whether the domain was free and the pool had none."""
    return await tx.run(_ADD, domain._asdict() | {"settings": encode(domain.settings).decode()}) == 1


async def change(tx: Transaction, domain: Domain) -> None:
    """Write the settings of an existing domain."""
    await tx.run(_CHANGE, {"name": domain.domain, "settings": encode(domain.settings).decode()})


async def remove(tx: Transaction, domain: str) -> None:
    await tx.run(_REMOVE, {"domain": domain})
