"""What stands behind a session of the console: a sign-in of the pool, or the operator's link; and its end."""

from typing import NamedTuple

from poolhouse.operations.bearer import bearer, is_dead
from poolhouse.operations.context import Services
from poolhouse.store import families
from poolhouse.store.sessions import is_used, use

from .people import Known, of_row


class Stands(NamedTuple):
    """A person whose sign-in is good now, and where."""

    user: Known
    pool_id: str
    region: str


class Signed(NamedTuple):
    """A sign-in that was just made. `expires` is epoch microseconds, `token_id` the jti of its access token."""

    pool_id: str
    family_id: str
    token_id: str
    expires: int


async def is_over(services: Services, session_id: str) -> bool:
    """Whether the session was ended, so that a copy of its cookie is worth nothing."""
    async with services.database.read() as tx:
        return await is_used(tx, session_id)


async def person(services: Services, session_id: str, family_id: str) -> Stands | None:
    """Whose sign-in it is; None when it, or the session, is over."""
    async with services.database.read() as tx:
        held = None if await is_used(tx, session_id) else await families.holder(tx, family_id)
    if held is None or is_dead(held) or held.family.expires <= services.clock():
        return None
    return Stands(of_row(held.user), held.pool.id, held.pool.region)


async def of_token(services: Services, access_token: str) -> Signed:
    """The sign-in that a token comes from. Raises ServiceError for a token that is not good."""
    async with services.database.read() as tx:
        who = await bearer(services, tx, access_token, now=services.clock())
    return Signed(who.pool.id, who.family_id, str(who.claims["jti"]), who.family.expires)


async def end(services: Services, session_id: str, expires: int, family_id: str = "") -> None:
    """End a session, and the person's sign-in behind it where there is one."""
    async with services.database.write() as tx:
        await use(tx, session_id, expires)
        if family_id:
            await families.revoke(tx, family_id, services.clock())
