"""ListUsers: every user of a pool or those that a filter selects, page by page."""

from collections.abc import Collection
from typing import Any, Final

from msgspec import Raw
from msgspec.json import Decoder, encode

from poolhouse.errors import InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import ListUsersRequest
from poolhouse.store import pools, search, users
from poolhouse.store.database import Transaction
from poolhouse.store.names import fold
from poolhouse.store.pools import Pool
from poolhouse.store.search import Found, Listed, Place, Span

from . import paging
from ._described import listed, page_of
from ._filter import Clause, parse
from .attributes import schema
from .context import Call
from .gate import Answer, operation

_STATUSES: Final = ("CONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED", "UNCONFIRMED")
_SWITCH: Final = {"Disabled": False, "Enabled": True}
_decoder = Decoder(list[dict[str, str]])


@operation("ListUsers", "read")
async def list_users(ctx: Call, req: ListUsersRequest) -> Answer:
    """A page may hold fewer users than Limit, or none, while there is a token."""
    pool = await pools.get(ctx.tx, req.UserPoolId)
    clause = parse(req.Filter)
    shown = _shown(pool, req.AttributesToGet)
    scope = (pool.id, req.Filter or "", *sorted(req.AttributesToGet or ()))
    size = paging.size(req.Limit)
    after = Place(*paging.opened(ctx, "ListUsers", scope, req.PaginationToken))
    if clause is None and shown is None:
        return await _everyone(ctx, scope, after.id, size)
    found = await _found(ctx.tx, pool, clause, Span(after, size + 1))
    page = found[:size]
    answer: Answer = {"Users": [_described(user, shown) for _, user in page if _matches(clause, user)]}
    if len(found) > size:
        answer["PaginationToken"] = paging.sealed(ctx, "ListUsers", scope, *page[-1][0])
    return answer


async def _everyone(ctx: Call, scope: tuple[str, ...], after: int, size: int) -> Answer:
    """A page of all users with all that is shown of them."""
    found = await search.rows_of_all(ctx.tx, scope[0], after, size + 1)
    answer: Answer = {"Users": page_of(found[:size])}
    if len(found) > size:
        answer["PaginationToken"] = paging.sealed(ctx, "ListUsers", scope, "", found[size - 1][0])
    return answer


def _shown(pool: Pool, names: Collection[str] | None) -> frozenset[str] | None:
    """Which attributes are asked for; None is all. Raises InvalidParameterException for one that does not exist."""
    if not names:
        return None
    for name in names:
        if name not in schema(pool.settings):
            raise InvalidParameterException(f"Invalid attribute: {name} does not exist in the schema of the user pool.")
    return frozenset(names)


async def _found(tx: Transaction, pool: Pool, clause: Clause | None, span: Span) -> Found:
    if clause is None:
        return await search.all_users(tx, pool.id, span)
    attribute, how, value = clause
    if attribute == "cognito:user_status":
        statuses = [status for status in _STATUSES if _fits(how, status, value.upper())]
        return await search.with_status(tx, pool.id, statuses, span)
    if attribute == "status":
        flags = [flag for word, flag in _SWITCH.items() if _fits(how, word, value)]
        return await search.with_enabled(tx, pool.id, flags, span)
    if attribute in {"username", "sub"}:
        return await _found_by_name(tx, pool, clause, span)
    key = fold(pool.settings, value)
    if how == "is":
        return await search.with_attribute(tx, pool.id, attribute, key, span)
    return await search.attribute_begins(tx, pool.id, attribute, key, span)


async def _found_by_name(tx: Transaction, pool: Pool, clause: Clause, span: Span) -> Found:
    attribute, how, value = clause
    if how == "begins":
        if attribute == "sub":
            return await search.sub_begins(tx, pool.id, value, span)
        return await search.username_begins(tx, pool.id, fold(pool.settings, value), span)
    user = await users.find(tx, pool, value)
    if user is None or span.after != search.START:
        return []
    shown = Listed(user.id, user.username, user.status, user.enabled, user.attributes, user.created, user.modified)
    # By sub or by username only: `find` would also take the other, and aliases.
    return [(Place("", user.id), shown)] if value == (user.sub if attribute == "sub" else user.username) else []


def _fits(how: str, text: str, value: str) -> bool:
    return text == value if how == "is" else text.startswith(value)


def _matches(clause: Clause | None, user: Listed) -> bool:
    """Usernames are searched by their folded keys and compared to the letter."""
    return clause is None or clause.attribute != "username" or _fits(clause.how, user.username, clause.value)


def _described(user: Listed, shown: frozenset[str] | None) -> dict[str, Any]:
    answer = listed(user)
    if shown is not None:
        kept = [entry for entry in _decoder.decode(user.attributes) if entry["Name"] in shown]
        answer["Attributes"] = Raw(encode(kept))
    return answer
