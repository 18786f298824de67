"""Custom queries and mutations as the user chains them, and their function handlers."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import msgspec

from poolhouse.errors import InvalidSchemaError

from .access import check_function
from .closed import Closed
from .fields import FieldType, check_field, check_fields
from .functions import FunctionDefinition
from .manifest import OperationKind
from .places import Place, here
from .rules import OperationAllow, OperationRule, OperationRules, rules_of
from .words import not_served, shown


class FunctionHandler(Closed, msgspec.Struct, frozen=True, eq=False):
    """`a.handler.function(function)`. `async` is a keyword of Python, so the method is spelled `async_()`."""

    title: ClassVar[str] = "a.handler.function(...)"
    error: ClassVar = InvalidSchemaError
    definition: FunctionDefinition
    place: Place
    asynchronous: bool = False

    def async_(self) -> Self:
        """Hand the call over and answer at once; as the last handler it makes the result EventInvocationResponse."""
        return msgspec.structs.replace(self, asynchronous=True)


if not TYPE_CHECKING:
    setattr(FunctionHandler, "async", FunctionHandler.async_)


class HandlerKinds(Closed):
    """`a.handler`. Functions are served; resolvers in JavaScript and SQL are refused by name."""

    __slots__ = ()
    title = "a.handler"
    error = InvalidSchemaError
    unserved = ("custom", "inlineSql", "sqlReference")
    foreign: ClassVar[Mapping[str, str]] = dict.fromkeys(unserved, "Use a.handler.function(function).")

    def function(self, function: FunctionDefinition) -> FunctionHandler:
        """Let a function of `define_function` answer the operation."""
        if isinstance(function, str):
            raise not_served(
                f"The name of a deployed function ({shown(function)}) as a handler",
                here(),
                "Pass what define_function() returned.",
            )
        return FunctionHandler(check_function(function, "a.handler.function()", InvalidSchemaError), here())


class OperationDefinition(Closed, msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """`a.query()` or `a.mutation()`. Every method may be called once, in any order, and gives a changed copy."""

    title: ClassVar[str] = "A query or mutation"
    error: ClassVar = InvalidSchemaError
    unserved: ClassVar[tuple[str, ...]] = ("for_",)
    kind: OperationKind
    place: Place
    called: frozenset[str] = frozenset()
    given_arguments: dict[str, FieldType] = {}
    given_returns: FieldType | None = None
    given_rules: tuple[OperationRule, ...] = ()
    given_handlers: tuple[FunctionHandler, ...] = ()

    def arguments(self, fields: Mapping[str, FieldType]) -> Self:
        """Take these arguments, in this order."""
        checked = check_fields(fields, ".arguments()", here(), empty=True)
        return self._once("arguments", given_arguments=checked)

    def returns(self, field: FieldType) -> Self:
        """Answer this type."""
        return self._once("returns", given_returns=check_field(field, "The type of .returns()", here()))

    def authorization(self, rules: OperationRules) -> Self:
        """Allow the call to whom the rules name; nobody else gets through."""
        given: Any = rules_of(rules, OperationAllow(), here())
        return self._once("authorization", given_rules=given)

    def handler(self, handler: FunctionHandler | Sequence[FunctionHandler]) -> Self:
        """Run a function, or several one after the other."""
        listed = handler if isinstance(handler, list | tuple) else [handler]
        if not listed:
            raise InvalidSchemaError(
                ".handler() needs at least one handler.",
                resolution="Write .handler(a.handler.function(function)).",
                location=str(here()),
            )
        for one in listed:
            if not isinstance(one, FunctionHandler):
                raise InvalidSchemaError(
                    f".handler() cannot take {shown(one)}: handlers must all be of one kind, a function.",
                    resolution="Write a.handler.function(function) for each.",
                    location=str(here()),
                )
        return self._once("handler", given_handlers=tuple(listed))

    def _once(self, method: str, **changed: Any) -> Self:
        if method in self.called:
            raise InvalidSchemaError(
                f".{method}() was called already.", resolution=f"Call .{method}() once.", location=str(here())
            )
        return msgspec.structs.replace(self, called=self.called | {method}, **changed)
