"""What a field, an argument or a result can be: scalars, references, enums and custom types, as the user wrote them."""

from collections.abc import Mapping
from typing import ClassVar, Self

import msgspec

from poolhouse.errors import InvalidSchemaError

from .closed import Closed
from .manifest import ScalarName
from .places import Place, here
from .words import is_graphql_name, shown

_NO_DEFAULT = "Remove it; give the value a default in the handler."
_NO_VALIDATE = "Remove it; check the value in the handler."


class Modified(Closed, msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """`required()` before `array()` makes the element non-null, after it the list; both are `[String!]!`."""

    title: ClassVar[str] = "A field"
    error: ClassVar = InvalidSchemaError
    unserved: ClassVar[tuple[str, ...]] = ("default", "validate")
    foreign: ClassVar[Mapping[str, str]] = {
        "default": _NO_DEFAULT,
        "validate": _NO_VALIDATE,
        "authorization": "Put .authorization(...) on the query or mutation.",
    }

    place: Place
    is_required: bool = False
    is_array: bool = False
    is_array_required: bool = False

    def required(self) -> Self:
        """Refuse null."""
        if self.is_array_required or (self.is_required and not self.is_array):
            raise _twice("required()")
        changed = {"is_array_required": True} if self.is_array else {"is_required": True}
        return msgspec.structs.replace(self, **changed)

    def array(self) -> Self:
        """Hold a list."""
        if self.is_array:
            raise _twice("array()")
        return msgspec.structs.replace(self, is_array=True)


class ScalarField(Modified, frozen=True, eq=False, kw_only=True):
    scalar: ScalarName


class RefField(Modified, frozen=True, eq=False, kw_only=True):
    """`a.ref("Name")`: a named enum or custom type of the same schema."""

    title: ClassVar[str] = "a.ref(...)"
    unserved: ClassVar[tuple[str, ...]] = ("default", "validate", "mutations")
    target: str


def _by_reference(kind: str) -> dict[str, str]:
    """What stands in the schema itself is neither required nor a list."""
    return dict.fromkeys(
        ("required", "array"), f'Name the {kind} in the schema and refer to it: a.ref("Name").required().'
    )


class EnumField(Closed, msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """`a.enum([...])`, named by its place in the schema."""

    title: ClassVar[str] = "a.enum(...)"
    error: ClassVar = InvalidSchemaError
    foreign: ClassVar[Mapping[str, str]] = _by_reference("enum")
    place: Place
    values: tuple[str, ...]


class CustomField(Closed, msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """`a.customType({...})`, named by its place in the schema."""

    title: ClassVar[str] = "a.customType(...)"
    error: ClassVar = InvalidSchemaError
    foreign: ClassVar[Mapping[str, str]] = _by_reference("type")
    place: Place
    fields: dict[str, "FieldType"]


FieldType = ScalarField | RefField | EnumField | CustomField


def new_enum(values: object) -> EnumField:
    place = here()
    if not isinstance(values, list | tuple) or not values:
        raise InvalidSchemaError(
            f"a.enum() needs a list with at least one value, not {shown(values)}.",
            resolution='Write for example a.enum(["ACTIVE", "BLOCKED"]).',
            location=str(place),
        )
    for value in values:
        if not is_graphql_name(value) or value in {"true", "false", "null"}:
            raise InvalidSchemaError(
                f"An enum value cannot be {shown(value)}.",
                resolution="Use letters, digits and underscores without spaces, not starting with a digit.",
                location=str(place),
            )
        if values.count(value) > 1:
            raise InvalidSchemaError(
                f"The enum value {value!r} is listed twice.", resolution="Keep one of them.", location=str(place)
            )
    return EnumField(place=place, values=tuple(values))


def new_custom(fields: object) -> CustomField:
    place = here()
    return CustomField(place=place, fields=check_fields(fields, "a.customType()", place, empty=False))


def check_fields(fields: object, what: str, place: Place, *, empty: bool) -> dict[str, FieldType]:
    """Return `fields` when it is a dict from GraphQL names to field types."""
    if not isinstance(fields, Mapping) or not (fields or empty):
        raise InvalidSchemaError(
            f"{what} needs a dict of fields, not {shown(fields) if fields else 'an empty one'}.",
            resolution='Write for example {"userId": a.string().required()}.',
            location=str(place),
        )
    for name, field in fields.items():
        check_graphql_name(name, f"A field of {what}", place)
        check_field(field, f"The field {name!r} of {what}", place)
    return dict(fields)


def check_field(field: object, what: str, place: Place) -> FieldType:
    if isinstance(field, FieldType):
        return field
    hint = " Call it: a.string()." if callable(field) else ""
    raise InvalidSchemaError(
        f"{what} cannot be {shown(field)}.",
        resolution=f"Use a.string() and the like, a.ref(...), a.enum([...]) or a.customType({{...}}).{hint}",
        location=str(place),
    )


def check_graphql_name(name: object, what: str, place: Place) -> str:
    if isinstance(name, str) and is_graphql_name(name):
        return name
    raise InvalidSchemaError(
        f"{what} cannot be named {shown(name)}.",
        resolution="Use letters, digits and underscores, not starting with a digit or two underscores.",
        location=str(place),
    )


def _twice(method: str) -> InvalidSchemaError:
    return InvalidSchemaError(
        f".{method} was called already.", resolution=f"Call .{method} once.", location=str(here())
    )
