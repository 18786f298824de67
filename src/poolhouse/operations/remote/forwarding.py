"""Operations on a pool at AWS: through the same gate as all others, on record before they are sent, then sent.

A change is written into the audit trail before AWS hears of it, so that none happens whose record cannot be written;
what became of it is a second record, which names the first one. No database block is open while AWS is asked.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final

import msgspec

from poolhouse import service_model
from poolhouse.access.delegation import ENDS
from poolhouse.crypto import tokens
from poolhouse.crypto.tokens import BadToken
from poolhouse.define.delegable import DELEGABLE
from poolhouse.errors import AwsUnreachable, LivesAtAws, ServiceError
from poolhouse.operations import audit
from poolhouse.operations.context import Call

from . import delegating
from .pool import Remote, RemotePool

Answer = dict[str, Any]
FORWARDED: Final = DELEGABLE | {
    "AdminDisableProviderForUser",
    "AdminLinkProviderForUser",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "GetUserPoolMfaConfig",
    "ListUserPoolClients",
}
"""What acts on users, memberships and groups, and what tells how the pool is made: the pool is changed at AWS."""
UNKNOWN: Final = "Unknown"
"""The result of a change to which AWS gave no answer."""


def concerned(remote: Remote, request: Any) -> RemotePool | None:
    """The pool at AWS, if the request is about it, its app client, its identity pool, or a token of its users."""
    pool = remote.pool
    if pool is None:
        return None
    reference = pool.reference
    pool_id = getattr(request, "UserPoolId", None)
    if pool_id is not None:
        return pool if pool_id == pool.id else None
    named = (
        getattr(request, "ClientId", None) == reference.user_pool_client_id
        or getattr(request, "IdentityPoolId", None) == reference.identity_pool_id
        or str(getattr(request, "ResourceArn", None)).endswith(f"/{pool.id}")
        or _is_of(pool, getattr(request, "AccessToken", None))
    )
    return pool if named else None


def _is_of(pool: RemotePool, token: Any) -> bool:
    """Whether a token says that it is the pool's; nothing but the words of a refusal depends on it."""
    try:
        return isinstance(token, str) and tokens.claims_unverified(token).get("iss") in pool.issuers
    except BadToken:
        return False


async def forward(
    ctx: Call, pool: RemotePool, operation: service_model.Operation, request: msgspec.Struct, allow: Callable[[], None]
) -> Answer:
    """`allow` raises what the principal's policies refuse. Raises LivesAtAws for what is not forwarded."""
    if operation.auth != "iam":
        raise _elsewhere(pool, operation)
    ctx.is_denied = True
    allow()
    if operation.name not in FORWARDED:
        raise _elsewhere(pool, operation)
    async with _turn(pool, operation.name):
        await delegating.check(ctx)
        ctx.is_denied = False
        ctx.pool_id = pool.id
        if audit.changes(operation):
            return await asyncio.shield(asyncio.create_task(_change(ctx, pool, operation, request)))
        answer = await pool.aws.call(operation.name, _plain(request))
    if audit.is_recorded(ctx, operation):
        async with ctx.services.database.write() as tx:
            await audit.record(tx, ctx)
    return answer


def _turn(pool: RemotePool, operation: str) -> AbstractAsyncContextManager[Any]:
    """Two who take members away wait for each other, in this process."""
    return pool.changing if operation in ENDS and pool.rules is not None else nullcontext()


async def _change(ctx: Call, pool: RemotePool, operation: service_model.Operation, request: msgspec.Struct) -> Answer:
    """On record, sent, and what became of it on record. Goes on when whoever asked is gone."""
    database = ctx.services.database
    async with database.write() as tx:
        intent = await audit.sent(tx, ctx)
    try:
        answer = await pool.aws.call(operation.name, _plain(request))
    except ServiceError as error:
        async with database.write() as tx:
            await audit.became(tx, ctx, intent, _result(error))
        raise
    finally:
        pool.members.forget()
    ctx.subject = _subject(answer) or ctx.subject
    async with database.write() as tx:
        await audit.became(tx, ctx, intent, audit.OK)
    return answer


def _result(error: ServiceError) -> str:
    return UNKNOWN if isinstance(error, AwsUnreachable) and error.is_sent else error.code


def _subject(answer: Answer) -> str:
    """The sub of a user who was made."""
    attributes = answer.get("User", {}).get("Attributes", [])
    return next((str(each["Value"]) for each in attributes if each["Name"] == "sub"), "")


def _plain(request: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = _without_none(msgspec.to_builtins(request))
    return found


def _without_none(value: Any) -> Any:
    """Members that nobody gave are None in a struct, and are left out on the wire."""
    if isinstance(value, dict):
        return {name: _without_none(inner) for name, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value


def _elsewhere(pool: RemotePool, operation: service_model.Operation) -> LivesAtAws:
    reference = pool.reference
    if operation.service == "cognito-identity":
        return LivesAtAws(
            f"The identity pool {reference.identity_pool_id} is at AWS, and its credentials cannot be verified here: "
            'call with authMode "userPool".'
        )
    what = f"The user pool {pool.id} is at AWS"
    if operation.auth == "iam":
        return LivesAtAws(f"{what}: {operation.name} is to be sent there, and is not passed on by this server.")
    return LivesAtAws(f"{what}, and {operation.name} is a matter between its users and {pool.sign_in_url}.")
