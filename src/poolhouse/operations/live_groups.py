"""Whether credentials of an identity still hold, and the groups that its user is in now, whatever they say."""

from poolhouse.access.principals import CognitoIdentity
from poolhouse.operations.context import Services
from poolhouse.store import groups, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.users import User


async def live_groups(services: Services, identity: CognitoIdentity) -> tuple[str, ...]:
    """Names by precedence; none for a guest, and none for a user who is disabled or gone, or who was signed out
    everywhere after the credentials were issued.
    """
    if identity.pool_id is None or identity.sub is None:
        return ()
    async with services.database.read() as tx:
        user = await _user(tx, identity)
        return () if user is None else tuple(group.name for group in await groups.of_user(tx, user.id))


async def stands(services: Services, identity: CognitoIdentity) -> bool:
    """Whether the user of an identity may still sign in, and has not signed out everywhere since; a guest always."""
    if identity.sub is None:
        return True
    async with services.database.read() as tx:
        return await _user(tx, identity) is not None


async def _user(tx: Transaction, identity: CognitoIdentity) -> User | None:
    pool = await pools.find(tx, identity.pool_id or "")
    user = await users.find(tx, pool, identity.sub or "") if pool else None
    if user is None or user.sub != identity.sub or not user.enabled or identity.issued < user.tokens_not_before:
        return None
    return user
