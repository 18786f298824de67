"""Is a parsed document valid for the schema? graphql-core's rules decide, AppSync's words tell.

Fields that share a response name are compared in `plan.py`, in linear time, because the general rule of graphql-core is
quadratic and this schema has no abstract types.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import graphql
from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    Undefined,
    ValidationContext,
    get_named_type,
    get_nullable_type,
    is_required_argument,
    print_ast,
    type_from_ast,
    validate,
)
from graphql.validation import ASTValidationRule

from .answers import Refusal, invalid, locations_of
from .scalars import shown

_MOST_ERRORS = 20
_LITERALS = {
    "IntValueNode": "IntValue",
    "FloatValueNode": "FloatValue",
    "BooleanValueNode": "BooleanValue",
    "EnumValueNode": "EnumValue",
    "ObjectValueNode": "ObjectValue",
    "ListValueNode": "ArrayValue",
}
Words = Callable[[ValidationContext, GraphQLError], str]


def problems(schema: GraphQLSchema, document: DocumentNode) -> Refusal | None:
    """The answer to an invalid document, or None."""
    errors = validate(schema, document, _RULES, max_errors=_MOST_ERRORS)
    if not errors:
        return None
    return invalid([(error.message, locations_of(*(error.nodes or ())[:1])) for error in errors])


def _steps(node: Node) -> Iterator[Node]:
    for key in node.keys:
        value = getattr(node, key, None)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list | tuple):
            yield from (one for one in value if isinstance(one, Node))


def _ancestors(document: DocumentNode, wanted: Node) -> list[Node]:
    """The way from the document to a node, both included; rules may report a copy of a node."""
    stack: list[tuple[Node, Iterator[Node]]] = [(document, _steps(document))]
    while True:
        node, steps = stack[-1]
        if node is wanted or (type(node) is type(wanted) and node.loc == wanted.loc):
            return [one for one, _ in stack]
        following = next(steps, None)
        if following is None:
            stack.pop()
        else:
            stack.append((following, _steps(following)))


def _at(context: ValidationContext, node: Node) -> str:
    """` @ 'a/b'`: the fields around a node, as AppSync appends them; empty outside of fields."""
    names = [one.name.value for one in _ancestors(context.document, node) if isinstance(one, FieldNode)]
    return f" @ '{'/'.join(names)}'" if names else ""


def _first(error: GraphQLError) -> Any:
    assert error.nodes, "rules report with the node at fault"
    return error.nodes[0]


def _undefined_field(context: ValidationContext, error: GraphQLError) -> str:
    node = _first(error)
    return f"Field '{node.name.value}' in type '{context.get_parent_type()}' is undefined{_at(context, node)}"


def _unknown_type(_context: ValidationContext, error: GraphQLError) -> str:
    return f"Unknown type {_first(error).name.value}"


def _wrong_value(context: ValidationContext, error: GraphQLError) -> str:
    node = _first(error)
    around = _ancestors(context.document, node)
    argument = next((one.name.value for one in reversed(around) if isinstance(one, ArgumentNode)), "")
    type_ = context.get_input_type() or context.get_parent_input_type()
    start = f"argument '{argument}' with value '{_literal(node)}'"
    if node.kind == "null_value":
        return f"{start} must not be null{_at(context, node)}"
    expected = get_nullable_type(type_) if type_ else ""
    return f"{start} is not a valid '{expected}'{_at(context, node)}"


def _literal(node: Node) -> str:
    if node.kind == "null_value":
        return "NullValue{}"
    if isinstance(node, StringValueNode):
        return f"StringValue{{value='{shown(node.value)}'}}"
    return f"{_LITERALS.get(type(node).__name__, 'Value')}{{value={shown(print_ast(node))}}}"


def _undefined_variable(context: ValidationContext, error: GraphQLError) -> str:
    node = _first(error)
    return f"Undefined variable {node.name.value}{_at(context, node)}"


def _unused_variable(_context: ValidationContext, error: GraphQLError) -> str:
    return f"Unused variable {_first(error).variable.name.value}"


def _undefined_fragment(context: ValidationContext, error: GraphQLError) -> str:
    node = _first(error)
    return f"Undefined fragment {node.value}{_at(context, node)}"


def _unused_fragment(_context: ValidationContext, error: GraphQLError) -> str:
    return f"Unused fragment {_first(error).name.value}"


def _cycle(_context: ValidationContext, _error: GraphQLError) -> str:
    return "Fragment cycles not allowed"


def _plain(_context: ValidationContext, error: GraphQLError) -> str:
    return re.sub(r" Did you mean .*", "", error.message)


class MissingArguments(graphql.ProvidedRequiredArgumentsRule):
    """One error for each argument that the schema requires and the document leaves out."""

    def leave_field(self, node: FieldNode, *_args: Any) -> Any:
        definition = self.context.get_field_def()
        given = {argument.name.value for argument in node.arguments or ()}
        for name, argument in definition.args.items() if definition else ():
            if name not in given and is_required_argument(argument) and argument.default_value is Undefined:
                message = f"Missing field argument {name}{_at(self.context, node)}"
                self.report_error(GraphQLError(message, node))


class Selections(ASTValidationRule):
    """Objects need sub-fields, leaves have none."""

    context: ValidationContext

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        type_ = get_named_type(self.context.get_type())
        if type_ is None or isinstance(type_, GraphQLObjectType) == (node.selection_set is not None):
            return
        if node.selection_set:
            kind, words = "SubSelectionNotAllowed", f"Sub selection not allowed on leaf type {type_}"
        else:
            kind, words = "SubSelectionRequired", f"Sub selection required for type {type_}"
        what = f"{words} of field {node.name.value}{_at(self.context, node)}"
        self.report_error(GraphQLError(f"Validation error of type {kind}: {what}", node))


class KnownArguments(ASTValidationRule):
    """Arguments that the schema does not have, of fields and of directives."""

    context: ValidationContext

    def enter_argument(self, node: ArgumentNode, *_args: Any) -> None:
        known = self.context.get_directive() or self.context.get_field_def()
        if known and node.name.value not in known.args:
            message = f"Unknown field argument {node.name.value}{_at(self.context, node)}"
            self.report_error(GraphQLError(message, node))


class CorrectValues(graphql.ValuesOfCorrectTypeRule):
    """Literals fit their types. A scalar may complain about a copy without place, which stands for the literal."""

    _literal: Node

    def is_valid_value_node(self, node: Any, *args: Any) -> Any:
        self._literal = node
        return super().is_valid_value_node(node, *args)

    def report_error(self, error: GraphQLError) -> None:
        placed = bool(error.nodes) and _first(error).loc is not None
        super().report_error(GraphQLError(error.message, error.nodes if placed else self._literal))


class FragmentSpreads(ASTValidationRule):
    """A fragment is of the type that it is spread in: there are no interfaces or unions."""

    context: ValidationContext

    def enter_inline_fragment(self, node: InlineFragmentNode, *_args: Any) -> None:
        self._compare(node, self.context.get_type())

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: Any) -> None:
        fragment = self.context.get_fragment(node.name.value)
        self._compare(node, type_from_ast(self.context.schema, fragment.type_condition) if fragment else None)

    def _compare(self, node: Node, type_: Any) -> None:
        parent = self.context.get_parent_type()
        if parent and isinstance(type_, GraphQLObjectType) and type_ is not parent:
            self.report_error(GraphQLError(f"A fragment on {type_} cannot be spread in {parent}", node))


class KnownOperations(ASTValidationRule):
    """Subscriptions are not served."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_args: Any) -> None:
        if node.operation is OperationType.SUBSCRIPTION:
            self.report_error(GraphQLError("The schema declares no subscription", node))
        elif node.operation is OperationType.MUTATION and not self.context.schema.mutation_type:  # type: ignore[attr-defined]  # of a ValidationContext
            self.report_error(GraphQLError("The schema declares no mutation", node))


