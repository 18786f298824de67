"""AppSync's directives, read back from a schema: which callers a field is open to, IAM policies aside."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from graphql import (
    DirectiveNode,
    FieldDefinitionNode,
    ListValueNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    parse,
)
from graphql.language import NamedTypeNode, TypeNode

_MODES: Final = {
    "aws_iam": "AWS_IAM",
    "aws_api_key": "API_KEY",
    "aws_cognito_user_pools": "AMAZON_COGNITO_USER_POOLS",
}
_BY_MODE: Final = {mode: name for name, mode in _MODES.items()}
_Groups = frozenset[str] | None
_Doors = dict[str, _Groups]
"""Modes that open something; for the user pool the groups, None for every user."""


class Gates:
    """`modes` are the API's, the default first. A directive of a mode that the API does not have opens nothing."""

    def __init__(self, definition: str, modes: Sequence[str], *, has_key: bool) -> None:
        self._types = {
            node.name.value: node
            for node in parse(definition).definitions
            if isinstance(node, ObjectTypeDefinitionNode)
        }
        self._modes = {mode for mode in modes if has_key or mode != "API_KEY"}
        self._default: _Doors = {_BY_MODE[modes[0]]: None}

    def fields(self) -> list[tuple[str, str]]:
        """Type and name of every top-level field."""
        roots = [self._types[name] for name in ("Query", "Mutation") if name in self._types]
        return [(root.name.value, field.name.value) for root in roots for field in root.fields or ()]

    def opens_to_iam(self, type_name: str, field: str) -> bool:
        return self._opens(type_name, field, "aws_iam", lambda _groups: True)

    def opens_to_key(self, type_name: str, field: str) -> bool:
        return self._opens(type_name, field, "aws_api_key", lambda _groups: True)

    def opens_to_token(self, type_name: str, field: str, groups: Sequence[str]) -> bool:
        def member(named: _Groups) -> bool:
            return named is None or not named.isdisjoint(groups)

        return self._opens(type_name, field, "aws_cognito_user_pools", member)

    def _opens(self, type_name: str, field: str, directive: str, fits: Callable[[_Groups], bool]) -> bool:
        """The field, and all that its result may hold: what is behind a shut door would be null."""
        if _MODES[directive] not in self._modes:
            return False
        reached = self._reached(type_name, field)
        return all(directive in doors and fits(doors[directive]) for doors in reached)

    def _reached(self, type_name: str, field: str) -> Iterator[_Doors]:
        parent = self._types[type_name]
        start = next(one for one in parent.fields or () if one.name.value == field)
        yield self._doors(parent, start)
        pending, seen = [_named(start.type)], set[str]()
        while pending:
            name = pending.pop()
            if name in seen or name not in self._types:
                continue
            seen.add(name)
            for one in self._types[name].fields or ():
                yield self._doors(self._types[name], one)
                pending.append(_named(one.type))

    def _doors(self, parent: ObjectTypeDefinitionNode, field: FieldDefinitionNode) -> _Doors:
        """A field's own directives, else its type's, else the API's default mode."""
        return _read(field.directives) or _read(parent.directives) or self._default


def _read(directives: Sequence[DirectiveNode] | None) -> _Doors:
    return {node.name.value: _groups(node) for node in directives or () if node.name.value in _MODES}


def _groups(node: DirectiveNode) -> _Groups:
    for argument in node.arguments or ():
        assert isinstance(argument.value, ListValueNode)
        return frozenset(value.value for value in argument.value.values if isinstance(value, StringValueNode))
    return None


def _named(node: TypeNode) -> str:
    while not isinstance(node, NamedTypeNode):
        node = node.type  # type: ignore[attr-defined]  # the two other kinds wrap a type, the base does not say so
    return node.name.value
