"""`a`: the builder of the data schema. Names are Amplify's, because they are on the wire."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import msgspec

from poolhouse.errors import InvalidSchemaError

from .closed import Closed
from .fields import CustomField, EnumField, FieldType, RefField, ScalarField, new_custom, new_enum
from .operations import HandlerKinds, OperationDefinition
from .places import Place, here
from .rules import OperationRule, SchemaAccess, SchemaAllow, SchemaRules, rules_of
from .words import shown

SchemaMember = OperationDefinition | EnumField | CustomField


class SchemaDefinition(Closed, msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """`a.schema({...})`."""

    title: ClassVar[str] = "a.schema(...)"
    error: ClassVar = InvalidSchemaError
    place: Place
    members: dict[str, SchemaMember]
    given_rules: tuple[OperationRule | SchemaAccess, ...] | None = None

    def authorization(self, rules: SchemaRules) -> Self:
        """Rules for the operations that have none of their own, and functions that may call the API."""
        if self.given_rules is not None:
            raise InvalidSchemaError(
                ".authorization() was called already.", resolution="Call it once.", location=str(here())
            )
        return msgspec.structs.replace(self, given_rules=rules_of(rules, SchemaAllow(), here()))


class Builder(Closed):
    """The type of `a`."""

    __slots__ = ()
    title = "a"
    error = InvalidSchemaError
    unserved = ("subscription", "generation", "model", "combine", "belongsTo", "hasMany", "hasOne", "index")
    foreign: ClassVar[Mapping[str, str]] = dict.fromkeys(unserved, "Use a.query() and a.mutation() with a function.")
    handler = HandlerKinds()

    def schema(self, members: Mapping[str, SchemaMember]) -> SchemaDefinition:
        """The schema: operations, enums and custom types by name."""
        place = here()
        if not isinstance(members, Mapping):
            raise InvalidSchemaError(
                f"a.schema() takes a dict, not {shown(members)}.",
                resolution='Write a.schema({"name": a.mutation()...}).',
                location=str(place),
            )
        return SchemaDefinition(place=place, members=dict(members))

    def query(self) -> OperationDefinition:
        """A field of Query."""
        return OperationDefinition(kind="query", place=here())

    def mutation(self) -> OperationDefinition:
        """A field of Mutation."""
        return OperationDefinition(kind="mutation", place=here())

    def enum(self, values: Sequence[str]) -> EnumField:
        """One of these values."""
        return new_enum(values)

    def customType(self, fields: Mapping[str, FieldType]) -> CustomField:  # noqa: N802 - Amplify's spelling
        """An object with these fields."""
        return new_custom(fields)

    def ref(self, name: str) -> RefField:
        """An enum or custom type of this schema, by its name."""
        place = here()
        if not isinstance(name, str):
            raise InvalidSchemaError(
                f"a.ref() takes the name of a type, not {shown(name)}.",
                resolution='Write for example a.ref("Status").',
                location=str(place),
            )
        return RefField(place=place, target=name)

    def id(self) -> ScalarField:
        """ID: text or a whole number."""
        return ScalarField(place=here(), scalar="ID")

    def string(self) -> ScalarField:
        """String."""
        return ScalarField(place=here(), scalar="String")

    def integer(self) -> ScalarField:
        """Int: 32 bits with sign."""
        return ScalarField(place=here(), scalar="Int")

    def float(self) -> ScalarField:
        """Float."""
        return ScalarField(place=here(), scalar="Float")

    def boolean(self) -> ScalarField:
        """Boolean."""
        return ScalarField(place=here(), scalar="Boolean")

    def date(self) -> ScalarField:
        """AWSDate: `YYYY-MM-DD`, with optional offset."""
        return ScalarField(place=here(), scalar="AWSDate")

    def time(self) -> ScalarField:
        """AWSTime: `hh:mm[:ss[.sss]]`, with optional offset."""
        return ScalarField(place=here(), scalar="AWSTime")

    def datetime(self) -> ScalarField:
        """AWSDateTime: ISO 8601 with an offset."""
        return ScalarField(place=here(), scalar="AWSDateTime")

    def timestamp(self) -> ScalarField:
        """AWSTimestamp: whole seconds since 1970."""
        return ScalarField(place=here(), scalar="AWSTimestamp")

    def email(self) -> ScalarField:
        """AWSEmail."""
        return ScalarField(place=here(), scalar="AWSEmail")

    def json(self) -> ScalarField:
        """AWSJSON: JSON text in a string."""
        return ScalarField(place=here(), scalar="AWSJSON")

    def phone(self) -> ScalarField:
        """AWSPhone."""
        return ScalarField(place=here(), scalar="AWSPhone")

    def url(self) -> ScalarField:
        """AWSURL: with a scheme."""
        return ScalarField(place=here(), scalar="AWSURL")

    def ipAddress(self) -> ScalarField:  # noqa: N802 - Amplify's spelling
        """AWSIPAddress: version 4 or 6, with optional prefix length."""
        return ScalarField(place=here(), scalar="AWSIPAddress")


a = Builder()
