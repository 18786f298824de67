"""Identity pools and their identities."""

from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from poolhouse.errors import ResourceNotFoundException

from .database import Row, Transaction
from .schema import identities, identity_pools
from .statement import InsertBuilder, Statement


class Provider(msgspec.Struct, frozen=True):
    """A user pool whose ID tokens, issued for one client, are logins of the identity pool. `name` is as it was given,
    empty for AWS's name of the user pool.
    """

    pool_id: str
    client_id: str
    name: str = ""
    server_side_check: bool | None = None

    @property
    def aws_name(self) -> str:
        """What identities and credentials call the provider, whatever address the server has."""
        return f"cognito-idp.{self.pool_id.partition('_')[0]}.amazonaws.com/{self.pool_id}"


class Rule(msgspec.Struct, frozen=True):
    """One rule of a mapping by rules, in AWS's words."""

    claim: str
    match: Literal["Equals", "NotEqual", "StartsWith", "Contains"]
    value: str
    role_arn: str


class RoleMapping(msgspec.Struct, frozen=True):
    """How the users of one provider's client get their role."""

    kind: Literal["Token", "Rules"]
    ambiguous: Literal["AuthenticatedRole", "Deny"]
    rules: tuple[Rule, ...] = ()


BY_TOKEN = RoleMapping(kind="Token", ambiguous="AuthenticatedRole")


class IdentityPoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an identity pool is made of. An empty role is none.

    `role_mappings` goes by `<provider>:<client>`; None stands for the definitions' own choice: by token for every
    provider, and the authenticated role where the token leaves it open.
    """

    providers: tuple[Provider, ...]
    allow_unauthenticated: bool
    authenticated_role: str = ""
    unauthenticated_role: str = ""
    allow_classic: bool | None = None
    role_mappings: dict[str, RoleMapping] | None = None
    tags: dict[str, str] = {}


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


_decoder = msgspec.json.Decoder(IdentityPoolSettings)
_GET_POOL = Statement(select(identity_pools).where(identity_pools.c.id == bindparam("id")))
# On SQLite, which has one writer, it is the plain statement.
_LOCK_POOL = Statement(select(identity_pools).where(identity_pools.c.id == bindparam("id")).with_for_update())
_PUT_POOL = Statement(_put_pool)
_REMOVE_POOL = Statement(delete(identity_pools).where(identity_pools.c.id == bindparam("id")))
_COUNT_POOLS = Statement(select(func.count()).select_from(identity_pools))
_PAGE_OF_POOLS = Statement(
    select(identity_pools)
    .where(identity_pools.c.id > bindparam("after"), identity_pools.c.id < bindparam("end"))
    .order_by(identity_pools.c.id)
    .limit(bindparam("limit"))
)
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
_PAGE = Statement(
    select(identities)
    .where(identities.c.identity_pool_id == bindparam("pool"), identities.c.id > bindparam("after"))
    .order_by(identities.c.id)
    .limit(bindparam("limit"))
)
_REMOVE = Statement(delete(identities).where(identities.c.id == bindparam("id")))


def _pool_of(row: Row) -> IdentityPool:
    return IdentityPool(row[0], row[1], _decoder.decode(row[2]), row[3])


# --- identity pools ----------------------------------------------------------------------------------------


def missing(pool_id: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"IdentityPool '{pool_id}' not found.")


async def get_pool(tx: Transaction, pool_id: str, *, lock: bool = False) -> IdentityPool:
    """Raises ResourceNotFoundException."""
    row = await tx.one(_LOCK_POOL if lock else _GET_POOL, {"id": pool_id})
    if row is None:
        raise missing(pool_id)
    return _pool_of(row)


async def put_pool(tx: Transaction, pool: IdentityPool) -> None:
    """Make the identity pool, or change its name and settings."""
    text = msgspec.json.encode(pool.settings).decode()
    await tx.run(_PUT_POOL, {**pool._asdict(), "settings": text})


async def remove_pool(tx: Transaction, pool_id: str) -> None:
    """With its identities."""
    await tx.run(_REMOVE_POOL, {"id": pool_id})


async def count_pools(tx: Transaction) -> int:
    row = await tx.one(_COUNT_POOLS, {})
    return int(row[0]) if row else 0


async def list_pools(tx: Transaction, region: str, after: str, limit: int) -> list[IdentityPool]:
    """Identity pools of a region by id, those behind `after`; "" is the beginning."""
    # The character behind the colon ends the ids that begin with the region's name.
    bounds = {"after": after or f"{region}:", "end": f"{region};"}
    return [_pool_of(row) for row in await tx.all(_PAGE_OF_POOLS, {**bounds, "limit": limit})]


# --- identities --------------------------------------------------------------------------------------------


async def find(tx: Transaction, identity_id: str) -> Identity | None:
    row = await tx.one(_FIND, {"id": identity_id})
    return None if row is None else Identity._make(row)


async def get(tx: Transaction, identity_id: str) -> Identity:
    """Raises ResourceNotFoundException."""
    identity = await find(tx, identity_id)
    if identity is None:
        raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
    return identity


async def find_login(tx: Transaction, pool_id: str, provider: str, subject: str) -> Identity | None:
    """The identity that a user of a provider has in an identity pool."""
    row = await tx.one(_FIND_LOGIN, {"pool": pool_id, "provider": provider, "subject": subject})
    return None if row is None else Identity._make(row)


async def list_(tx: Transaction, pool_id: str, after: str, limit: int) -> list[Identity]:
    """Identities of a pool by id, those behind `after`; "" is the beginning."""
    rows = await tx.all(_PAGE, {"pool": pool_id, "after": after, "limit": limit})
    return [Identity._make(row) for row in rows]


async def add(tx: Transaction, identity: Identity) -> bool:
    """False when the login already has an identity."""
    return await tx.run(_ADD, identity._asdict()) == 1


async def link(tx: Transaction, identity_id: str, provider: str, subject: str) -> bool:
    """Make a guest's identity that of a user; False when it is somebody's already."""
    values = {"identity": identity_id, "new_provider": provider, "new_subject": subject}
    return await tx.run(_LINK, values) == 1


async def remove(tx: Transaction, identity_id: str) -> None:
    await tx.run(_REMOVE, {"id": identity_id})
