"""User pools as the console chooses among them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from poolhouse.errors import ResourceNotFoundException
from poolhouse.operations.context import Services
from poolhouse.operations.remote.described import row, stand_in
from poolhouse.store import pools
from poolhouse.store.pools import Pool

__all__ = ["Counted", "Pool", "described", "find", "page", "referenced", "some", "stand_in"]


class Counted(NamedTuple):
    """A pool and how many users it has."""

    pool: Pool
    users: int


async def find(services: Services, pool_id: str) -> Pool | None:
    async with services.database.read() as tx:
        return await pools.find(tx, pool_id)


def referenced(services: Services, pool_id: str) -> Pool | None:
    """The pool at AWS, as far as it is known here; None for any other."""
    pool = services.remote.of(pool_id)
    return None if pool is None else stand_in(pool)


def described(services: Services, pool_id: str, answer: Mapping[str, Any]) -> Pool:
    """The pool at AWS as DescribeUserPool shows it. Raises AwsUnreachable, ResourceNotFoundException."""
    pool = services.remote.of(pool_id)
    if pool is None:
        raise ResourceNotFoundException(f"User pool {pool_id} does not exist.")
    return row(pool, answer)


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
