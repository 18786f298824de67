"""The outbox, where messages wait for their delivery, and the local inbox, where they end in development.

`content` arrives sealed and leaves sealed; rows hold nothing else that is secret.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Text, and_, bindparam, delete, insert, or_, select

from .database import Transaction
from .schema import inbox, outbox
from .statement import Statement


class Letter(NamedTuple):
    """A row of `outbox` or `inbox`."""

    id: int
    pool_id: str
    username: str
    destination: str
    medium: str
    purpose: str
    content: bytes
    created: int


_COLUMNS = ("pool_id", "username", "destination", "medium", "purpose", "content", "created")
_PUT = Statement(insert(outbox).values({name: bindparam(name) for name in _COLUMNS}))
_KEEP = Statement(insert(inbox).values({name: bindparam(name) for name in _COLUMNS}))
_LETTER = [outbox.c[name] for name in ("id", *_COLUMNS)]
_CLAIM = Statement(select(*_LETTER).order_by(outbox.c.id).limit(bindparam("most")).with_for_update(skip_locked=True))
_ANY = Statement(select(outbox.c.id).limit(1))
_REMOVE = Statement(delete(outbox).where(outbox.c.id == bindparam("letter")))


def _matching(name: str) -> object:
    wanted = bindparam(name, type_=Text)
    return or_(wanted.is_(None), inbox.c[name] == wanted)


_LATEST = Statement(
    select(inbox)
    .where(and_(*(_matching(name) for name in ("username", "destination", "pool_id"))))  # type: ignore[arg-type]
    .order_by(inbox.c.id.desc())
    .limit(bindparam("most", type_=BigInteger))
)


async def put(
    tx: Transaction,
    *,
    pool_id: str,
    username: str,
    destination: str,
    medium: str,
    purpose: str,
    content: bytes,
    created: int,
) -> None:
    """Leave a message in the outbox."""
    values = (pool_id, username, destination, medium, purpose, content, created)
    await tx.run(_PUT, dict(zip(_COLUMNS, values, strict=True)))


async def is_waiting(tx: Transaction) -> bool:
    return await tx.one(_ANY, {}) is not None


async def claim(tx: Transaction, most: int) -> list[Letter]:
    """The oldest letters that no other transaction holds; they stay ours until this one ends."""
    return [Letter._make(row) for row in await tx.all(_CLAIM, {"most": most})]


async def remove(tx: Transaction, letters: Sequence[Letter]) -> None:
    for letter in letters:
        await tx.run(_REMOVE, {"letter": letter.id})


async def keep(tx: Transaction, letter: Letter) -> None:
    """Copy a letter into the inbox, where it gets a new id."""
    values = letter._asdict()
    del values["id"]
    await tx.run(_KEEP, values)


async def latest(
    tx: Transaction, *, username: str | None, destination: str | None, pool_id: str | None, most: int
) -> list[Letter]:
    """The newest letters of the inbox that match every filter given, oldest first."""
    values = {"username": username, "destination": destination, "pool_id": pool_id, "most": most}
    return [Letter._make(row) for row in reversed(await tx.all(_LATEST, values))]
