"""Sign-ins and passwords of users. A success is written with the sign-in, in its transaction.

What failed waits in memory for a moment and is written by the background task: a request does the same work for users
who exist and for names that nobody has. Names that nobody has are never written, only counted.
"""

from typing import Any, Final, NamedTuple

from poolhouse.access.principals import Anonymous
from poolhouse.errors import ServiceError
from poolhouse.operations.context import Call, Services
from poolhouse.operations.unwritten import Attempt, Note
from poolhouse.store import clients, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.users import User

from .recording import OK
from .rows import new_event_id, write

KIND: Final = "sign-in"
IN_PROGRESS: Final = "in progress"
"""The result of a sign-in that waits for the answer to a challenge."""
EACH_USER: Final = 20
"""Equal failures of one user that are written one by one in a minute; the waits after wrong passwords allow fewer."""
# Mistakes of a client's developer, and of ours: nobody tried to sign in.
_NO_ATTEMPT: Final = frozenset(
    {
        "InternalErrorException",
        "InvalidLambdaResponseException",
        "InvalidParameterException",
        "InvalidUserPoolConfigurationException",
        "ResourceNotFoundException",
        "UnexpectedLambdaException",
    }
)
_REFRESHES: Final = frozenset({"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"})


async def signed(tx: Transaction, ctx: Call, user: User, client_id: str = "") -> None:
    """A user signed in, signed up, or has another password, in the transaction of that."""
    await _passed(tx, ctx, user, client_id, OK)


async def challenged(tx: Transaction, ctx: Call, user: User, client_id: str) -> None:
    """A sign-in got past its first factor and stops at a challenge: on record when it stops first.

    What becomes of it is on record with the id of this record as `sign_in`.
    """
    if not ctx.sign_in:
        ctx.sign_in = await _passed(tx, ctx, user, client_id, IN_PROGRESS)


async def _passed(tx: Transaction, ctx: Call, user: User, client_id: str, result: str) -> str:
    """The id of the record."""
    actor = user_arn(ctx.services, user.pool_id, user.sub) if isinstance(ctx.principal, Anonymous) else _principal(ctx)
    body = _body(ctx, client_id) | {"username": user.username}
    await write(tx, ctx.services.vault, Note(ctx.now, user.pool_id, KIND, ctx.operation, actor, user.sub, result, body))
    return str(body["event_id"])


def failed(ctx: Call, request: Any, error: ServiceError) -> None:
    """A sign-in that was refused; the same work whoever it was."""
    if getattr(request, "AuthFlow", "") not in _REFRESHES:
        failed_as(ctx, _typed(request), getattr(request, "ClientId", None) or "", error)


def failed_as(ctx: Call, typed: str, client_id: str, error: ServiceError) -> None:
    """The same, where the name and the app client are known without a request."""
    if (typed or ctx.subject) and error.code not in _NO_ATTEMPT:
        _attempted(ctx, typed, client_id, error.code)


def asked(ctx: Call, request: Any) -> None:
    """A code for a forgotten password was sent, or is said to have been."""
    _attempted(ctx, _typed(request), request.ClientId, OK)


def _attempted(ctx: Call, typed: str, client_id: str, result: str) -> None:
    actor = "" if isinstance(ctx.principal, Anonymous) else _principal(ctx)
    body = _body(ctx, client_id)
    ctx.services.unwritten.attempted(
        Attempt(ctx.now, client_id, ctx.pool_id, ctx.operation, actor, typed, ctx.subject, result, body)
    )


class Known(NamedTuple):
    """What is to be written of an attempt, whose it is, and how many of its kind are written one by one."""

    note: Note
    caller: str
    each: int


async def note_of(services: Services, tx: Transaction, attempt: Attempt) -> Known | None:
    """None when the app client is gone."""
    pool_id = attempt.pool_id
    if not pool_id:
        client = await clients.find(tx, attempt.client_id)
        if client is None:
            return None
        pool_id = client.pool_id
    sub, body = attempt.sub, attempt.body
    if not sub:
        pool = await pools.find(tx, pool_id)
        user = await users.find(tx, pool, attempt.typed) if pool else None
        if user is not None:
            sub, body = user.sub, body | {"username": user.username}
    actor = attempt.actor or (user_arn(services, pool_id, sub) if sub else "")
    note = Note(attempt.at, pool_id, KIND, attempt.operation, actor, sub, attempt.result, body)
    return Known(note, sub, EACH_USER) if sub else Known(note, f"unknown in {pool_id}", 1)


def _body(ctx: Call, client_id: str) -> dict[str, Any]:
    body = {
        "event_id": new_event_id(),
        "address": ctx.source_ip,
        "request_id": ctx.request_id,
        "way": ctx.way,
        "client_id": client_id,
        "challenge": getattr(ctx.request, "ChallengeName", None) or getattr(ctx.request, "AuthFlow", None) or "",
    }
    if ctx.sign_in:
        body["sign_in"] = ctx.sign_in
    return body


def _typed(request: Any) -> str:
    """The name that was given, wherever the operation has it."""
    for member in ("AuthParameters", "ChallengeResponses"):
        given = getattr(request, member, None)
        if given is not None:
            return str(given.get("USERNAME", ""))
    return getattr(request, "Username", None) or ""


def _principal(ctx: Call) -> str:
    assert not isinstance(ctx.principal, Anonymous)
    return ctx.principal.arn if ctx.person is None else ctx.person.arn


def user_arn(services: Services, pool_id: str, sub: str) -> str:
    region, account = pool_id.partition("_")[0], services.settings.account_id
    return f"arn:aws:cognito-idp:{region}:{account}:userpool/{pool_id}/user/{sub}"
