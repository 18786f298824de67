"""What of a pool the definitions own: it is changed there, and a change here would be lost or contradict them."""

from typing import Final, NamedTuple

from poolhouse.operations.backend.state import CLIENT, CONSOLE, GROUP, POOL
from poolhouse.operations.context import Services
from poolhouse.store import backend

WHERE: Final = "amplify/auth/resource.py"
"""The file of a project that defines its pool."""


class Owned(NamedTuple):
    """Whether the pool is defined, and which of its groups are, by name."""

    pool: bool
    groups: frozenset[str]


async def of_pool(services: Services, pool_id: str) -> Owned:
    async with services.database.read() as tx:
        found = await backend.of_id(tx, pool_id)
    names = frozenset(resource.name for resource in found if resource.kind == GROUP)
    return Owned(any(resource.kind == POOL for resource in found), names)


async def is_client(services: Services, client_id: str) -> bool:
    """Whether the definitions made this app client, or asked for the one with which people come to the console."""
    async with services.database.read() as tx:
        return any(resource.kind in {CLIENT, CONSOLE} for resource in await backend.of_id(tx, client_id))
