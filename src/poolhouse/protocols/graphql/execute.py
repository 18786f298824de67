"""Runs one planned operation: guards each field, invokes its handlers, completes their results.

Whatever happens once a handler may have run is a field error inside an HTTP 200, because clients repeat mutations that
were answered with a 5xx (spec section 7.5).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec
from graphql import GraphQLNonNull

from poolhouse.access.fields import BackendCaller, Caller, Guard, IdentityCaller, grounds, hint
from poolhouse.define.manifest import Operation
from poolhouse.errors import ServiceError
from poolhouse.operations.callers import Asker, Handed

from .answers import field_error
from .documents import Prepared
from .events import FIRST, Envelope
from .plan import Plan, Selected
from .results import Errors, NullRises, complete
from .schema import Api

Log = Callable[..., None]
"""`log(event, **facts)`."""

UNHANDLED: Final = "Lambda:Unhandled"
_ACCEPTED: Final = msgspec.Raw(b'{"success":true}')
_NOT_ACCEPTED: Final = msgspec.Raw(b'{"success":false}')
_NULL: Final = msgspec.Raw(b"null")
# Refusals of the function runtime itself; a handler's own exception of the same name has a stack.
_REFUSED_TO_RUN: Final = frozenset(
    {"TooManyRequestsException", "RequestTooLargeException", "ResourceNotFoundException"}
)


class InvocationError(Protocol):
    """Why a function failed."""

    @property
    def type(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def stack(self) -> tuple[str, ...]: ...


class Invocation(Protocol):
    """The outcome of one function run: its JSON, or its error."""

    @property
    def payload(self) -> bytes | None: ...
    @property
    def error(self) -> InvocationError | None: ...


class Invoker(Protocol):
    """The functions of the backend, by name."""

    async def invoke(self, name: str, event: bytes, *, asker: Asker | Handed | None = None) -> Invocation:
        """Run and wait, on behalf of `asker`. What goes wrong is the invocation's error."""
        ...

    async def invoke_async(self, name: str, event: bytes, *, asker: Asker | Handed | None = None) -> object:
        """Accept the event and return; raises a ServiceError when it cannot be accepted."""
        ...


