"""Manifest to GraphQL: the executable schema of graphql-core, built once per (re)load. Spec sections 4.2 to 4.5."""

from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDeprecatedDirective,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLIncludeDirective,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLString,
)

from poolhouse.define.manifest import (
    HANDED_OVER,
    CustomType,
    Data,
    Operation,
    OperationKind,
    TypeRef,
)
from poolhouse.define.modes import has_api_key

from .scalars import SCALARS

TYPE_NAMES: Final[dict[OperationKind, str]] = {"query": "Query", "mutation": "Mutation"}
_BUILT_IN = {
    "ID": GraphQLID,
    "String": GraphQLString,
    "Int": GraphQLInt,
    "Float": GraphQLFloat,
    "Boolean": GraphQLBoolean,
}


@dataclass(frozen=True, slots=True)
class Api:
    """The compiled form of `Manifest.data`. `operations` maps type name and field name to the definition."""

    data: Data
    schema: GraphQLSchema
    operations: dict[str, dict[str, Operation]]

    @property
    def has_api_key(self) -> bool:
        return has_api_key(self.data)


def build(data: Data) -> Api:
    """Compile one description of the API.

    GraphQL wants a query root. Without declared queries it is an object without fields, which the outputs do not
    mention.
    """
    types = _Types(data)
    roots = {
        kind: GraphQLObjectType(name, {op.name: types.operation(op) for op in data.operations if op.kind == kind})
        for kind, name in TYPE_NAMES.items()
    }
    schema = GraphQLSchema(
        query=roots["query"],
        mutation=roots["mutation"] if roots["mutation"].fields else None,
        types=[*types.scalars.values()],
        directives=[GraphQLSkipDirective, GraphQLIncludeDirective, GraphQLDeprecatedDirective],
        assume_valid=True,
    )
    operations = {name: {op.name: op for op in data.operations if op.kind == kind} for kind, name in TYPE_NAMES.items()}
    return Api(data, schema, operations)


class _Types:
    """GraphQL's types by the Manifest's names."""

    def __init__(self, data: Data) -> None:
        self.scalars = {name: _BUILT_IN.get(name) or _scalar(name) for name in SCALARS}
        self._enums = {e.name: GraphQLEnumType(e.name, {value: value for value in e.values}) for e in data.enums}
        self._objects = {t.name: self._object(t) for t in data.types if "output" in t.used_as}
        self._inputs = {t.name: self._input(t) for t in data.types if "input" in t.used_as}
        success = GraphQLField(GraphQLNonNull(GraphQLBoolean))
        self._handed_over = GraphQLObjectType(HANDED_OVER, {"success": success})

    def operation(self, operation: Operation) -> GraphQLField:
        arguments = {a.name: GraphQLArgument(self._input_type(a.type)) for a in operation.arguments}
        if operation.is_asynchronous:
            return GraphQLField(self._handed_over, args=arguments)
        returns = operation.returns or TypeRef(name="AWSJSON")
        return GraphQLField(self._output_type(returns), args=arguments)

    def _object(self, custom: CustomType) -> GraphQLObjectType:
        return GraphQLObjectType(
            custom.name, lambda: {f.name: GraphQLField(self._output_type(f.type)) for f in custom.fields}
        )

    def _input(self, custom: CustomType) -> GraphQLInputObjectType:
        return GraphQLInputObjectType(
            custom.input_name,
            lambda: {f.name: GraphQLInputField(self._input_type(f.type)) for f in custom.fields},
        )

    def _output_type(self, ref: TypeRef) -> Any:
        named: Any = {"scalar": self.scalars, "enum": self._enums, "custom": self._objects}[ref.kind]
        return _wrapped(named[ref.name], ref)

    def _input_type(self, ref: TypeRef) -> Any:
        named: Any = {"scalar": self.scalars, "enum": self._enums, "custom": self._inputs}[ref.kind]
        return _wrapped(named[ref.name], ref)


def _wrapped(base: Any, ref: TypeRef) -> Any:
    inner = GraphQLNonNull(base) if ref.required else base
    if not ref.array:
        return inner
    return GraphQLNonNull(GraphQLList(inner)) if ref.array_required else GraphQLList(inner)


def _scalar(name: str) -> GraphQLScalarType:
    return GraphQLScalarType(name, parse_value=SCALARS[name].parse)
