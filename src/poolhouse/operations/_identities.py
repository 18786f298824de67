"""A user's external identities: the links in the store, and the `identities` attribute that tells of them."""

from typing import Final

from msgspec import Raw, Struct
from msgspec.json import encode

from poolhouse.store import links, users
from poolhouse.store.database import Transaction
from poolhouse.store.links import Link
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

ATTRIBUTE: Final = "identities"


class Identity(Struct, frozen=True):
    """One entry of the attribute, in AWS's member names; `dateCreated` is epoch milliseconds."""

    userId: str  # noqa: N815 - AWS's member
    providerName: str  # noqa: N815 - AWS's member
    providerType: str  # noqa: N815 - AWS's member
    issuer: str | None
    primary: bool
    dateCreated: str  # noqa: N815 - AWS's member


async def show(tx: Transaction, pool: Pool, user: User, now: int) -> None:
    """Write the attribute anew from the user's links; without any it is gone."""
    attributes = users.attributes_of(user)
    held = await links.of_user(tx, user.id)
    attributes.pop(ATTRIBUTE, None)
    if held:
        attributes[ATTRIBUTE] = encode([Raw(link.description.encode()) for link in held]).decode()
    await users.change(tx, pool, user, now, attributes=attributes)


def link_of(pool: Pool, user: User, identity: Identity, now: int) -> Link:
    text = encode(identity).decode()
    return Link(pool.id, identity.providerName, identity.userId, user.id, text, now)


async def forget_provider(tx: Transaction, pool: Pool, provider: str, now: int) -> None:
    """Nobody has an identity with the provider any more."""
    holders = await links.users_of_provider(tx, pool.id, provider)
    await links.remove_all(tx, pool.id, provider)
    for user_id in holders:
        user = await users.by_id(tx, user_id, lock=True)
        if user is not None:
            await show(tx, pool, user, now)
