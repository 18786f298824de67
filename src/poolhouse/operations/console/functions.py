"""What a function's role may do now."""

import json

from poolhouse.operations.context import Services
from poolhouse.store import roles


async def policies(services: Services, role_arn: str) -> list[str]:
    """The policies of a role as JSON for people; none for a role that does not exist."""
    async with services.database.read() as tx:
        role = await roles.find(tx, role_arn)
    return [json.dumps(policy, indent=2) for policy in json.loads(role.policies)] if role else []
