"""The types of one schema: those the user named, and inline ones, which get Amplify's names from their place."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec

from poolhouse.errors import InvalidSchemaError

from .fields import CustomField, EnumField, FieldType, RefField, ScalarField, check_graphql_name
from .manifest import CustomType, EnumType, Field, ScalarName, TypeRef
from .places import Place
from .words import advice

Use = Literal["output", "input"]

RESERVED: Final = frozenset({*get_args(ScalarName), "Query", "Mutation", "Subscription", "EventInvocationResponse"})


class Types:
    """Collects enums and custom types in the order in which they are met, and how each custom type is used."""

    def __init__(self, named: Mapping[str, EnumField | CustomField]) -> None:
        self._named = named
        self._enums: dict[str, EnumType] = {}
        self._types: dict[str, CustomType] = {}
        self._uses: dict[str, set[Use]] = {}
        for name, member in named.items():
            self._check_free(name, member.place)
            if isinstance(member, EnumField):
                self._enums[name] = EnumType(name=name, values=member.values)
            else:
                self._types[name] = CustomType(name=name, fields=())
                self._uses[name] = set()
        for name, member in named.items():
            if isinstance(member, CustomField):
                fields = self._fields(member.fields, name, "", name)
                self._types[name] = CustomType(name=name, fields=fields)
        for name in tuple(self._types.keys() & named.keys()):
            self._mark(TypeRef(name=name, kind="custom"), "output")

    def result(self, operation: str, field: FieldType) -> TypeRef:
        """The type of `.returns(...)` of an operation; inline types are named `<Operation>ReturnType`."""
        reference = self._reference(field, f"{capital(operation)}ReturnType", "", operation)
        self._mark(reference, "output")
        return reference

    def arguments(self, operation: str, fields: Mapping[str, FieldType]) -> tuple[Field, ...]:
        """The arguments of an operation; inline types are named `<Operation><Argument>`, objects with `Input` added."""
        found = self._fields(fields, capital(operation), "Input", operation)
        for field in found:
            self._mark(field.type, "input")
        return found

    def enums(self) -> tuple[EnumType, ...]:
        return tuple(self._enums.values())

    def customs(self) -> tuple[CustomType, ...]:
        """Custom types with the uses found so far; call it when every operation has been read."""
        self._check_inputs()
        order: tuple[Use, ...] = ("output", "input")
        return tuple(
            msgspec.structs.replace(custom, used_as=tuple(use for use in order if use in self._uses[name]))
            for name, custom in self._types.items()
        )

    def _fields(self, fields: Mapping[str, FieldType], prefix: str, suffix: str, where: str) -> tuple[Field, ...]:
        return tuple(
            Field(name=name, type=self._reference(field, prefix + capital(name), suffix, f"{where}.{name}"))
            for name, field in fields.items()
        )

    def _reference(self, field: FieldType, name: str, suffix: str, where: str) -> TypeRef:
        if isinstance(field, ScalarField):
            return TypeRef(
                name=field.scalar,
                required=field.is_required,
                array=field.is_array,
                array_required=field.is_array_required,
            )
        if isinstance(field, RefField):
            return self._resolved(field, where)
        if isinstance(field, EnumField):
            self._check_free(name, field.place)
            self._enums[name] = EnumType(name=name, values=field.values)
            return TypeRef(name=name, kind="enum")
        return self._inline(field, name, suffix, where)

    def _inline(self, field: CustomField, name: str, suffix: str, where: str) -> TypeRef:
        self._check_free(name + suffix, field.place)
        self._types[name + suffix] = CustomType(name=name + suffix, fields=())
        self._uses[name + suffix] = set()
        fields = self._fields(field.fields, name, suffix, where)
        self._types[name + suffix] = CustomType(name=name + suffix, fields=fields)
        return TypeRef(name=name + suffix, kind="custom")

    def _resolved(self, field: RefField, where: str) -> TypeRef:
        member = self._named.get(field.target)
        if member is None:
            raise InvalidSchemaError(
                f"{where} refers to {field.target!r}, which is neither an enum nor a custom type of the schema.",
                resolution=advice(field.target, self._named)
                if self._named
                else f"Define {field.target} in the schema.",
                location=str(field.place),
            )
        return TypeRef(
            name=field.target,
            kind="enum" if isinstance(member, EnumField) else "custom",
            required=field.is_required,
            array=field.is_array,
            array_required=field.is_array_required,
        )

    def _mark(self, reference: TypeRef, use: Use) -> None:
        """Note the use of a custom type and of all that it holds; types may refer to each other in circles."""
        pending = [reference]
        while pending:
            found = pending.pop()
            if found.kind == "custom" and use not in self._uses[found.name]:
                self._uses[found.name].add(use)
                pending.extend(field.type for field in self._types[found.name].fields)

    def _check_inputs(self) -> None:
        """Refuse names that meet in the API, and objects that could never be filled because they need themselves."""
        for name, member in self._named.items():
            if "input" in self._uses.get(name, ()):
                self._check_free(f"{name}Input", member.place)
                if name in self._needed_by(name):
                    raise InvalidSchemaError(
                        f"An argument of type {name} could never be given: it requires another {name} inside.",
                        resolution="Make one of the fields on the way optional, or a list.",
                        location=str(member.place),
                    )

    def _needed_by(self, name: str) -> set[str]:
        """The custom types without which no value of the type can exist."""
        needed: set[str] = set()
        pending = [name]
        while pending:
            for field in self._types[pending.pop()].fields:
                certain = field.type.kind == "custom" and field.type.required and not field.type.array
                if certain and field.type.name not in needed:
                    needed.add(field.type.name)
                    pending.append(field.type.name)
        return needed

    def _check_free(self, name: str, place: Place) -> None:
        check_graphql_name(name, "A type", place)
        taken = name in RESERVED or name in self._enums or name in self._types
        if taken:
            what = "is a name of GraphQL or AppSync" if name in RESERVED else "is the name of another type"
            raise InvalidSchemaError(
                f"A type would be named {name}, which {what}.", resolution="Rename one of them.", location=str(place)
            )


def capital(name: str) -> str:
    """`addUser` -> `AddUser`."""
    return name[0].upper() + name[1:]
