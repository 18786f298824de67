"""How the hosted pages of a pool look: for all of its clients, or for one."""

from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, select

from .database import Row, Transaction
from .schema import looks
from .statement import InsertBuilder, Statement

ALL: Final = "ALL"
"""The client of what applies wherever a client has no look of its own."""


class Look(NamedTuple):
    """A row of `looks`. `css` is the text as it was given; `css_version` names it, `image_type` is a media type."""

    pool_id: str
    client_id: str
    css: str | None
    css_version: str | None
    image: bytes | None
    image_type: str | None
    created: int
    modified: int


class Shown(NamedTuple):
    """What a page has to know of a look: where it is, and what there is of it."""

    pool_id: str
    client_id: str
    css_version: str | None
    image_type: str | None
    modified: int


def _put(insert: InsertBuilder) -> Any:
    statement = insert(looks).values({name: bindparam(name) for name in (*Look._fields, "settings")})
    changes = {
        name: statement.excluded[name] for name in Look._fields if name not in {"pool_id", "client_id", "created"}
    }
    return statement.on_conflict_do_update(index_elements=["pool_id", "client_id"], set_=changes)


_KEY = (looks.c.pool_id == bindparam("pool_id"), looks.c.client_id == bindparam("client_id"))
_FIND = Statement(select(looks).where(*_KEY))
_SHOWN = Statement(
    select(looks.c.pool_id, looks.c.client_id, looks.c.css_version, looks.c.image_type, looks.c.modified).where(
        looks.c.pool_id == bindparam("pool_id"), looks.c.client_id.in_([bindparam("client_id"), bindparam("everybody")])
    )
)
_PUT = Statement(_put)
_REMOVE = Statement(delete(looks).where(*_KEY))


def _of_row(row: Row) -> Look:
    return Look(row[0], row[1], row[2], row[3], row[4], row[5], row[7], row[8])


async def find(tx: Transaction, pool_id: str, client_id: str) -> Look | None:
    """Exactly this one; `client_id` may be ALL."""
    row = await tx.one(_FIND, {"pool_id": pool_id, "client_id": client_id})
    return None if row is None else _of_row(row)


async def of_client(tx: Transaction, pool_id: str, client_id: str) -> Look | None:
    """The client's own look, else that of the whole pool."""
    own = await find(tx, pool_id, client_id)
    return own if own is not None or client_id == ALL else await find(tx, pool_id, ALL)


async def shown(tx: Transaction, pool_id: str, client_id: str) -> Shown | None:
    """Like `of_client`, without the files."""
    rows = await tx.all(_SHOWN, {"pool_id": pool_id, "client_id": client_id, "everybody": ALL})
    found = {row[1]: Shown._make(row) for row in rows}
    return found.get(client_id) or found.get(ALL)


async def put(tx: Transaction, look: Look) -> None:
    """Make the look, or replace what it was; the time of its making stays."""
    await tx.run(_PUT, {**look._asdict(), "settings": "{}"})


async def remove(tx: Transaction, pool_id: str, client_id: str) -> None:
    await tx.run(_REMOVE, {"pool_id": pool_id, "client_id": client_id})
