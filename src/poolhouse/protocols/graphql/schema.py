"""Manifest to GraphQL: the executable schema of graphql-core and the SDL that AppSync would be given.

Both are built once per (re)load. Spec sections 4.2 to 4.5.
"""

from collections.abc import Iterable
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
    Field,
    Manifest,
    Operation,
    OperationKind,
    Rule,
    TypeRef,
)

from .scalars import SCALARS

"""The result type of an operation whose last handler is asynchronous."""

TYPE_NAMES: Final[dict[OperationKind, str]] = {"query": "Query", "mutation": "Mutation"}
_BUILT_IN = {
    "ID": GraphQLID,
    "String": GraphQLString,
    "Int": GraphQLInt,
    "Float": GraphQLFloat,
    "Boolean": GraphQLBoolean,
}
_DIRECTIVES = {"userPools": "@aws_cognito_user_pools", "apiKey": "@aws_api_key"}


@dataclass(frozen=True, slots=True)
class Api:
    """The compiled form of `Manifest.data`. `operations` maps type name and field name to the definition."""

    data: Data
    schema: GraphQLSchema
    operations: dict[str, dict[str, Operation]]

    @property
    def has_api_key(self) -> bool:
        return self.data.api_key_expires_in_days is not None or self.data.default_mode == "apiKey"


def build(data: Data) -> Api:
    """Compile one description of the API.

    GraphQL wants a query root. Without declared queries it is an object without fields, which neither the SDL nor the
    outputs mention.
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


def sdl(manifest: Manifest) -> str:
    """The API in the schema language, with AppSync's directives, as it is deployed. Empty without data."""
    if manifest.data is None:
        return ""
    data = manifest.data
    inputs = {t.name: t.input_name for t in data.types if "input" in t.used_as}
    guards = _guards(data)
    blocks = [_block("enum", e.name, "", e.values) for e in data.enums]
    for custom in data.types:
        if "output" in custom.used_as:
            lines = [f"{f.name}: {_ref(f.type)}" for f in custom.fields]
            blocks.append(_block("type", custom.name, _type_directives(guards.get(custom.name, ())), lines))
    blocks += [
        _block("input", inputs[custom.name], "", [_argument(f, inputs) for f in custom.fields])
        for custom in data.types
        if custom.name in inputs
    ]
    if any(op.is_asynchronous for op in data.operations):
        blocks.append(_block("type", HANDED_OVER, _type_directives(guards.get(HANDED_OVER, ())), ["success: Boolean!"]))
    for kind, name in TYPE_NAMES.items():
        fields = [_operation_line(op, inputs) for op in data.operations if op.kind == kind]
        if fields:
            blocks.append(_block("type", name, " @aws_iam", fields))
    return "\n".join(blocks)


def _block(keyword: str, name: str, directives: str, lines: Iterable[str]) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f"{keyword} {name}{directives} {{\n{body}}}\n"


def _ref(ref: TypeRef, rename: dict[str, str] | None = None) -> str:
    name = (rename or {}).get(ref.name, ref.name) + ("!" if ref.required else "")
    return f"[{name}]{'!' if ref.array_required else ''}" if ref.array else name


def _argument(field: Field, inputs: dict[str, str]) -> str:
    return f"{field.name}: {_ref(field.type, inputs if field.type.kind == 'custom' else None)}"


def _operation_line(operation: Operation, inputs: dict[str, str]) -> str:
    arguments = ", ".join(_argument(field, inputs) for field in operation.arguments)
    returns = HANDED_OVER if operation.is_asynchronous else _ref(operation.returns or TypeRef(name="AWSJSON"))
    named = f"{operation.name}({arguments})" if arguments else operation.name
    providers = dict.fromkeys(_DIRECTIVES[rule.provider] for rule in operation.rules if rule.provider in _DIRECTIVES)
    return " ".join([f"{named}: {returns}", "@aws_iam", *providers])


def _guards(data: Data) -> dict[str, tuple[Rule, ...]]:
    """The rules of the operations through which each object type can be reached."""
    types = {t.name: t for t in data.types}
    found: dict[str, tuple[Rule, ...]] = {}
    for operation in data.operations:
        start = HANDED_OVER if operation.is_asynchronous else operation.returns.name if operation.returns else ""
        pending, seen = [start], set[str]()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            found[name] = (*found.get(name, ()), *operation.rules)
            pending += [f.type.name for f in types[name].fields] if name in types else []
    return found


def _type_directives(rules: Iterable[Rule]) -> str:
    """Group rules name their groups on the type, unless some rule lets every user of the pool in."""
    listed = list(rules)
    directives = ["@aws_iam"]
    pool_rules = [rule for rule in listed if rule.provider == "userPools"]
    if any(rule.strategy == "authenticated" for rule in pool_rules):
        directives.append("@aws_cognito_user_pools")
    elif pool_rules:
        groups = ", ".join(f'"{group}"' for group in dict.fromkeys(g for rule in pool_rules for g in rule.groups))
        directives.append(f"@aws_cognito_user_pools(cognito_groups: [{groups}])")
    if any(rule.provider == "apiKey" for rule in listed):
        directives.append("@aws_api_key")
    return "".join(f" {directive}" for directive in directives)
