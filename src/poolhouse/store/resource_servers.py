"""Resource servers: the custom scopes of a pool. Which client may ask for them is the client's setting."""

from typing import NamedTuple

from msgspec import Struct
from msgspec.json import Decoder, encode
from sqlalchemy import bindparam, delete, func, select, update

from poolhouse.errors import ResourceNotFoundException

from .database import Row, Transaction
from .schema import resource_servers
from .statement import Statement


class Scope(Struct, frozen=True):
    """One custom scope; its full name is `<identifier>/<ScopeName>`."""

    ScopeName: str
    ScopeDescription: str


class ResourceServer(NamedTuple):
    """A row of `resource_servers` with its scopes decoded."""

    pool_id: str
    identifier: str
    name: str
    scopes: tuple[Scope, ...]


_decoder = Decoder(tuple[Scope, ...])
_OF_POOL = resource_servers.c.pool_id == bindparam("pool_id")
_OF_NAME = (_OF_POOL, resource_servers.c.identifier == bindparam("identifier"))
_GET = Statement(select(resource_servers).where(*_OF_NAME))
_ADD = Statement(
    lambda dialect_insert: (
        dialect_insert(resource_servers)
        .values({column.name: bindparam(column.name) for column in resource_servers.c})
        .on_conflict_do_nothing()
    )
)
_CHANGE = Statement(
    update(resource_servers)
    .where(resource_servers.c.pool_id == bindparam("pool"), resource_servers.c.identifier == bindparam("server"))
    .values(name=bindparam("name"), scopes=bindparam("scopes"))
)
_REMOVE = Statement(delete(resource_servers).where(*_OF_NAME))
_COUNT = Statement(select(func.count()).where(_OF_POOL))
_PAGE = Statement(
    select(resource_servers)
    .where(_OF_POOL, resource_servers.c.identifier > bindparam("after"))
    .order_by(resource_servers.c.identifier)
    .limit(bindparam("limit"))
)
_ALL = Statement(select(resource_servers).where(_OF_POOL).order_by(resource_servers.c.identifier))


def _of_row(row: Row) -> ResourceServer:
    return ResourceServer(row[0], row[1], row[2], _decoder.decode(row[3]))


def missing(identifier: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Resource server {identifier} does not exist.")


async def get(tx: Transaction, pool_id: str, identifier: str) -> ResourceServer:
    """Raises ResourceNotFoundException."""
    row = await tx.one(_GET, {"pool_id": pool_id, "identifier": identifier})
    if row is None:
        raise missing(identifier)
    return _of_row(row)


async def add(tx: Transaction, server: ResourceServer) -> bool:
    """Whether the identifier was free."""
    return await tx.run(_ADD, server._asdict() | {"scopes": encode(server.scopes).decode()}) == 1


async def change(tx: Transaction, server: ResourceServer) -> None:
    """Raises ResourceNotFoundException."""
    values = {"pool": server.pool_id, "server": server.identifier, "name": server.name}
    if not await tx.run(_CHANGE, values | {"scopes": encode(server.scopes).decode()}):
        raise missing(server.identifier)


async def remove(tx: Transaction, pool_id: str, identifier: str) -> None:
    """Raises ResourceNotFoundException."""
    if not await tx.run(_REMOVE, {"pool_id": pool_id, "identifier": identifier}):
        raise missing(identifier)


async def count(tx: Transaction, pool_id: str) -> int:
    row = await tx.one(_COUNT, {"pool_id": pool_id})
    return int(row[0]) if row else 0


async def list_(tx: Transaction, pool_id: str, after: str, limit: int) -> list[ResourceServer]:
    """Resource servers of a pool by identifier, those behind `after`; "" is the beginning."""
    return [_of_row(row) for row in await tx.all(_PAGE, {"pool_id": pool_id, "after": after, "limit": limit})]


async def full_scopes(tx: Transaction, pool_id: str) -> list[str]:
    """Every custom scope of a pool as clients name it."""
    servers = [_of_row(row) for row in await tx.all(_ALL, {"pool_id": pool_id})]
    return [f"{server.identifier}/{scope.ScopeName}" for server in servers for scope in server.scopes]