class FieldFailed(Exception):
    """A handler gave no result."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


@dataclass(slots=True, kw_only=True)
class Execution:
    """One operation on its way. `caller` has passed gate A, `asker` is who is behind it for the handlers; `deadline`
    is the event loop's time.
    """

    api: Api
    guard: Guard
    invoker: Invoker
    log: Log
    development: bool
    caller: Caller
    asker: Asker | Handed | None
    envelope: Envelope
    prepared: Prepared
    plan: Plan
    given: dict[str, Any]
    variables: dict[str, Any]
    deadline: float
    request_id: str
    denied: Callable[[str, str], None]
    opened: Callable[[str], None]
    _meta: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> dict[str, Any]:
        """The answer: `data`, and `errors` when there are any."""
        if self.plan.introspects:
            self._meta = self.prepared.introspect(self.plan, self.given)
        fields = self.plan.fields
        outcomes: list[tuple[Any, Errors]] = []
        if self.prepared.is_mutation or len(fields) == 1:
            for selected in fields:
                outcomes.append(await self._field(selected))
                if outcomes[-1][0] is _RISEN:
                    break  # data is null already, so nothing more may be changed
        else:
            outcomes = await asyncio.gather(*(self._field(selected) for selected in fields))
        return _answer(fields, outcomes)

    async def _field(self, selected: Selected) -> tuple[Any, Errors]:
        errors: Errors = []
        try:
            return await self._value(selected, errors), errors
        except NullRises:
            return _RISEN, errors
        except FieldFailed as failure:
            self.log(
                "graphql.field_failed", field=selected.name, error_type=failure.error_type, request_id=self.request_id
            )
            errors.append(field_error((selected.key,), failure.error_type, failure.message, selected.locations))
        except Exception as fault:  # noqa: BLE001 - the edge: a handler may have run, so no 5xx may follow
            self.log("graphql.fault", field=selected.name, request_id=self.request_id, exc_info=fault)
            message = f"Something went wrong on our side ({self.request_id})."
            errors.append(field_error((selected.key,), "InternalFailure", message, selected.locations))
        return (_RISEN if isinstance(selected.type, GraphQLNonNull) else None), errors

    async def _value(self, selected: Selected, errors: Errors) -> Any:
        if selected.name == "__typename":
            return selected.parent
        operation = self.api.operations[selected.parent].get(selected.name)
        if not self._permitted(selected, operation):
            errors.append(self._denied(selected, operation))
            if isinstance(selected.type, GraphQLNonNull):
                raise NullRises
            return None
        if operation is None:
            return self._meta.get(selected.key)
        payload = await self._handlers(operation, selected, errors)
        return complete(selected, _decoded(payload), (selected.key,), errors)

    def _permitted(self, selected: Selected, operation: Operation | None) -> bool:
        """Introspection has no rule: it is for everybody but identity-pool credentials, which have no policy for it."""
        if operation is None and not isinstance(self.caller, BackendCaller):
            return not isinstance(self.caller, IdentityCaller)
        rules = operation.rules if operation else ()
        rule = grounds(self.guard, self.caller, selected.parent, selected.name, rules)
        if rule:
            self.opened(rule)
        return bool(rule)

    def _denied(self, selected: Selected, operation: Operation | None) -> dict[str, Any]:
        message = f"Not Authorized to access {selected.name} on type {selected.parent}"
        advice = hint(self.caller, operation.rules if operation else ())
        self.log("graphql.denied", field=selected.name, hint=advice, request_id=self.request_id)
        self.denied(f"{selected.parent}.{selected.name}", advice)
        shown = advice if self.development else None
        return field_error((selected.key,), "Unauthorized", message, selected.locations, shown)

    async def _handlers(self, operation: Operation, selected: Selected, errors: Errors) -> msgspec.Raw:
        """Run the pipeline: each handler sees what the one before it returned."""
        assert selected.bind, "root fields have arguments"
        arguments = selected.bind(self.variables)
        previous = FIRST
        for handler in operation.handlers:
            event = self.envelope.event(selected.parent, selected.name, arguments, previous)
            try:
                async with asyncio.timeout_at(self.deadline):
                    if handler.asynchronous:
                        previous = await self._hand_over(handler.function, event, selected, errors)
                    else:
                        previous = _returned(await self.invoker.invoke(handler.function, event, asker=self.asker))
            except TimeoutError:
                raise FieldFailed("ExecutionTimeout", "Execution timed out.") from None
            except ServiceError as error:
                raise FieldFailed(f"Lambda:{error.code}", error.message) from error
        return previous if operation.handlers else _NULL

    async def _hand_over(self, function: str, event: bytes, selected: Selected, errors: Errors) -> msgspec.Raw:
        """Fire and forget; a function that cannot even accept the event is an error beside `success: false`."""
        try:
            await self.invoker.invoke_async(function, event, asker=self.asker)
        except ServiceError as error:
            self.log("graphql.not_accepted", field=selected.name, error_type=error.code, request_id=self.request_id)
            errors.append(field_error((selected.key,), f"Lambda:{error.code}", error.message, selected.locations))
            return _NOT_ACCEPTED
        return _ACCEPTED


_RISEN: Final = object()
"""The whole of `data` is null."""


def _answer(fields: tuple[Selected, ...], outcomes: list[tuple[Any, Errors]]) -> dict[str, Any]:
    risen = any(value is _RISEN for value, _ in outcomes)
    data = None if risen else {selected.key: value for selected, (value, _) in zip(fields, outcomes, strict=True)}
    answer: dict[str, Any] = {"data": data}
    errors = [error for _, found in outcomes for error in found]
    if errors:
        answer["errors"] = errors
    return answer


def _returned(invocation: Invocation) -> msgspec.Raw:
    error = invocation.error
    if error is None:
        return msgspec.Raw(invocation.payload) if invocation.payload else _NULL
    refused = error.type in _REFUSED_TO_RUN and not error.stack
    raise FieldFailed(f"Lambda:{error.type}" if refused else UNHANDLED, error.message)


def _decoded(payload: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise FieldFailed(UNHANDLED, "The handler's result is no JSON that can be read.") from None
