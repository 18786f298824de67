"""What one operation selects: fragments spread, directives decided, fields of equal name merged.

The schema has object types only, so the whole tree is known before anything runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    print_ast,
)

from .answers import Location, invalid, locations_of
from .inputs import Bind, Variables, binder

_META = ("__schema", "__type")


@dataclass(slots=True)
class Selected:
    """One field of the answer. `type` is None for `__typename`; `bind` makes the arguments of a root field."""

    key: str
    name: str
    parent: str
    type: Any
    locations: list[Location]
    children: "tuple[Selected, ...]" = ()
    bind: Bind | None = None
    nodes: tuple[FieldNode, ...] = ()


@dataclass(slots=True)
class Plan:
    """The fields of one operation, in order."""

    type_name: str
    fields: tuple[Selected, ...]

    @property
    def introspects(self) -> bool:
        return any(selected.name in _META for selected in self.fields)


class Planner:
    """Makes the plans of one valid operation; a plan that depends on no variable is made once."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._conditional = False
        self._deciding: Variables | None = None
        every = self._make()
        self._fixed = None if self._conditional else every

    def plan(self, variables: Variables) -> Plan:
        if self._fixed is not None:
            return self._fixed
        self._deciding = variables
        try:
            return self._make()
        finally:
            self._deciding = None

    def _make(self) -> Plan:
        root = self._schema.get_root_type(self._operation.operation)
        assert root, "validation knows the kinds of operations"
        return Plan(root.name, self._fields(root, [self._operation.selection_set], at_root=True))

    def _fields(
        self, parent: GraphQLObjectType, sets: Iterable[SelectionSetNode], *, at_root: bool = False
    ) -> tuple[Selected, ...]:
        groups: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selection_set in sets:
            self._collect(selection_set, groups, seen)
        return tuple(self._selected(parent, key, nodes, at_root) for key, nodes in groups.items())

    def _collect(self, selection_set: SelectionSetNode, groups: dict[str, list[FieldNode]], seen: set[str]) -> None:
        for node in selection_set.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                groups.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                self._collect(node.selection_set, groups, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                self._collect(self._fragments[node.name.value].selection_set, groups, seen)

    def _included(self, node: Any) -> bool:
        """@skip and @include. While the document is checked, what a variable decides counts as included."""
        for directive in node.directives or ():
            condition = directive.arguments[0].value
            if isinstance(condition, VariableNode):
                self._conditional = True
                if self._deciding is None:
                    continue
                value = self._deciding.get(condition.name.value)
            else:
                value = condition.value
            if value is (directive.name.value == "skip"):
                return False
        return True

    def _selected(self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode], at_root: bool) -> Selected:
        first = nodes[0]
        name = first.name.value
        if len(nodes) > 1:
            _agree(key, nodes)
        locations = locations_of(first)
        definition = parent.fields.get(name)
        if name == "__typename" or (definition is None and name in _META):
            return Selected(key, name, parent.name, None, locations, nodes=tuple(nodes))
        assert definition, "validation knows the fields"
        of = get_named_type(definition.type)
        children: tuple[Selected, ...] = ()
        if isinstance(of, GraphQLObjectType):
            children = self._fields(of, [node.selection_set for node in nodes if node.selection_set])
        given = {argument.name.value: argument.value for argument in first.arguments or ()}
        bind = binder(definition.args, given) if at_root else None
        return Selected(key, name, parent.name, definition.type, locations, children, bind, tuple(nodes))


def _agree(key: str, nodes: list[FieldNode]) -> None:
    """Fields of one response name must be the same call."""
    wanted = _call(nodes[0])
    for node in nodes[1:]:
        if _call(node) != wanted:
            message = (
                f"Validation error of type FieldsConflict: {key}: {nodes[0].name.value} and {node.name.value}"
                " are different fields or have different arguments"
            )
            raise invalid([(message, locations_of(nodes[0], node))])


def _call(node: FieldNode) -> tuple[str, Mapping[str, str]]:
    return node.name.value, {argument.name.value: print_ast(argument.value) for argument in node.arguments or ()}
