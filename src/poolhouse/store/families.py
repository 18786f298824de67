"""Token families: one row per sign-in, which its access, ID and refresh tokens name. It never sees a token."""

from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import BigInteger, bindparam, delete, insert, select, update

from . import groups, pools
from .clients import Client
from .database import Row, Transaction
from .pools import Pool
from .schema import clients as clients_table
from .schema import pools as pools_table
from .schema import token_families
from .schema import users as users_table
from .settings import decode_client
from .statement import Statement
from .users import User


class Family(NamedTuple):
    """A row of `token_families`; times are epoch microseconds, `revoked` is None while the tokens are good.

    `generation` counts the refresh tokens that replaced one another, `rotated` says when the last one did.
    """

    id: str
    user_id: int
    client_id: str
    event_id: str
    scope: str
    auth_time: int
    created: int
    expires: int
    revoked: int | None
    generation: int = 0
    rotated: int | None = None
    device_key: str | None = None


class Owned(NamedTuple):
    """A family with its user."""

    family: Family
    user: User


class Holder(NamedTuple):
    """A family with everything that decides whether its tokens are good."""

    family: Family
    user: User
    client: Client
    pool: Pool


class Bearer(NamedTuple):
    """A holder, and the names of the groups that he is in now, the strongest first."""

    holder: Holder
    groups: tuple[str, ...]


# Where the columns of the tables begin in a row of `_HELD`, and what stands behind them.
_TABLES = (token_families, users_table, clients_table, pools_table)
_USER, _CLIENT, _POOL, _END = accumulate(len(table.columns) for table in _TABLES)
_ADD = Statement(insert(token_families).values({name: bindparam(name) for name in Family._fields}))
_FIND = Statement(select(token_families).where(token_families.c.id == bindparam("id")))
_HELD = select(*_TABLES).select_from(
    token_families.join(users_table, users_table.c.id == token_families.c.user_id)
    .join(clients_table, clients_table.c.id == token_families.c.client_id)
    .join(pools_table, pools_table.c.id == users_table.c.pool_id)
)
_OF_ID = _HELD.where(token_families.c.id == bindparam("family"))
_HOLDER = (Statement(_OF_ID), Statement(_OF_ID.with_for_update(of=users_table)))
_WITH_GROUPS = Statement(_OF_ID.add_columns(groups.NAMES_OF_USER))
_OWNED = Statement(
    select(token_families, users_table)
    .select_from(token_families.join(users_table, users_table.c.id == token_families.c.user_id))
    .where(token_families.c.id == bindparam("family"))
)
_BY_EVENT_WITH_GROUPS = Statement(
    _HELD.add_columns(groups.NAMES_OF_USER).where(
        users_table.c.pool_id == bindparam("pool"),
        users_table.c.sub == bindparam("sub"),
        token_families.c.event_id == bindparam("event"),
    )
)
_REVOKE = Statement(
    update(token_families)
    .values(revoked=bindparam("now", type_=BigInteger))
    .where(token_families.c.id == bindparam("family"), token_families.c.revoked.is_(None))
)
_REVOKE_ALL = Statement(
    update(token_families)
    .values(revoked=bindparam("now", type_=BigInteger))
    .where(token_families.c.user_id == bindparam("user"), token_families.c.revoked.is_(None))
)
# The condition is the whole race: of all refreshes with one token, one finds the generation as it was.
_ROTATE = Statement(
    update(token_families)
    .values(generation=token_families.c.generation + 1, rotated=bindparam("now", type_=BigInteger))
    .where(token_families.c.id == bindparam("family"), token_families.c.revoked.is_(None))
    .where(token_families.c.generation == bindparam("current", type_=BigInteger))
)
_EXPIRED = select(token_families.c.id).where(token_families.c.expires < bindparam("now")).limit(bindparam("most"))
_REMOVE_EXPIRED = Statement(delete(token_families).where(token_families.c.id.in_(_EXPIRED.scalar_subquery())))


async def add(tx: Transaction, family: Family) -> None:
    await tx.run(_ADD, family._asdict())


async def find(tx: Transaction, family_id: str) -> Family | None:
    row = await tx.one(_FIND, {"id": family_id})
    return None if row is None else Family._make(row)


def _holder(row: Row) -> Holder:
    client = row[_CLIENT:_POOL]
    return Holder(
        Family._make(row[:_USER]),
        User._make(row[_USER:_CLIENT]),
        Client(client[0], client[1], client[2], decode_client(client[3]), client[4], client[5], client[6]),
        pools.of_row(row[_POOL:_END]),
    )


async def owned(tx: Transaction, family_id: str) -> Owned | None:
    """For whoever has the client and its pool. None when the family or its user is gone."""
    row = await tx.one(_OWNED, {"family": family_id})
    return None if row is None else Owned(Family._make(row[:_USER]), User._make(row[_USER:]))


async def holder(tx: Transaction, family_id: str, *, lock: bool = False) -> Holder | None:
    """None when the family, its user, client or pool is gone. `lock` makes concurrent changes of the user wait."""
    row = await tx.one(_HOLDER[lock], {"family": family_id})
    return None if row is None else _holder(row)


async def bearer(tx: Transaction, family_id: str) -> Bearer | None:
    """Like `holder`, with the groups."""
    row = await tx.one(_WITH_GROUPS, {"family": family_id})
    return None if row is None else _bearer(row)


async def bearer_of_event(tx: Transaction, pool_id: str, sub: str, event_id: str) -> Bearer | None:
    """For tokens that do not name their family, those of clients without token revocation."""
    row = await tx.one(_BY_EVENT_WITH_GROUPS, {"pool": pool_id, "sub": sub, "event": event_id})
    return None if row is None else _bearer(row)


def _bearer(row: Row) -> Bearer:
    return Bearer(_holder(row), groups.names_in(row[_END]))


async def revoke(tx: Transaction, family_id: str, now: int) -> bool:
    """Whether this call was the one that ended the family."""
    return await tx.run(_REVOKE, {"family": family_id, "now": now}) == 1


async def revoke_all(tx: Transaction, user_id: int, now: int) -> None:
    """End every family of the user; new sign-ins are the caller's matter."""
    await tx.run(_REVOKE_ALL, {"user": user_id, "now": now})


async def rotate(tx: Transaction, family_id: str, generation: int, now: int) -> bool:
    """Begin the next generation of refresh tokens; True for the one caller who does so from this generation."""
    return await tx.run(_ROTATE, {"family": family_id, "current": generation, "now": now}) == 1


async def remove_expired(tx: Transaction, now: int, most: int = 500) -> int:
    """Forget at most `most` families whose last token has expired; the number of them."""
    return await tx.run(_REMOVE_EXPIRED, {"now": now, "most": most})
