"""The groups that somebody is in now, whatever his token or his credentials say."""

from poolhouse.access.principals import CognitoIdentity
from poolhouse.operations.context import Services
from poolhouse.store import groups, pools, users


async def live_groups(services: Services, identity: CognitoIdentity) -> tuple[str, ...]:
    """Names by precedence; none for a guest, and none for a user who is disabled or gone, or who was signed out
    everywhere after the credentials were issued.
    """
    if identity.pool_id is None or identity.sub is None:
        return ()
    async with services.database.read() as tx:
        pool = await pools.find(tx, identity.pool_id)
        user = await users.find(tx, pool, identity.sub) if pool else None
        if user is None or not user.enabled or identity.issued < user.tokens_not_before:
            return ()
        return tuple(group.name for group in await groups.of_user(tx, user.id))
