"""Users as the console names them: who an id or a name belongs to, and what is known of him."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from poolhouse.operations.context import Services
from poolhouse.store import users
from poolhouse.store.pools import Pool


class Known(NamedTuple):
    """Enough of a user to call him by a name."""

    sub: str
    username: str
    attributes: Mapping[str, str]


async def known(services: Services, pool: Pool, names: Iterable[str]) -> dict[str, Known]:
    """Of usernames, subs and aliases: those that are users of the pool."""
    found = {}
    async with services.database.read() as tx:
        for name in names:
            user = await users.find(tx, pool, name)
            if user is not None:
                found[name] = of_row(user)
    return found


def of_row(user: users.User) -> Known:
    return Known(user.sub, user.username, users.attributes_of(user))


async def sub_of(services: Services, pool: Pool, name: str) -> str | None:
    """The id of the user of that name, None where there is none."""
    return found.sub if (found := (await known(services, pool, [name])).get(name)) else None
