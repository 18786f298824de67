"""App clients of the pools."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from poolhouse.errors import ResourceNotFoundException

from . import pools
from .database import Row, Transaction
from .pools import Pool
from .schema import clients
from .schema import pools as pools_table
from .settings import ClientSettings, decode_client, encode
from .statement import Statement


class Client(NamedTuple):
    """A row of `clients` with its settings decoded; `secret` is sealed."""

    id: str
    pool_id: str
    name: str
    settings: ClientSettings
    secret: bytes | None
    created: int
    modified: int


_GET = Statement(select(clients).where(clients.c.id == bindparam("client_id")))
_WITH_POOL = Statement(
    select(clients, pools_table)
    .select_from(clients.join(pools_table, pools_table.c.id == clients.c.pool_id))
    .where(clients.c.id == bindparam("client_id"), pools_table.c.region != pools.REMOVED)
)
_COLUMNS = len(clients.c)
_ADD = Statement(insert(clients))
_CHANGE = Statement(
    update(clients)
    .where(clients.c.id == bindparam("client"))
    .values(name=bindparam("name"), settings=bindparam("settings"), modified=bindparam("modified"))
)
_SET_SECRET = Statement(
    update(clients)
    .where(clients.c.id == bindparam("client"))
    .values(secret=bindparam("secret"), modified=bindparam("modified"))
)
_REMOVE = Statement(
    delete(clients).where(clients.c.id == bindparam("client_id"), clients.c.pool_id == bindparam("pool_id"))
)
_COUNT = Statement(select(func.count()).where(clients.c.pool_id == bindparam("pool_id")))
_PAGE = Statement(
    select(clients)
    .where(clients.c.pool_id == bindparam("pool_id"), clients.c.id > bindparam("after"))
    .order_by(clients.c.id)
    .limit(bindparam("limit"))
)


def _of_row(row: Row) -> Client:
    return Client(row[0], row[1], row[2], decode_client(row[3]), row[4], row[5], row[6])


def missing(client_id: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"User pool client {client_id} does not exist.")


async def find(tx: Transaction, client_id: str, pool_id: str | None = None) -> Client | None:
    """A client; with `pool_id`, only one of that pool."""
    row = await tx.one(_GET, {"client_id": client_id})
    return None if row is None or (pool_id is not None and row[1] != pool_id) else _of_row(row)


async def get(tx: Transaction, client_id: str, pool_id: str | None = None) -> Client:
    """Raises ResourceNotFoundException, also for a client of another pool when `pool_id` is given."""
    client = await find(tx, client_id, pool_id)
    if client is None:
        raise missing(client_id)
    return client


async def get_with_pool(tx: Transaction, client_id: str) -> tuple[Client, Pool]:
    """Both in one statement. Raises ResourceNotFoundException."""
    row = await tx.one(_WITH_POOL, {"client_id": client_id})
    if row is None:
        raise missing(client_id)
    return _of_row(row), pools.of_row(row[_COLUMNS:])


async def add(tx: Transaction, client: Client) -> None:
    await tx.run(_ADD, client._asdict() | {"settings": encode(client.settings)})


async def remove(tx: Transaction, pool_id: str, client_id: str) -> bool:
    """Whether it existed."""
    return await tx.run(_REMOVE, {"pool_id": pool_id, "client_id": client_id}) == 1


async def list_(tx: Transaction, pool_id: str, after: str, limit: int) -> list[Client]:
    """Clients of a pool by id, those behind `after`; "" is the beginning."""
    return [_of_row(row) for row in await tx.all(_PAGE, {"pool_id": pool_id, "after": after, "limit": limit})]


async def count(tx: Transaction, pool_id: str) -> int:
    row = await tx.one(_COUNT, {"pool_id": pool_id})
    return int(row[0]) if row else 0


async def change(tx: Transaction, client: Client) -> None:
    """Write the name and the settings of an existing client."""
    values = {"client": client.id, "name": client.name, "settings": encode(client.settings)}
    await tx.run(_CHANGE, values | {"modified": client.modified})


async def set_secret(tx: Transaction, client_id: str, secret: bytes, now: int) -> None:
    """Write what an existing client has sealed as its secrets."""
    await tx.run(_SET_SECRET, {"client": client_id, "secret": secret, "modified": now})
