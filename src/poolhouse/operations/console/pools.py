"""User pools as the console chooses among them."""

from typing import NamedTuple

from poolhouse.operations.context import Services
from poolhouse.store import pools
from poolhouse.store.pools import Pool

__all__ = ["Counted", "Pool", "find", "page", "some"]


class Counted(NamedTuple):
    """A pool and how many users it has."""

    pool: Pool
    users: int


async def find(services: Services, pool_id: str) -> Pool | None:
    async with services.database.read() as tx:
        return await pools.find(tx, pool_id)


async def some(services: Services) -> str | None:
    """The id of one pool of the server's region, None while it has none."""
    async with services.database.read() as tx:
        found = await pools.list_(tx, services.settings.region, "", 1)
    return found[0].id if found else None


async def page(services: Services, after: str, limit: int) -> list[Counted]:
    """The pools of the server's region behind the id `after`, `limit` at most."""
    async with services.database.read() as tx:
        found = await pools.list_(tx, services.settings.region, after, limit)
        return [Counted(pool, await pools.count_users(tx, pool.id)) for pool in found]
