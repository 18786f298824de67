"""The sign-ins of one user that still stand: token families as their user or an administrator looks at them."""

from sqlalchemy import BigInteger, bindparam, select, tuple_

from .database import Transaction
from .families import Family
from .schema import token_families
from .statement import Statement

_BEHIND = tuple_(token_families.c.created, token_families.c.id) > tuple_(
    bindparam("created", type_=BigInteger), bindparam("after")
)
_PAGE = Statement(
    select(token_families)
    .where(token_families.c.user_id == bindparam("user"), token_families.c.revoked.is_(None))
    .where(token_families.c.expires > bindparam("now"), token_families.c.created >= bindparam("not_before"), _BEHIND)
    .order_by(token_families.c.created, token_families.c.id)
    .limit(bindparam("limit"))
)


async def page(
    tx: Transaction, user_id: int, not_before: int, now: int, after: tuple[str, int], limit: int
) -> list[Family]:
    """Oldest first, those begun at `not_before` or later; `after` is id and creation of the last one known."""
    identity, created = after
    values = {"user": user_id, "not_before": not_before, "now": now, "created": created, "after": identity}
    return [Family._make(row) for row in await tx.all(_PAGE, values | {"limit": limit})]
