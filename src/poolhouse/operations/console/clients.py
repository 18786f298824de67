"""App clients as people know them."""

from collections.abc import Iterable

from poolhouse.operations.context import Services
from poolhouse.store import clients


async def names(services: Services, ids: Iterable[str]) -> dict[str, str]:
    """By id; a client that is gone has its id for a name."""
    async with services.database.read() as tx:
        found = {client_id: await clients.find(tx, client_id) for client_id in ids}
    return {client_id: client.name if client else client_id for client_id, client in found.items()}
