"""The outbox, where messages wait for their delivery, and the local inbox, where they end in development.

`content` arrives sealed and leaves sealed; rows hold nothing else that is secret. Whoever delivers a message holds it
until its `due`: then it is anybody's again.
"""

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Text, and_, bindparam, delete, insert, or_, select, update

from .database import Transaction
from .schema import inbox, outbox
from .statement import Statement


class Letter(NamedTuple):
    """A row of `outbox` or `inbox`. `tries` counts the deliveries that failed, or did not come back."""

    id: int
    pool_id: str
    username: str
    destination: str
    medium: str
    purpose: str
    content: bytes
    created: int
    tries: int = 0


_COLUMNS = ("pool_id", "username", "destination", "medium", "purpose", "content", "created")
_PUT = Statement(insert(outbox).values({name: bindparam(name) for name in _COLUMNS}))
_KEEP = Statement(insert(inbox).values({name: bindparam(name) for name in _COLUMNS}))
_now = bindparam("now", type_=BigInteger)
_LETTER = [outbox.c[name] for name in ("id", *_COLUMNS, "tries")]
_DUE = select(*_LETTER).where(outbox.c.due <= _now).order_by(outbox.c.due, outbox.c.id)
_most = bindparam("most", type_=BigInteger)
_CLAIM = Statement(_DUE.limit(_most).with_for_update(skip_locked=True))
_OF_MEDIUM = outbox.c.medium == bindparam("medium")
_CLAIM_OF = Statement(_DUE.where(_OF_MEDIUM).limit(_most).with_for_update(skip_locked=True))
# SQLite gives the id of a removed letter to the next one; the sealed content is never another's.
_THIS = and_(outbox.c.id == bindparam("letter"), outbox.c.content == bindparam("sealed"))
_HOLD = Statement(update(outbox).where(_THIS).values(due=bindparam("until"), tries=bindparam("made", type_=BigInteger)))
_ANY_DUE = select(outbox.c.id).where(outbox.c.due <= _now).limit(1)
_IS_DUE = Statement(_ANY_DUE)
_IS_DUE_OF = Statement(_ANY_DUE.where(_OF_MEDIUM))
_REMOVE = Statement(delete(outbox).where(_THIS))


def _matching(name: str) -> object:
    wanted = bindparam(name, type_=Text)
    return or_(wanted.is_(None), inbox.c[name] == wanted)


_LATEST = Statement(
    select(inbox)
    .where(and_(*(_matching(name) for name in ("username", "destination", "pool_id"))))  # type: ignore[arg-type]  # conditions all
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


async def is_due(tx: Transaction, now: int, medium: str | None = None) -> bool:
    """Whether a message, or one of this medium, waits that nobody holds."""
    if medium is None:
        return await tx.one(_IS_DUE, {"now": now}) is not None
    return await tx.one(_IS_DUE_OF, {"now": now, "medium": medium}) is not None


async def claim(tx: Transaction, now: int, until: int, most: int, medium: str | None = None) -> list[Letter]:
    """The letters, or those of one medium, that wait longest and that nobody holds; the caller's until `until`."""
    wanted: dict[str, Any] = {"now": now, "most": most}
    rows = await (tx.all(_CLAIM, wanted) if medium is None else tx.all(_CLAIM_OF, wanted | {"medium": medium}))
    letters = [Letter(*row) for row in rows]
    for letter in letters:
        await hold(tx, letter, until, letter.tries + 1)
    return letters


async def hold(tx: Transaction, letter: Letter, until: int, tries: int) -> None:
    """Let nobody take the letter before `until`."""
    await tx.run(_HOLD, {"letter": letter.id, "sealed": letter.content, "until": until, "made": tries})


async def remove(tx: Transaction, letter: Letter) -> bool:
    """Whether it was there still."""
    return await tx.run(_REMOVE, {"letter": letter.id, "sealed": letter.content}) == 1


async def keep(tx: Transaction, letter: Letter) -> None:
    """Copy a letter into the inbox, where it gets a new id."""
    await tx.run(_KEEP, {name: getattr(letter, name) for name in _COLUMNS})


async def latest(
    tx: Transaction, *, username: str | None, destination: str | None, pool_id: str | None, most: int
) -> list[Letter]:
    """The newest letters of the inbox that match every filter given, oldest first."""
    values = {"username": username, "destination": destination, "pool_id": pool_id, "most": most}
    return [Letter(*row) for row in reversed(await tx.all(_LATEST, values))]
