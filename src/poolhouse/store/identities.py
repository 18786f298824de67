"""Identity pools and their identities."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, select, update

from poolhouse.errors import ResourceNotFoundException

from .database import Transaction
from .schema import identities, identity_pools
from .statement import InsertBuilder, Statement


class Provider(msgspec.Struct, frozen=True):
    """A user pool whose ID tokens, issued for one client, are logins of the identity pool."""

    pool_id: str
    client_id: str


class IdentityPoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an identity pool is made of; the role mapping is by token, an ambiguous choice is the authenticated role."""

    providers: tuple[Provider, ...]
    allow_unauthenticated: bool
    authenticated_role: str
    unauthenticated_role: str


class IdentityPool(NamedTuple):
    """A row of `identity_pools`."""

    id: str
    name: str
    settings: IdentityPoolSettings
    created: int


class Identity(NamedTuple):
    """A row of `identities`; a guest has neither provider nor subject."""

    id: str
    identity_pool_id: str
    provider: str | None
    subject: str | None
    created: int


def _put_pool(insert: InsertBuilder) -> Any:
    statement = insert(identity_pools).values({name: bindparam(name) for name in IdentityPool._fields})
    changes = {name: statement.excluded[name] for name in ("name", "settings")}
    return statement.on_conflict_do_update(index_elements=["id"], set_=changes)


def _add_identity(insert: InsertBuilder) -> Any:
    return insert(identities).values({name: bindparam(name) for name in Identity._fields}).on_conflict_do_nothing()


_GET_POOL = Statement(select(identity_pools).where(identity_pools.c.id == bindparam("id")))
_PUT_POOL = Statement(_put_pool)
_ADD = Statement(_add_identity)
_FIND = Statement(select(identities).where(identities.c.id == bindparam("id")))
_FIND_LOGIN = Statement(
    select(identities).where(
        identities.c.identity_pool_id == bindparam("pool"),
        identities.c.provider == bindparam("provider"),
        identities.c.subject == bindparam("subject"),
    )
)
_LINK = Statement(
    update(identities)
    .values(provider=bindparam("new_provider"), subject=bindparam("new_subject"))
    .where(identities.c.id == bindparam("identity"), identities.c.provider.is_(None))
)


async def get_pool(tx: Transaction, pool_id: str) -> IdentityPool:
    """Raises ResourceNotFoundException."""
    row = await tx.one(_GET_POOL, {"id": pool_id})
    if row is None:
        raise ResourceNotFoundException(f"IdentityPool '{pool_id}' not found.")
    pool = IdentityPool._make(row)
    return pool._replace(settings=msgspec.json.decode(row[2], type=IdentityPoolSettings))


async def put_pool(tx: Transaction, pool: IdentityPool) -> None:
    """Make the identity pool, or change its name and settings."""
    text = msgspec.json.encode(pool.settings).decode()
    await tx.run(_PUT_POOL, {**pool._asdict(), "settings": text})


async def find(tx: Transaction, identity_id: str) -> Identity | None:
    row = await tx.one(_FIND, {"id": identity_id})
    return None if row is None else Identity._make(row)


async def find_login(tx: Transaction, pool_id: str, provider: str, subject: str) -> Identity | None:
    """The identity that a user of a provider has in an identity pool."""
    row = await tx.one(_FIND_LOGIN, {"pool": pool_id, "provider": provider, "subject": subject})
    return None if row is None else Identity._make(row)


async def add(tx: Transaction, identity: Identity) -> bool:
    """False when the login already has an identity."""
    return await tx.run(_ADD, identity._asdict()) == 1


async def link(tx: Transaction, identity_id: str, provider: str, subject: str) -> bool:
    """Make a guest's identity that of a user; False when it is somebody's already."""
    values = {"identity": identity_id, "new_provider": provider, "new_subject": subject}
    return await tx.run(_LINK, values) == 1