def _spoken(rule: type[ASTValidationRule], kind: str, words: Words) -> type[ASTValidationRule]:
    """The same rule, reporting in AppSync's form."""

    class Spoken(rule):  # type: ignore[valid-type,misc]  # a base that is given
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(_Speaker(context, kind, words))

    return Spoken


class _Speaker:
    """A validation context whose errors are in AppSync's form."""

    def __init__(self, context: ValidationContext, kind: str, words: Words) -> None:
        self._context = context
        self._kind = kind
        self._words = words

    def report_error(self, error: GraphQLError) -> None:
        message = f"Validation error of type {self._kind}: {self._words(self._context, error)}"
        self._context.report_error(GraphQLError(message, error.nodes))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


_SPOKEN: tuple[tuple[type[ASTValidationRule], str, Words], ...] = (
    (graphql.ExecutableDefinitionsRule, "NonExecutableDefinition", _plain),
    (KnownOperations, "UnknownOperation", _plain),
    (graphql.UniqueOperationNamesRule, "DuplicateOperationName", _plain),
    (graphql.LoneAnonymousOperationRule, "LoneAnonymousOperationViolation", _plain),
    (graphql.KnownTypeNamesRule, "UnknownType", _unknown_type),
    (graphql.FragmentsOnCompositeTypesRule, "InvalidFragmentType", _plain),
    (graphql.VariablesAreInputTypesRule, "NonInputTypeOnVariable", _plain),
    (graphql.FieldsOnCorrectTypeRule, "FieldUndefined", _undefined_field),
    (graphql.UniqueFragmentNamesRule, "DuplicateFragmentName", _plain),
    (graphql.KnownFragmentNamesRule, "UndefinedFragment", _undefined_fragment),
    (graphql.NoUnusedFragmentsRule, "UnusedFragment", _unused_fragment),
    (FragmentSpreads, "InvalidFragmentType", _plain),
    (graphql.NoFragmentCyclesRule, "FragmentCycle", _cycle),
    (graphql.UniqueVariableNamesRule, "DuplicateVariableName", _plain),
    (graphql.NoUndefinedVariablesRule, "UndefinedVariable", _undefined_variable),
    (graphql.NoUnusedVariablesRule, "UnusedVariable", _unused_variable),
    (graphql.KnownDirectivesRule, "UnknownDirective", _plain),
    (graphql.UniqueDirectivesPerLocationRule, "DuplicateDirectiveName", _plain),
    (KnownArguments, "UnknownArgument", _plain),
    (graphql.UniqueArgumentNamesRule, "DuplicateArgumentNames", _plain),
    (CorrectValues, "WrongType", _wrong_value),
    (MissingArguments, "MissingFieldArgument", _plain),
    (graphql.VariablesInAllowedPositionRule, "VariableTypeMismatch", _plain),
    (graphql.UniqueInputFieldNamesRule, "DuplicateInputFieldName", _plain),
    (graphql.MaxIntrospectionDepthRule, "MaximumIntrospectionDepth", _plain),
)
_RULES: tuple[type[ASTValidationRule], ...] = (Selections, *(_spoken(*entry) for entry in _SPOKEN))
