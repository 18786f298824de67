"""Who called a function: sealed for its role, carried by the trace header of the SDK, opened when the function calls.

The worker hands the seal to the Lambda runtime behind the trace id of the invocation, and boto3 sends what it finds
there with every call, so that a handler needs no change. Functions that no user called have no caller.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from poolhouse.access.principals import Person, Principal, RoleSession
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import DelegationRefused
from poolhouse.functions import Functions, Invocation

from .context import Services

Way = Literal["graphql", "rest"]
_PURPOSE: Final = "function-caller"
_FIELD: Final = "Caller="
_LIFETIME: Final = 86_400_000_000
_LONGEST: Final = 8192
_FOREIGN: Final = "The call names a caller who was not sealed for the role that signed it."
_PAST: Final = "The caller on whose behalf the function acts called more than a day ago."


class Asker(NamedTuple):
    """A user who asks for a function to be run. `token_id` is the jti of his token, empty for credentials."""

    pool_id: str
    sub: str
    username: str
    token_id: str
    address: str
    way: Way


class Handed(NamedTuple):
    """A back-end principal that asks for a function to be run, with the trace header of its request."""

    principal: Principal
    trace: str


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    """`until` in microseconds."""

    role_arn: str
    until: int
    pool_id: str
    sub: str
    username: str
    token_id: str
    address: str
    way: Way | Literal["console", "identityPool"]


def sealed(services: Services, person: Person, function_role_arn: str) -> str:
    """The person as text of A-Z, a-z, 0-9, "-" and "_", which counts for a day, with credentials of this role only."""
    until = services.clock() + _LIFETIME
    return services.vault.seal_token(
        _PURPOSE,
        _Sealed(
            role_arn=function_role_arn,
            until=until,
            pool_id=person.pool_id,
            sub=person.sub,
            username=person.username,
            token_id=person.token_id,
            address=person.address,
            way=person.via,
        ),
    )


def person_of(services: Services, principal: Principal, trace_header: str) -> Person | None:
    """Who called the function that makes this call; None where the header names nobody.

    Raises DelegationRefused for a caller who was not sealed for the principal's role, or was sealed too long ago: such
    a call is not one without a caller.
    """
    token = _named(trace_header)
    if token is None:
        return None
    if not isinstance(principal, RoleSession) or principal.identity is not None or len(token) > _LONGEST:
        raise DelegationRefused(_FOREIGN)
    try:
        found = services.vault.open_token(_PURPOSE, token, _Sealed)
    except BrokenSeal as error:
        raise DelegationRefused(_FOREIGN) from error
    if found.role_arn != principal.role_arn:
        raise DelegationRefused(_FOREIGN)
    if services.clock() >= found.until:
        raise DelegationRefused(_PAST)
    return _person(services, found)


def _person(services: Services, told: _Sealed | Asker) -> Person:
    return Person(
        pool_id=told.pool_id,
        sub=told.sub,
        username=told.username,
        token_id=told.token_id,
        address=told.address,
        via=told.way,
        account_id=services.settings.account_id,
        region=told.pool_id.partition("_")[0],
    )


def _named(trace_header: str) -> str | None:
    """What the header's fields say about a caller. Two callers are as good as a forged one."""
    fields = [field.strip() for field in trace_header.split(";")] if _FIELD in trace_header else []
    named = [field.removeprefix(_FIELD) for field in fields if field.startswith(_FIELD)]
    return ";".join(named) if named else None


class OnBehalf:
    """The functions of an applied backend, which are told who called them."""

    def __init__(self, services: Services, functions: Functions, roles: Mapping[str, str]) -> None:
        self._services = services
        self._functions = functions
        self._roles = roles

    async def invoke(self, name: str, event: bytes, *, asker: Asker | Handed | None = None) -> Invocation:
        """Run and wait. What goes wrong is the invocation's error; a forged caller raises DelegationRefused."""
        return await self._functions.invoke(name, event, caller=self._caller(name, asker))

    async def invoke_async(self, name: str, event: bytes, *, asker: Asker | Handed | None = None) -> str:
        """Accept the event and return; raises the ServiceErrors of `Functions.invoke_async`, and DelegationRefused."""
        return await self._functions.invoke_async(name, event, caller=self._caller(name, asker))

    def _caller(self, name: str, asker: Asker | Handed | None) -> str:
        role = self._roles.get(name)
        person = None if asker is None or role is None else self._person(asker)
        return "" if person is None or role is None else sealed(self._services, person, role)

    def _person(self, asker: Asker | Handed) -> Person | None:
        if isinstance(asker, Handed):
            return person_of(self._services, asker.principal, asker.trace)
        return _person(self._services, asker)
