"""The compiled API: SDL as it would be deployed, and the executable schema (acceptance checks S1 to S5, S15)."""

import pytest
from graphql import print_type
from protocols.graphql.world import ENUM, GUEST, IDENTITIES, KEY, POINT, USERS, group, manifest, operation, seed

from poolhouse.define.manifest import CustomType, Field, HandlerRef, Manifest, Operation, Rule, ScalarName, TypeRef
from poolhouse.protocols.graphql.scalars import SCALARS
from poolhouse.protocols.graphql.schema import build, sdl


def text(*operations: Operation, **members: object) -> str:
    return sdl(manifest(*operations, **members))


def test_s1_seed() -> None:
    """The seed's deployed SDL, without a query root."""
    assert sdl(seed()) == (
        "type Mutation @aws_iam {\n"
        "  addUserToGroup(userId: String!, groupName: String!): AWSJSON @aws_iam @aws_cognito_user_pools\n"
        "}\n"
    )


def test_nothing_without_data() -> None:
    """A backend without data has no SDL."""
    assert sdl(Manifest(version=1)) == ""


@pytest.mark.parametrize("name", ScalarName.__args__)
def test_s2_scalars(name: str) -> None:
    """Every scalar of the Manifest is a type of the schema, with rules for both directions."""
    described = operation(returns=TypeRef(name=name), arguments={"a": TypeRef(name=name)})
    assert f"op(a: {name}): {name}" in text(described)
    field = build(manifest(described).data).schema.query_type.fields["op"]
    assert (str(field.type), str(field.args["a"].type)) == (name, name)
    assert name in SCALARS


@pytest.mark.parametrize(
    ("flags", "written"),
    [
        ({"array": True}, "[ID]"),
        ({"array": True, "required": True}, "[ID!]"),
        ({"array": True, "array_required": True}, "[ID]!"),
        ({"array": True, "required": True, "array_required": True}, "[ID!]!"),
        ({"required": True}, "ID!"),
    ],
)
def test_s3_modifiers(flags: dict, written: str) -> None:
    """required before array is the element, after it the list."""
    described = operation(returns=TypeRef(name="ID", **flags))
    assert f"op: {written} @aws_iam" in text(described)
    assert str(build(manifest(described).data).schema.query_type.fields["op"].type) == written


def test_s4_s5_named_types() -> None:
    """Types keep their names, arguments get the input form, types of inline arguments are inputs already."""
    inline = CustomType(name="FooBarInput", fields=(Field(name="n", type=TypeRef(name="Int")),), used_as=("input",))
    arguments = {"p": TypeRef(name="Point", kind="custom"), "bar": TypeRef(name="FooBarInput", kind="custom")}
    returns = TypeRef(name="Point", kind="custom", array=True)
    written = text(
        operation("foo", returns=returns, arguments={**arguments, "c": TypeRef(name="Color", kind="enum")}),
        types=(POINT, inline),
        enums=(ENUM,),
    )
    assert "enum Color {\n  RED\n  BLUE\n}\n" in written
    assert "type Point @aws_iam @aws_cognito_user_pools {\n  x: Int!\n  label: String\n  next: Point\n}\n" in written
    assert "input PointInput {\n  x: Int!\n  label: String\n  next: PointInput\n}\n" in written
    assert "input FooBarInput {\n  n: Int\n}\n" in written
    assert "foo(p: PointInput, bar: FooBarInput, c: Color): [Point] @aws_iam" in written


def test_the_executable_schema_has_the_same_types() -> None:
    """What is executed is what is written."""
    described = operation(
        "foo", returns=TypeRef(name="Point", kind="custom"), arguments={"p": TypeRef(name="Point", kind="custom")}
    )
    schema = build(manifest(described, types=(POINT,)).data).schema
    assert (
        print_type(schema.type_map["PointInput"])
        == "input PointInput {\n  x: Int!\n  label: String\n  next: PointInput\n}"
    )
    assert print_type(schema.type_map["Point"]) == "type Point {\n  x: Int!\n  label: String\n  next: Point\n}"


def test_s15_no_arguments() -> None:
    """No parentheses without arguments."""
    assert "  op: AWSJSON @aws_iam" in text(operation())


def test_asynchronous_operation() -> None:
    """Its type is EventInvocationResponse, whatever it returns."""
    handlers = (HandlerRef(function="a"), HandlerRef(function="b", asynchronous=True))
    written = text(operation("op", "mutation", handlers=handlers, rules=(group("A", "B"),)))
    assert "  op: EventInvocationResponse @aws_iam @aws_cognito_user_pools\n" in written
    guard = '@aws_iam @aws_cognito_user_pools(cognito_groups: ["A", "B"])'
    assert f"type EventInvocationResponse {guard} {{\n  success: Boolean!\n}}\n" in written


@pytest.mark.parametrize(
    ("rules", "directives"),
    [
        ((GUEST,), "@aws_iam"),
        ((IDENTITIES,), "@aws_iam"),
        ((KEY,), "@aws_iam @aws_api_key"),
        ((USERS, KEY), "@aws_iam @aws_cognito_user_pools @aws_api_key"),
        ((USERS, group("A"), USERS), "@aws_iam @aws_cognito_user_pools"),
    ],
)
def test_directives_of_fields(rules: tuple[Rule, ...], directives: str) -> None:
    """IAM always, the other providers by rule, none twice."""
    assert text(operation(rules=rules)).endswith(f"  op: AWSJSON {directives}\n}}\n")


@pytest.mark.parametrize(
    ("rules", "directives"),
    [
        ((group("A"), group("B", "A")), '@aws_iam @aws_cognito_user_pools(cognito_groups: ["A", "B"])'),
        ((group("A"), USERS), "@aws_iam @aws_cognito_user_pools"),
        ((KEY,), "@aws_iam @aws_api_key"),
        ((GUEST,), "@aws_iam"),
    ],
)
def test_directives_of_types(rules: tuple[Rule, ...], directives: str) -> None:
    """A returned type is open to whom the operation is; nested types follow."""
    outer = CustomType(name="Outer", fields=(Field(name="p", type=TypeRef(name="Point", kind="custom")),))
    described = operation(returns=TypeRef(name="Outer", kind="custom"), rules=rules)
    written = text(described, types=(outer, POINT))
    assert f"type Outer {directives} {{" in written
    assert f"type Point {directives} {{" in written
