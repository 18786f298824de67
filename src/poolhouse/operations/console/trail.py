"""The audit trail as its page shows it."""

from poolhouse.operations.context import Services
from poolhouse.store import audit


async def linked(services: Services) -> int:
    """The place of the last record in the chain, 0 for an empty one."""
    async with services.database.read() as tx:
        return await audit.last_linked(tx)
