"""What callers send: variables and literals become the arguments that handlers see. Spec sections 4.2, 4.11 and 5.2."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    FloatValueNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    type_from_ast,
)

from .answers import Refusal, invalid, locations_of
from .scalars import SCALARS, Invalid, shown

Coerce = Callable[[Any], Any]
Variables = Mapping[str, Any]
Bind = Callable[[Variables], dict[str, Any]]

_ABSENT: Final = object()


class _NullRefused(Exception):
    """Null where the type forbids it; `name` is the input field, None for the variable itself."""

    def __init__(self, type_text: str, name: str | None = None) -> None:
        super().__init__(type_text)
        self.type_text = type_text
        self.name = name


def coercer(type_: Any) -> Coerce:
    """The function that turns decoded JSON into a value of an input type. It raises Invalid or _NullRefused."""
    if isinstance(type_, GraphQLNonNull):
        return _non_null(coercer(type_.of_type), str(type_))
    if isinstance(type_, GraphQLList):
        return _nullable(_list(coercer(type_.of_type)))
    if isinstance(type_, GraphQLEnumType):
        return _nullable(_enum(type_))
    if isinstance(type_, GraphQLInputObjectType):
        return _nullable(_object(type_))
    return _nullable(SCALARS[type_.name].parse)


def _non_null(inner: Coerce, text: str) -> Coerce:
    def coerce(value: Any) -> Any:
        if value is None:
            raise _NullRefused(text)
        return inner(value)

    return coerce


def _nullable(inner: Coerce) -> Coerce:
    return lambda value: None if value is None else inner(value)


def _list(item: Coerce) -> Coerce:
    """A single value stands for a list of one."""
    return lambda value: [item(one) for one in value] if isinstance(value, list) else [item(value)]


def _enum(type_: GraphQLEnumType) -> Coerce:
    names = frozenset(type_.values)

    def coerce(value: Any) -> Any:
        if isinstance(value, str) and value in names:
            return value
        raise Invalid(f"Invalid input for Enum '{type_.name}'. No value found for name '{shown(value)}'.")

    return coerce


def _object(type_: GraphQLInputObjectType) -> Coerce:
    # Input types may refer to each other in circles, so their fields are looked at when the first value comes.
    fields: dict[str, tuple[Coerce, bool]] = {}

    def coerce(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Invalid(f"Expected an object for type '{type_.name}'.")
        if not fields:
            fields.update({n: (coercer(f.type), isinstance(f.type, GraphQLNonNull)) for n, f in type_.fields.items()})
        for name in value:
            if name not in fields:
                raise Invalid(f"Input object type '{type_.name}' defines no field '{shown(name)}'.")
        found = {}
        for name, (inner, required) in fields.items():
            if name in value:
                found[name] = _named(inner, value[name], name)
            elif required:
                raise _NullRefused(str(type_.fields[name].type), name)
        return found

    return coerce


def _named(inner: Coerce, value: Any, name: str) -> Any:
    try:
        return inner(value)
    except _NullRefused as refusal:
        raise _NullRefused(refusal.type_text, refusal.name or name) from None


class VariableReader:
    """The declared variables of one operation."""

    def __init__(self, schema: GraphQLSchema, definitions: tuple[VariableDefinitionNode, ...]) -> None:
        self._declared = [_Declared(schema, definition) for definition in definitions]

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Coerced values of the variables that have one; undeclared ones are ignored. Raises a Refusal, E15 or E16."""
        found = {}
        for declared in self._declared:
            value = given.get(declared.name, _ABSENT)
            if value is _ABSENT and declared.has_default:
                found[declared.name] = declared.default
            elif value is not _ABSENT or declared.required:
                found[declared.name] = declared.coerce(None if value is _ABSENT else value)
        return found


class _Declared:
    """One variable. Its default was checked when the document was validated."""

    __slots__ = ("_coerce", "_node", "default", "has_default", "name", "required")

    def __init__(self, schema: GraphQLSchema, node: VariableDefinitionNode) -> None:
        type_ = type_from_ast(schema, node.type)
        self._node = node
        self._coerce = coercer(type_)
        self.name = node.variable.name.value
        self.required = isinstance(type_, GraphQLNonNull)
        self.has_default = node.default_value is not None
        self.default = literal(node.default_value, type_, {}) if node.default_value else None

    def coerce(self, value: Any) -> Any:
        try:
            return self._coerce(value)
        except _NullRefused as refusal:
            what = f"Field '{refusal.name}'" if refusal.name else f"Variable '{self.name}'"
            raise self._refused(f"{what} has coerced Null value for NonNull type '{refusal.type_text}'") from None
        except Invalid as reason:
            raise self._refused(f"Variable '{self.name}' has an invalid value. {reason}") from None

    def _refused(self, message: str) -> Refusal:
        return invalid([(message, locations_of(self._node))])


def binder(arguments: Mapping[str, GraphQLArgument], given: Mapping[str, ValueNode]) -> Bind:
    """How the arguments of one field are made of the variables.

    An argument that the document does not mention is absent; one whose variable was not supplied is null.
    """
    constants: dict[str, Any] = {}
    variables: list[tuple[str, str]] = []
    composed: list[tuple[str, ValueNode, Any]] = []
    for name, definition in arguments.items():
        node = given.get(name)
        if isinstance(node, VariableNode):
            variables.append((name, node.name.value))
        elif node is not None and _mentions_variable(node):
            composed.append((name, node, definition.type))
        elif node is not None:
            constants[name] = literal(node, definition.type, {})

    def bind(values: Variables) -> dict[str, Any]:
        found = dict(constants)
        for name, variable in variables:
            found[name] = values.get(variable)
        for name, node, type_ in composed:
            found[name] = literal(node, type_, values)
        return found

    return bind


def _mentions_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_mentions_variable(one) for one in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_mentions_variable(field.value) for field in node.fields)
    return isinstance(node, VariableNode)


def literal(node: ValueNode, type_: Any, variables: Variables) -> Any:
    """The value of a literal that validation has accepted for `type_`; its variables are coerced already."""
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    if isinstance(type_, GraphQLNonNull):
        return literal(node, type_.of_type, variables)
    if isinstance(node, NullValueNode):
        return None
    if isinstance(type_, GraphQLList):
        listed = node.values if isinstance(node, ListValueNode) else (node,)
        return [literal(one, type_.of_type, variables) for one in listed]
    if isinstance(type_, GraphQLInputObjectType):
        assert isinstance(node, ObjectValueNode)
        return {f.name.value: literal(f.value, type_.fields[f.name.value].type, variables) for f in node.fields}
    value = _plain(node)
    return SCALARS[type_.name].parse(value) if isinstance(type_, GraphQLScalarType) else value


def _plain(node: Any) -> Any:
    if isinstance(node, IntValueNode):
        return int(node.value)
    if isinstance(node, FloatValueNode):
        return float(node.value)
    if isinstance(node, BooleanValueNode):
        return bool(node.value)
    return node.value
