"""The waist: `call(services, principal, operation, request)` is the only way to an operation.

Known? Allowed? Then the transaction is opened, the operation runs, the change is committed, and what waits for the
commit is released. Requests arrive decoded and valid by the service model.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec

from poolhouse import service_model, telemetry
from poolhouse.access import authorization, resources
from poolhouse.access.principals import Anonymous, Person, Principal, RoleSession, Root
from poolhouse.errors import (
    DatabaseUnavailable,
    DelegationRefused,
    InternalErrorException,
    MissingAuthenticationTokenException,
    NotImplementedException,
    ResourceNotFoundException,
    ServiceError,
)
from poolhouse.operations import audit, delegation
from poolhouse.operations._tagging import condition_keys
from poolhouse.operations.context import Call, Services
from poolhouse.operations.remote import delegating, forwarding
from poolhouse.store.database import Transaction
from poolhouse.telemetry import Asked

Answer = dict[str, Any]
Function = Callable[[Call, Any], Awaitable[Answer | None]]
Kind = Literal["read", "write"] | None
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True)
class Entry:
    """A served operation: its function and the transaction that it wants."""

    function: Function
    transaction: Kind


_NEEDS_NO_PERMISSION = frozenset({"GetCallerIdentity"})
# What AWS answers although its model does not declare it.
_REFUSED_BY_STS = frozenset({"AccessDeniedException", "InvalidParameterException"})
_MORE_ERRORS = {
    "AdminAddUserToGroup": frozenset({"LimitExceededException"}),
    "AssumeRole": _REFUSED_BY_STS,
    "AssumeRoleWithWebIdentity": _REFUSED_BY_STS,
}
_served: dict[tuple[str, str], Entry] = {}


def operation(name: str, transaction: Kind = None, *, service: str = "cognito-idp") -> Callable[[F], F]:
    """Register the function that answers AWS's operation `name`.

    `transaction` is "read" or "write" for operations that are nothing but database work; None for those that also hash,
    sign or run user code, which open their own blocks.
    """
    if service_model.operation(service, name) is None:
        raise ValueError(f"The model of {service} knows no operation {name}.")

    def register(function: F) -> F:
        _served[service, name] = Entry(function, transaction)
        return function

    return register


def served() -> frozenset[tuple[str, str]]:
    """(service, operation) pairs that are implemented."""
    return frozenset(_served)


def served_entry(operation: service_model.Operation) -> Entry:
    """Raises NotImplementedException, whatever the request says."""
    entry = _served.get((operation.service, operation.name))
    if entry is None:
        raise NotImplementedException(
            f"{operation.service}:{operation.name} is not implemented by this version of Poolhouse."
        )
    return entry


async def call(
    services: Services,
    principal: Principal,
    operation: service_model.Operation,
    request: msgspec.Struct,
    *,
    request_id: str,
    source_ip: str = "",
    person: Person | None = None,
    find_person: Callable[[], Person | None] | None = None,
    way: str = "awsjson",
) -> Answer:
    """Answer one request, or raise the ServiceError that the client is to see.

    `person` is the user on whose behalf the principal acts; `find_person` says so for signed requests, and may refuse.
    A Person who is the principal, and the user whom identity-pool credentials stand for, is found here. `way` is the
    protocol by which the request came.
    """
    entry = served_entry(operation)
    region = services.settings.region if isinstance(principal, Anonymous) else principal.region
    ctx = Call(
        services=services,
        principal=principal,
        now=services.clock(),
        request_id=request_id,
        source_ip=source_ip,
        region=region,
        person=_behind(principal, source_ip) or person,
        way=way,
        operation=operation.name,
        request=request,
    )
    started, result = time.perf_counter(), "ok"
    try:
        if find_person is not None and operation.auth == "iam":
            ctx.is_denied = True
            found = find_person()
            ctx.person = ctx.person or found
        answer = _traced if telemetry.traces.on else _answer
        return await answer(ctx, entry, operation, request)
    except ServiceError as error:
        result = error.code
        if operation.name in audit.SIGN_INS and not ctx.is_denied:
            audit.failed(ctx, request, error)
        elif not ctx.is_told:
            await audit.refused(ctx, operation, error)
        raise
    except BaseException:
        result = "fault"
        raise
    finally:
        telemetry.recent.append(
            Asked(
                ctx.now,
                way,
                operation.name,
                "" if isinstance(principal, Anonymous) else principal.arn,
                result,
                ctx.rule,
                (time.perf_counter() - started) * 1000,
                request_id,
            )
        )


async def _traced(ctx: Call, entry: Entry, operation: service_model.Operation, request: msgspec.Struct) -> Answer:
    """The same as a span, which names the operation and the pool, and never a user."""
    given = {"rpc.system": "aws-api", "rpc.service": operation.service, "rpc.method": operation.name}
    given |= {"aws.request_id": ctx.request_id, "poolhouse.way": ctx.way}
    with telemetry.traces.span(operation.name, given) as span:
        try:
            return await _answer(ctx, entry, operation, request)
        finally:
            if pool := ctx.pool_id or getattr(request, "UserPoolId", None):
                span.set_attribute("poolhouse.user_pool", pool)


async def _answer(ctx: Call, entry: Entry, operation: service_model.Operation, request: msgspec.Struct) -> Answer:
    """Allowed, done, recorded: what was not recorded with its change is recorded before the answer goes out."""
    if (pool := forwarding.concerned(ctx.services.remote, request)) is not None:
        return await forwarding.forward(ctx, pool, operation, request, lambda: authorize(ctx, operation, request))
    if operation.auth == "iam":
        ctx.is_denied = True
        authorize(ctx, operation, request)
        await _delegate(ctx, entry)
        ctx.is_denied = False
        if audit.is_recorded(ctx, operation):
            ctx.after_write = audit.record
    run = _run_strictly if ctx.services.strict else _run
    answer = await run(entry, ctx, operation, request)
    if ctx.after_write is not None and not ctx.recorded:
        async with ctx.services.database.write() as tx:
            await audit.record(tx, ctx)
    elif operation.name == "ForgotPassword":
        audit.asked(ctx, request)
    return answer


def _behind(principal: Principal, address: str) -> Person | None:
    """The user whom the principal is or stands for."""
    if isinstance(principal, Person):
        return principal
    if not isinstance(principal, RoleSession):
        return None
    identity = principal.identity
    if identity is None or identity.sub is None:
        return None
    return Person(
        pool_id=identity.pool_id or "",
        sub=identity.sub,
        username=identity.username or "",
        token_id="",
        address=address,
        via="identityPool",
        account_id=principal.account_id,
        region=principal.region,
    )


async def _delegate(ctx: Call, entry: Entry) -> None:
    """Let delegation have its say wherever a person is behind the call: in the operation's own transaction, and for
    operations that open their own blocks before them and again in each that writes.
    """
    if ctx.person is None:
        return
    if ctx.services.remote.of(ctx.person.pool_id) is not None:
        await delegating.check(ctx)
        return
    ctx.before_write = _check
    if entry.transaction is None:
        async with ctx.services.database.read() as tx:
            await _check(tx, ctx)


async def _check(tx: Transaction, ctx: Call) -> None:
    rule = await delegation.check(ctx, tx, ctx.operation, ctx.request)
    if not rule and isinstance(ctx.principal, Person):
        raise DelegationRefused(f"User is not allowed to perform {ctx.operation}.")
    ctx.rule = rule or ctx.rule


async def _run(entry: Entry, ctx: Call, _operation: service_model.Operation, request: msgspec.Struct) -> Answer:
    if entry.transaction is None:
        return await entry.function(ctx, request) or {}
    if entry.transaction == "write":
        return await _write(entry, ctx, request)
    async with ctx.services.database.read() as tx:
        ctx._tx = tx  # noqa: SLF001 - the gate is what sets it
        if ctx.before_write is not None:
            await ctx.before_write(tx, ctx)
        return await entry.function(ctx, request) or {}


async def _write(entry: Entry, ctx: Call, request: msgspec.Struct) -> Answer:
    """Nothing but database work, so it is done again when it is certain that nothing of it was: PostgreSQL ends one of
    two transactions that wait for each other, and those of a connection that is lost.
    """
    for last in (False, False, True):
        try:
            async with ctx.write() as tx:
                ctx._tx = tx  # noqa: SLF001 - the gate is what sets it
                return await entry.function(ctx, request) or {}
        except DatabaseUnavailable as outage:
            if last or not outage.may_repeat:
                raise
            ctx.recorded = False
    raise AssertionError("the last one returns or raises")


async def _run_strictly(entry: Entry, ctx: Call, operation: service_model.Operation, request: msgspec.Struct) -> Answer:
    """In tests the published model checks us: no undeclared error, no answer of another shape."""
    try:
        answer = await _run(entry, ctx, operation, request)
    except DelegationRefused:
        raise
    except ServiceError as error:
        declared = operation.errors | _MORE_ERRORS.get(operation.name, frozenset())
        if declared.isdisjoint({error.code, error.code.removesuffix("Exception")}):
            raise InternalErrorException(
                f"{operation.name} raised {error.code}, which it does not declare: {error}"
            ) from error
        raise
    problems = service_model.check_answer(operation, answer)
    if problems:
        raise InternalErrorException(f"{operation.name} answered another shape: {problems}")
    return answer


def authorize(ctx: Call, operation: service_model.Operation, request: msgspec.Struct) -> None:
    """Refuse a principal that no policy allows, before anything but the request's own words is looked at."""
    principal = ctx.principal
    if isinstance(principal, Anonymous):
        raise MissingAuthenticationTokenException
    if operation.name in _NEEDS_NO_PERMISSION:
        return
    if not isinstance(principal, Person):
        _ask_policies(ctx, operation, request, principal)
    pool_id: str | None = getattr(request, "UserPoolId", None)
    if pool_id is not None and not pool_id.startswith(principal.region + "_"):
        raise ResourceNotFoundException(f"User pool {pool_id} does not exist.")


def _ask_policies(
    ctx: Call, operation: service_model.Operation, request: msgspec.Struct, principal: Root | RoleSession
) -> None:
    if isinstance(principal, Root):  # whom no policy binds: nothing of the request need be put into their words
        ctx.rule = authorization.ROOT
        return
    ctx.rule = authorization.authorize(
        principal,
        f"{operation.service}:{operation.name}",
        resources.action_resource(
            operation.service, operation.name, request, region=principal.region, account_id=principal.account_id
        ),
        now=ctx.now,
        source_ip=ctx.source_ip or None,
        secure=ctx.services.settings.public_url.startswith("https://"),
        request_keys=condition_keys(operation.name, request),
    )
