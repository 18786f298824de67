"""The waist: `call(services, principal, operation, request)` is the only way to an operation.

Known? Allowed? Then the transaction is opened, the operation runs, the change is committed, and what waits for the
commit is released. Requests arrive decoded and valid by the service model.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec

from poolhouse import service_model
from poolhouse.access import authorization, resources
from poolhouse.access.principals import Anonymous, Principal
from poolhouse.errors import (
    InternalErrorException,
    MissingAuthenticationTokenException,
    NotImplementedException,
    ResourceNotFoundException,
    ServiceError,
)
from poolhouse.operations._tagging import condition_keys
from poolhouse.operations.context import Call, Services

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
) -> Answer:
    """Answer one request, or raise the ServiceError that the client is to see."""
    entry = served_entry(operation)
    region = services.settings.region if isinstance(principal, Anonymous) else principal.region
    ctx = Call(
        services=services,
        principal=principal,
        now=services.clock(),
        request_id=request_id,
        source_ip=source_ip,
        region=region,
    )
    if operation.auth == "iam":
        authorize(ctx, operation, request)
    if not services.strict:
        return await _run(entry, ctx, request) or {}
    return await _run_strictly(entry, ctx, operation, request)


async def _run(entry: Entry, ctx: Call, request: msgspec.Struct) -> Answer | None:
    if entry.transaction is None:
        return await entry.function(ctx, request)
    database = ctx.services.database
    async with database.write() if entry.transaction == "write" else database.read() as tx:
        ctx._tx = tx  # noqa: SLF001 - the gate is what sets it
        return await entry.function(ctx, request)


async def _run_strictly(entry: Entry, ctx: Call, operation: service_model.Operation, request: msgspec.Struct) -> Answer:
    """In tests the published model checks us: no undeclared error, no answer of another shape."""
    try:
        answer = await _run(entry, ctx, request) or {}
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
    authorization.authorize(
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
    pool_id: str | None = getattr(request, "UserPoolId", None)
    if pool_id is not None and not pool_id.startswith(principal.region + "_"):
        raise ResourceNotFoundException(f"User pool {pool_id} does not exist.")
