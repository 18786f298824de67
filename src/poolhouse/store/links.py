"""Which external identities belong to a user. What the user's `identities` attribute says about them is not here."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from .database import Transaction
from .schema import linked_identities
from .statement import Statement


class Link(NamedTuple):
    """A row of `linked_identities`: `subject` is who the user is with `provider`; `description` is JSON text, the
    entry of the user's `identities` attribute.
    """

    pool_id: str
    provider: str
    subject: str
    user_id: int
    description: str
    created: int


_OF_PROVIDER = (
    linked_identities.c.pool_id == bindparam("pool_id"),
    linked_identities.c.provider == bindparam("provider"),
)
_OF_SUBJECT = (*_OF_PROVIDER, linked_identities.c.subject == bindparam("subject"))
_GET = Statement(select(linked_identities).where(*_OF_SUBJECT))
_OF_USER = Statement(
    select(linked_identities)
    .where(linked_identities.c.user_id == bindparam("user_id"))
    .order_by(linked_identities.c.created, linked_identities.c.provider, linked_identities.c.subject)
)
_USERS = Statement(
    select(linked_identities.c.user_id).where(*_OF_PROVIDER).distinct().order_by(linked_identities.c.user_id)
)
_ADD = Statement(
    lambda dialect_insert: (
        dialect_insert(linked_identities)
        .values({column.name: bindparam(column.name) for column in linked_identities.c})
        .on_conflict_do_nothing()
    )
)
_REMOVE = Statement(delete(linked_identities).where(*_OF_SUBJECT))
_REMOVE_ALL = Statement(delete(linked_identities).where(*_OF_PROVIDER))


async def find(tx: Transaction, pool_id: str, provider: str, subject: str) -> Link | None:
    row = await tx.one(_GET, {"pool_id": pool_id, "provider": provider, "subject": subject})
    return None if row is None else Link._make(row)


async def of_user(tx: Transaction, user_id: int) -> list[Link]:
    """The oldest first."""
    return [Link._make(row) for row in await tx.all(_OF_USER, {"user_id": user_id})]


async def users_of_provider(tx: Transaction, pool_id: str, provider: str) -> list[int]:
    """The row ids of everybody who has an identity with a provider."""
    return [row[0] for row in await tx.all(_USERS, {"pool_id": pool_id, "provider": provider})]


async def add(tx: Transaction, link: Link) -> bool:
    """Whether the identity was nobody's."""
    return await tx.run(_ADD, link._asdict()) == 1


async def remove(tx: Transaction, link: Link) -> None:
    await tx.run(_REMOVE, {"pool_id": link.pool_id, "provider": link.provider, "subject": link.subject})


async def remove_all(tx: Transaction, pool_id: str, provider: str) -> None:
    """Every identity with a provider."""
    await tx.run(_REMOVE_ALL, {"pool_id": pool_id, "provider": provider})
