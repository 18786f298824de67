"""What handlers return becomes the answer: scalars serialised, nulls propagated. Spec sections 4.11 and 5.3."""

from typing import Any

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLObjectType, get_named_type

from .answers import Path, result_error, slashed
from .plan import Selected
from .scalars import SCALARS, Invalid, shown

Errors = list[dict[str, Any]]


class NullRises(Exception):
    """A non-null place holds null, so the nearest nullable place around it becomes null."""


def complete(selected: Selected, value: Any, path: Path, errors: Errors) -> Any:
    """The member of the answer for one field; raises NullRises."""
    return _complete(selected.type, selected, value, path, errors)


def _complete(type_: Any, selected: Selected, value: Any, path: Path, errors: Errors) -> Any:
    if isinstance(type_, GraphQLNonNull):
        return _required(type_, selected, value, path, errors)
    if value is None:
        return None
    before = len(errors)
    try:
        return _present(type_, selected, value, path, errors)
    except NullRises:
        return None
    except Invalid as reason:
        del errors[before:]
        errors.append(result_error(path, str(reason)))
        return None


def _required(type_: Any, selected: Selected, value: Any, path: Path, errors: Errors) -> Any:
    if value is None:
        name = get_named_type(type_).name
        where = f"within parent '{selected.parent}' ({slashed(path)})"
        errors.append(result_error(path, f"Cannot return null for non-nullable type: '{name}' {where}"))
        raise NullRises
    try:
        return _present(type_.of_type, selected, value, path, errors)
    except Invalid as reason:
        errors.append(result_error(path, str(reason)))
        raise NullRises from None


def _present(type_: Any, selected: Selected, value: Any, path: Path, errors: Errors) -> Any:
    """A value that is not null; raises Invalid with E17."""
    if isinstance(type_, GraphQLList):
        if not isinstance(value, list):
            raise _mismatch("LIST", path)
        return [_complete(type_.of_type, selected, one, (*path, i), errors) for i, one in enumerate(value)]
    if isinstance(type_, GraphQLObjectType):
        if not isinstance(value, dict):
            raise _mismatch("OBJECT", path)
        return {child.key: _member(child, value, path, errors) for child in selected.children}
    if isinstance(type_, GraphQLEnumType):
        if isinstance(value, str) and value in type_.values:
            return value
        raise Invalid(
            f"Can't serialize value ({slashed(path)}) : Unknown value '{shown(value)}' for Enum '{type_.name}'."
        )
    try:
        return SCALARS[type_.name].serialize(value)
    except Invalid as reason:
        raise Invalid(f"Can't serialize value ({slashed(path)}) : {reason}") from None


def _member(child: Selected, value: dict[str, Any], path: Path, errors: Errors) -> Any:
    if child.type is None:
        return child.parent
    return _complete(child.type, child, value.get(child.name), (*path, child.key), errors)


def _mismatch(kind: str, path: Path) -> Invalid:
    return Invalid(f"Can't resolve value ({slashed(path)}) : type mismatch error, expected type {kind}")
