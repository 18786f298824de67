"""A user's passkeys as an administrator may look at them: AWS lets only the users themselves."""

from typing import Final, NamedTuple

from poolhouse.operations.context import Services
from poolhouse.store import passkeys, users
from poolhouse.store.pools import Pool

_SECOND: Final = 1_000_000
_MOST: Final = 20


class Shown(NamedTuple):
    """`created` in epoch seconds; `is_synced`: kept in more than one place."""

    name: str
    relying_party: str
    is_synced: bool
    created: float


async def passkeys_of(services: Services, pool: Pool, username: str) -> list[Shown]:
    """None of a user who does not exist. Who may see the user may see these."""
    async with services.database.read() as tx:
        user = await users.find(tx, pool, username)
        found = [] if user is None else await passkeys.page(tx, user.id, ("", 0), _MOST)
    return [Shown(each.name, each.relying_party, each.state.is_synced, each.created / _SECOND) for each in found]
