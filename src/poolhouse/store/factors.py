"""Second factors: one row per user and kind. `secret` is a sealed shared secret where the kind has one."""

from typing import Any, Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.json import Decoder, Encoder
from sqlalchemy import bindparam, delete, or_, select

from .database import Row, Transaction
from .schema import factors
from .statement import InsertBuilder, Statement

Kind = Literal["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_PENDING"]
TOTP: Final = "SOFTWARE_TOKEN_MFA"
SMS: Final = "SMS_MFA"
EMAIL: Final = "EMAIL_OTP"
PENDING_TOTP: Final = "SOFTWARE_TOKEN_PENDING"
"""A secret that was handed out and not yet proved; the verified one stays in force beside it."""


class State(Struct, frozen=True):
    """`last_step` is the newest time step whose code was used; `name` what the user calls the authenticator."""

    enabled: bool = False
    preferred: bool = False
    last_step: int = 0
    name: str | None = None


class Factor(NamedTuple):
    """A row of `factors` with its state decoded."""

    user_id: int
    kind: Kind
    secret: bytes | None
    state: State
    modified: int


def _put(insert: InsertBuilder) -> Any:
    first = insert(factors).values({name: bindparam(name) for name in Factor._fields})
    changed = {name: first.excluded[name] for name in ("secret", "state", "modified")}
    return first.on_conflict_do_update(index_elements=[factors.c.user_id, factors.c.kind], set_=changed)


_KNOWN = or_(*(factors.c.kind == kind for kind in (TOTP, SMS, EMAIL, PENDING_TOTP)))
_OF_USER = Statement(select(factors).where(factors.c.user_id == bindparam("user"), _KNOWN))
_FIND = Statement(select(factors).where(factors.c.user_id == bindparam("user"), factors.c.kind == bindparam("kind")))
_PUT = Statement(_put)
_REMOVE = Statement(delete(factors).where(factors.c.user_id == bindparam("user"), factors.c.kind == bindparam("kind")))
_encoder = Encoder()
_decoder = Decoder(State)


async def of_user(tx: Transaction, user_id: int) -> dict[Kind, Factor]:
    """What the user has set up or begun to."""
    found = [_factor(row) for row in await tx.all(_OF_USER, {"user": user_id})]
    return {factor.kind: factor for factor in found}


async def find(tx: Transaction, user_id: int, kind: Kind) -> Factor | None:
    row = await tx.one(_FIND, {"user": user_id, "kind": kind})
    return None if row is None else _factor(row)


async def put(tx: Transaction, factor: Factor) -> None:
    await tx.run(_PUT, factor._asdict() | {"state": _encoder.encode(factor.state).decode()})


async def remove(tx: Transaction, user_id: int, kind: Kind) -> None:
    await tx.run(_REMOVE, {"user": user_id, "kind": kind})


def _factor(row: Row) -> Factor:
    return Factor(row[0], row[1], row[2], _decoder.decode(row[3]), row[4])
