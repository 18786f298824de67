"""The sign-ins of a user, listed and ended one by one: AdminListUserSessions, AdminRevokeUserSession.

Sessions are always tracked here, as every token belongs to a sign-in; AWS does so where the pool says so.
"""

from typing import Any, Final

from poolhouse.errors import InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import AdminListUserSessionsRequest, AdminRevokeUserSessionRequest
from poolhouse.store import families, pools, user_sessions, users
from poolhouse.store.database import Transaction
from poolhouse.store.families import Family
from poolhouse.store.users import User

from . import paging
from .context import Call, Services, seconds
from .gate import Answer, operation

_PURPOSE: Final = "session-id"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH: Final = 25
_PAGE: Final = 60
_LINKED: Final = "RevokeAssociatedSessions: sessions are not linked to one another here; leave it out or say NONE."


@operation("AdminListUserSessions", "read")
async def admin_list_user_sessions(ctx: Call, req: AdminListUserSessionsRequest) -> Answer:
    """Sign-ins whose tokens are good, the oldest first. LastActiveDate is the last refresh that rotated a token."""
    pool = await pools.get(ctx.tx, req.UserPoolId)
    user = ctx.about(await users.get(ctx.tx, pool, req.Username))
    scope = (pool.id, user.sub)
    after = paging.opened(ctx, "AdminListUserSessions", scope, req.NextToken)
    found = await user_sessions.page(ctx.tx, user.id, user.tokens_not_before, ctx.now, after, _PAGE + 1)
    answer: Answer = {"Sessions": [_described(ctx.services, family) for family in found[:_PAGE]]}
    if len(found) > _PAGE:
        last = found[_PAGE - 1]
        answer["NextToken"] = paging.sealed(ctx, "AdminListUserSessions", scope, last.id, last.created)
    return answer


@operation("AdminRevokeUserSession", "write")
async def admin_revoke_user_session(ctx: Call, req: AdminRevokeUserSessionRequest) -> Answer:
    """Every token of that sign-in is dead at once; the user's other sign-ins go on."""
    if req.RevokeAssociatedSessions == "LINKED":
        raise InvalidParameterException(_LINKED)
    pool = await pools.get(ctx.tx, req.UserPoolId)
    user = ctx.about(await users.get(ctx.tx, pool, req.Username, lock=True))
    family = await _find(ctx, ctx.tx, user, req.SessionId)
    if family is None:
        raise InvalidParameterException("The user has no such session.")
    await families.revoke(ctx.tx, family.id, ctx.now)
    return {}


async def _find(ctx: Call, tx: Transaction, user: User, session: str) -> Family | None:
    after = ("", 0)
    while found := await user_sessions.page(tx, user.id, user.tokens_not_before, ctx.now, after, _PAGE):
        for family in found:
            if session_id(ctx.services, family) == session:
                return family
        after = (found[-1].id, found[-1].created)
    return None


def session_id(services: Services, family: Family) -> str:
    """What a sign-in is called in AWS's form; its own id is in its tokens."""
    number = int.from_bytes(services.vault.digest(_PURPOSE, family.id.encode()), "big")
    digits = ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits += _DIGITS[digit]
    return f"tkn{digits}"


def _described(services: Services, family: Family) -> dict[str, Any]:
    return {
        "SessionId": session_id(services, family),
        "SessionType": "TOKEN",
        "ClientId": family.client_id,
        "CreateDate": seconds(family.created),
        "LastActiveDate": seconds(family.rotated or family.created),
    }
