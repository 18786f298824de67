"""The external identity providers of the pools. Who is who with them is in `links`."""

from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.json import Decoder, encode
from sqlalchemy import bindparam, delete, func, select, update

from poolhouse.errors import ResourceNotFoundException

from .database import Row, Transaction
from .schema import identity_providers
from .statement import Statement

ProviderType = Literal["SAML", "Facebook", "Google", "LoginWithAmazon", "SignInWithApple", "OIDC"]


class ProviderSettings(Struct, frozen=True):
    """What is no secret, in AWS's member names."""

    AttributeMapping: dict[str, str] = {}
    IdpIdentifiers: tuple[str, ...] = ()


class Provider(NamedTuple):
    """A row of `identity_providers` with its settings decoded; `details` is sealed."""

    pool_id: str
    name: str
    type: ProviderType
    settings: ProviderSettings
    details: bytes
    created: int
    modified: int

    def __repr__(self) -> str:
        return f"Provider(pool_id={self.pool_id!r}, name={self.name!r}, type={self.type!r})"


_decoder = Decoder(ProviderSettings)
_OF_POOL = identity_providers.c.pool_id == bindparam("pool_id")
_OF_NAME = (_OF_POOL, identity_providers.c.name == bindparam("name"))
_GET = Statement(select(identity_providers).where(*_OF_NAME))
_ADD = Statement(
    lambda dialect_insert: (
        dialect_insert(identity_providers)
        .values({column.name: bindparam(column.name) for column in identity_providers.c})
        .on_conflict_do_nothing()
    )
)
_CHANGED = ("settings", "details", "modified")
_CHANGE = Statement(
    update(identity_providers)
    .where(identity_providers.c.pool_id == bindparam("pool"), identity_providers.c.name == bindparam("provider"))
    .values({name: bindparam(name) for name in _CHANGED})
)
_REMOVE = Statement(delete(identity_providers).where(*_OF_NAME))
_COUNT = Statement(select(func.count()).where(_OF_POOL))
_ALL = Statement(select(identity_providers).where(_OF_POOL).order_by(identity_providers.c.name))
_PAGE = Statement(
    select(identity_providers)
    .where(_OF_POOL, identity_providers.c.name > bindparam("after"))
    .order_by(identity_providers.c.name)
    .limit(bindparam("limit"))
)


def _of_row(row: Row) -> Provider:
    return Provider(row[0], row[1], row[2], _decoder.decode(row[3]), row[4], row[5], row[6])


def missing(name: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Identity provider {name} does not exist.")


async def get(tx: Transaction, pool_id: str, name: str) -> Provider:
    """Raises ResourceNotFoundException."""
    row = await tx.one(_GET, {"pool_id": pool_id, "name": name})
    if row is None:
        raise missing(name)
    return _of_row(row)


async def by_identifier(tx: Transaction, pool_id: str, identifier: str) -> Provider | None:
    """The provider that answers to an identifier; a pool has few providers, so all of them are looked at."""
    providers = [_of_row(row) for row in await tx.all(_ALL, {"pool_id": pool_id})]
    return next((provider for provider in providers if identifier in provider.settings.IdpIdentifiers), None)


async def add(tx: Transaction, provider: Provider) -> bool:
    """Whether the name was free."""
    return await tx.run(_ADD, provider._asdict() | {"settings": encode(provider.settings).decode()}) == 1


async def change(tx: Transaction, provider: Provider) -> None:
    """Write settings and details of an existing provider."""
    values = {"pool": provider.pool_id, "provider": provider.name, "details": provider.details}
    settings = {"settings": encode(provider.settings).decode(), "modified": provider.modified}
    await tx.run(_CHANGE, values | settings)


async def remove(tx: Transaction, pool_id: str, name: str) -> None:
    """Raises ResourceNotFoundException."""
    if not await tx.run(_REMOVE, {"pool_id": pool_id, "name": name}):
        raise missing(name)


async def count(tx: Transaction, pool_id: str) -> int:
    row = await tx.one(_COUNT, {"pool_id": pool_id})
    return int(row[0]) if row else 0


async def list_(tx: Transaction, pool_id: str, after: str, limit: int) -> list[Provider]:
    """Providers of a pool by name, those behind `after`; "" is the beginning."""
    return [_of_row(row) for row in await tx.all(_PAGE, {"pool_id": pool_id, "after": after, "limit": limit})]
