"""Records of what administrators do: with the change, in its transaction; of what was refused, behind the rollback.

Also of callers whom GraphQL or REST refuses before any operation, and of what the operator does at the command line.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec

from poolhouse import service_model
from poolhouse.access.principals import Anonymous, Person, RoleSession
from poolhouse.crypto.vault import Vault
from poolhouse.errors import AccessDeniedException, DelegationRefused, ServiceError
from poolhouse.operations.context import Call, Services
from poolhouse.operations.unwritten import Note
from poolhouse.store import groups
from poolhouse.store.database import Transaction

from .command_line import COMMAND_LINE, typed_by
from .requests import shown
from .rows import new_event_id, write

OK: Final = "ok"
SENT: Final = "sent"
"""The result of what goes to a pool at AWS, before it has answered."""
SIGN_INS: Final = frozenset(
    {
        "InitiateAuth",
        "AdminInitiateAuth",
        "RespondToAuthChallenge",
        "AdminRespondToAuthChallenge",
        "SignUp",
        "ForgotPassword",
        "ConfirmForgotPassword",
        "ChangePassword",
    }
)
"""Operations by which users sign in and come by passwords: `sign_ins` records them."""
_READS: Final = ("Get", "List", "Describe", "AdminGet", "AdminList")
# What a request is about, the most telling first.
_SUBJECTS: Final = (
    "Username",
    "GroupName",
    "ClientId",
    "ProviderName",
    "Identifier",
    "Domain",
    "JobId",
    "JobName",
    "IdentityPoolId",
    "IdentityId",
    "RoleArn",
    "ResourceArn",
    "PoolName",
    "ClientName",
    "IdentityPoolName",
)
_REFUSED_BY_RULE: Final = (AccessDeniedException, DelegationRefused)


@cache
def changes(operation: service_model.Operation) -> bool:
    """Whether it is an administrator's operation that does more than to look."""
    return operation.auth == "iam" and operation.name not in SIGN_INS and not operation.name.startswith(_READS)


def is_recorded(ctx: Call, operation: service_model.Operation) -> bool:
    """Whether a success is recorded: every change, and what a person looked at; with audit_reads=all every look."""
    if operation.auth != "iam" or operation.name in SIGN_INS:
        return False
    return ctx.person is not None or changes(operation) or ctx.services.settings.audit_reads == "all"


async def record(tx: Transaction, ctx: Call) -> None:
    """What was done, in the transaction that does it: both happen or neither."""
    await write(tx, ctx.services.vault, await told(tx, ctx))
    ctx.recorded = True


async def told(tx: Transaction, ctx: Call) -> Note:
    """What the record of a call that succeeds says."""
    live = None if ctx.person is None else await _live_groups(tx, ctx.person, ctx.groups)
    return _note(ctx, OK, live)


async def sent(tx: Transaction, ctx: Call) -> str:
    """What is about to be sent to the pool at AWS; the id of the record."""
    live = None if ctx.person is None else await _live_groups(tx, ctx.person, ctx.groups)
    note = _note(ctx, SENT, live)
    await write(tx, ctx.services.vault, note)
    event_id: str = note.body["event_id"]
    return event_id


async def became(tx: Transaction, ctx: Call, intent: str, result: str) -> None:
    """What became of it there: OK, AWS's error code, or that nobody knows. `intent` is the id of what was `sent`."""
    note = _note(ctx, result, ctx.groups)
    note.body["intent"] = intent
    await write(tx, ctx.services.vault, note)
    ctx.recorded = ctx.is_told = True


async def refused(ctx: Call, operation: service_model.Operation, error: ServiceError) -> None:
    """What was not done, in a transaction of its own. Floods of the same refusal are counted.

    Of lookers who need no record, only those whom a rule turned away are recorded; strangers never are.
    """
    by_rule = isinstance(error, _REFUSED_BY_RULE)
    if operation.auth != "iam" or isinstance(ctx.principal, Anonymous):
        return
    if not by_rule and not is_recorded(ctx, operation):
        return
    if by_rule:
        ctx.rule = error.message
    services = ctx.services
    note = _note(ctx, error.code, ctx.groups)
    if not services.unwritten.admits(note, _budget(ctx)):
        return
    async with services.database.write() as tx:
        if ctx.person is not None:
            note.body["groups"] = await _live_groups(tx, ctx.person, ctx.groups)
        await write(tx, services.vault, note)


async def access_refused(
    services: Services,
    *,
    actor: str,
    pool_id: str,
    subject: str,
    what: str,
    way: str,
    address: str,
    request_id: str,
    rule: str,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """A verified caller whom the guard of GraphQL or REST turned away; `what` is the field or route, `subject` his sub.

    `facts` are what else is known of him: username, groups, token_id.
    """
    body = {
        "event_id": new_event_id(),
        "address": address,
        "request_id": request_id,
        "way": way,
        "rule": rule,
        "principal": actor,
        **{name: value for name, value in (facts or {}).items() if value},
    }
    note = Note(services.clock(), pool_id, "access", what, actor, subject, "AccessDenied", body)
    if not services.unwritten.admits(note, actor):
        return
    async with services.database.write() as tx:
        await write(tx, services.vault, note)


async def operator_did(
    tx: Transaction,
    vault: Vault,
    now: int,
    *,
    principal: str,
    operation: str,
    subject: str = "",
    pool_id: str = "",
    way: str = COMMAND_LINE,
    request: Mapping[str, Any] | None = None,
) -> None:
    """What somebody with the master key and the database did without an operation of AWS's, in its transaction."""
    body = {
        "event_id": new_event_id(),
        "way": way,
        **typed_by(way),
        "rule": "root",
        "principal": principal,
        "request": dict(request or {}),
    }
    await write(tx, vault, Note(now, pool_id, "admin", operation, principal, subject, OK, body))


# --- the words ---------------------------------------------------------------------------------------------


def _note(ctx: Call, result: str, live: tuple[str, ...] | None) -> Note:
    principal, person, request = ctx.principal, ctx.person, ctx.request
    assert not isinstance(principal, Anonymous), "strangers administer nothing"
    arn = principal.arn
    body = {
        "event_id": new_event_id(),
        "address": ctx.source_ip,
        "request_id": ctx.request_id,
        "way": ctx.way,
        **typed_by(ctx.way),
        "rule": ctx.rule,
        "principal": arn,
        "request": shown(request),
    }
    if person is not None:
        body |= _about(person, live)
        arn, body["address"] = person.arn, person.address or ctx.source_ip
    pool_id = ctx.pool_id or getattr(request, "UserPoolId", None) or ""
    return Note(ctx.now, pool_id, "admin", ctx.operation, arn, ctx.subject or _named(request), result, body)


def _about(person: Person, live: tuple[str, ...] | None) -> dict[str, Any]:
    return {
        "sub": person.sub,
        "username": person.username,
        "groups": live or (),
        "token_id": person.token_id,
        "via": person.via,
    }


def _named(request: msgspec.Struct) -> str:
    for name in _SUBJECTS:
        value = getattr(request, name, None)
        if value:
            return str(value)
    return ""


async def _live_groups(tx: Transaction, person: Person, known: tuple[str, ...] | None) -> tuple[str, ...]:
    """The groups of the person behind a call, as they are now; `known` when the call has found out already."""
    return await groups.names_of_sub(tx, person.pool_id, person.sub) if known is None else known


def _budget(ctx: Call) -> str:
    """Whose refusals are counted together: sessions of one role have as many names as somebody likes."""
    if ctx.person is not None:
        return ctx.person.arn
    return ctx.principal.role_arn if isinstance(ctx.principal, RoleSession) else "root"
