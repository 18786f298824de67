"""Passkeys: rows of credentials, found by their id in a pool or by their user. What they prove is checked elsewhere."""

from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.json import Decoder, Encoder
from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from .database import Row, Transaction
from .schema import passkeys
from .statement import InsertBuilder, Statement


class State(Struct, frozen=True):
    """What the browser said at the registration, and whether the credential is kept in more than one place."""

    transports: tuple[str, ...] = ()
    attachment: str | None = None
    is_synced: bool = False


class Passkey(NamedTuple):
    """A row of `passkeys` with its state decoded; `public_key` is sealed."""

    pool_id: str
    id: str
    user_id: int
    name: str
    relying_party: str
    public_key: bytes
    sign_count: int
    state: State
    created: int


def _add(insert: InsertBuilder) -> Any:
    return insert(passkeys).values({name: bindparam(name) for name in Passkey._fields}).on_conflict_do_nothing()


_ONE = (passkeys.c.pool_id == bindparam("pool"), passkeys.c.id == bindparam("id"))
_OWN = (*_ONE, passkeys.c.user_id == bindparam("user"))
_OF_USER = passkeys.c.user_id == bindparam("user")
_AFTER = or_(
    passkeys.c.created > bindparam("created"),
    and_(passkeys.c.created == bindparam("created"), passkeys.c.id > bindparam("after")),
)
_ADD = Statement(_add)
_FIND = Statement(select(passkeys).where(*_OWN))
_COUNT = Statement(select(func.count()).select_from(passkeys).where(_OF_USER))
_PAGE = Statement(
    select(passkeys).where(_OF_USER, _AFTER).order_by(passkeys.c.created, passkeys.c.id).limit(bindparam("limit"))
)
_USED = Statement(
    update(passkeys).where(*_OWN, passkeys.c.sign_count == bindparam("seen")).values(sign_count=bindparam("count"))
)
_REMOVE = Statement(delete(passkeys).where(*_OWN))
_encoder = Encoder()
_decoder = Decoder(State)


async def add(tx: Transaction, passkey: Passkey) -> bool:
    """False when the pool has a credential of this id."""
    return await tx.run(_ADD, passkey._asdict() | {"state": _encoder.encode(passkey.state).decode()}) == 1


async def find(tx: Transaction, pool_id: str, user_id: int, identity: str) -> Passkey | None:
    """The user's own credential of this id; another user's is none."""
    row = await tx.one(_FIND, {"pool": pool_id, "id": identity, "user": user_id})
    return None if row is None else _passkey(row)


async def count(tx: Transaction, user_id: int) -> int:
    row = await tx.one(_COUNT, {"user": user_id})
    assert row is not None
    return int(row[0])


async def page(tx: Transaction, user_id: int, after: tuple[str, int], limit: int) -> list[Passkey]:
    """The user's credentials, oldest first; `after` is id and creation of the last one known, ("", 0) before all."""
    identity, created = after
    rows = await tx.all(_PAGE, {"user": user_id, "after": identity, "created": created, "limit": limit})
    return [_passkey(row) for row in rows]


async def used(tx: Transaction, passkey: Passkey, sign_count: int) -> bool:
    """Keep the counter that the authenticator has now; False when somebody else used the credential meanwhile."""
    values = {"pool": passkey.pool_id, "id": passkey.id, "user": passkey.user_id}
    return await tx.run(_USED, values | {"seen": passkey.sign_count, "count": sign_count}) == 1


async def remove(tx: Transaction, pool_id: str, user_id: int, identity: str) -> bool:
    """False when the user has no such credential."""
    return await tx.run(_REMOVE, {"pool": pool_id, "id": identity, "user": user_id}) == 1


def _passkey(row: Row) -> Passkey:
    pool_id, identity, user_id, name, relying_party, public_key, sign_count, state, created = row
    return Passkey(
        pool_id, identity, user_id, name, relying_party, public_key, sign_count, _decoder.decode(state), created
    )
