"""The schema that AppSync is given (acceptance checks S1 to S5, S15, S17)."""

import pytest
from deploy.manifests import manifests
from deploy.rich import RICH
from graphql import build_schema, lexicographic_sort_schema, print_schema
from hypothesis import given, settings
from protocols.graphql.world import ENUM, GUEST, IDENTITIES, KEY, POINT, USERS, group, manifest, operation, seed

from poolhouse.define.manifest import (
    CustomType,
    Field,
    HandlerRef,
    Manifest,
    Operation,
    Rule,
    ScalarName,
    TypeRef,
)
from poolhouse.deploy.directives import DECLARATIONS, directives
from poolhouse.deploy.sdl import PLACEHOLDER, sdl
from poolhouse.outputs import model_introspection
from poolhouse.protocols.graphql.scalars import SCALARS
from poolhouse.protocols.graphql.schema import build

_OWN = {"ID", "String", "Int", "Float", "Boolean"}
_KNOWN = DECLARATIONS + "".join(f"scalar {name}\n" for name in SCALARS if name not in _OWN)


def text(*operations: Operation, **members: object) -> str:
    return sdl(manifest(*operations, **members).data)


def shape(written: str, *others: str) -> str:
    """The types alone, in one order, without what only AppSync needs and without types that the others lack."""
    schema = build_schema(written)
    schema.query_type.fields.pop(PLACEHOLDER, None)
    schema.directives = ()
    shared = [build_schema(other).type_map for other in others]
    schema.type_map = {name: kind for name, kind in schema.type_map.items() if all(name in one for one in shared)}
    return print_schema(lexicographic_sort_schema(schema))


def agree(described: Manifest) -> None:
    """The deployed schema is the local one, but for types that nothing leads to."""
    local = print_schema(build(described.data).schema)
    if all(one.kind != "query" for one in described.data.operations):
        local = local.replace("type Query", f"type Query {{ {PLACEHOLDER}: Boolean }}", 1)
    assert shape(_KNOWN + sdl(described.data), local) == shape(local)


def test_s1_s17_seed() -> None:
    """The group is named on the field, beside IAM; a query root is there, shut by IAM without a policy."""
    assert sdl(seed().data) == (
        "schema {\n  query: Query\n  mutation: Mutation\n}\n\n"
        "type Query @aws_iam {\n  _poolhouse: Boolean @aws_iam\n}\n\n"
        "type Mutation @aws_iam {\n"
        "  addUserToGroup(userId: String!, groupName: String!): AWSJSON"
        ' @aws_iam @aws_cognito_user_pools(cognito_groups: ["ADMINS"])\n'
        "}\n"
    )


def test_s17_the_placeholder_is_not_told_to_clients() -> None:
    """What clients are generated from knows the declared operations only."""
    told = model_introspection(seed().data)
    assert "queries" not in told
    assert list(told["mutations"]) == ["addUserToGroup"]


def test_no_placeholder_beside_queries() -> None:
    """Declared queries are the query root; a query alone needs no mutation root."""
    written = text(operation())
    assert PLACEHOLDER not in written
    assert "ation" not in written


@pytest.mark.parametrize("described", [RICH, seed()], ids=["rich", "seed"])
def test_what_is_deployed_is_what_is_executed(described: Manifest) -> None:
    """The deployed schema has the types, fields and arguments of the local one."""
    agree(described)


@settings(max_examples=25)
@given(manifests())
def test_every_schema_is_what_is_executed(described: Manifest) -> None:
    """Whatever is defined: it can be read, and has the local types in it."""
    agree(described)


@pytest.mark.parametrize("name", ScalarName.__args__)
def test_s2_scalars(name: str) -> None:
    """Every scalar keeps AppSync's name, as argument and as result."""
    described = operation(returns=TypeRef(name=name), arguments={"a": TypeRef(name=name)})
    assert f"op(a: {name}): {name} @aws_iam" in text(described)


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
    assert f"op: {written} @aws_iam" in text(operation(returns=TypeRef(name="ID", **flags)))


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


def test_s15_no_arguments() -> None:
    """No parentheses without arguments."""
    assert "  op: AWSJSON @aws_iam" in text(operation())


def test_asynchronous_operation() -> None:
    """Its type is EventInvocationResponse, whatever it returns, and is open to whom the operation is."""
    handlers = (HandlerRef(function="a"), HandlerRef(function="b", asynchronous=True))
    written = text(operation("op", "mutation", handlers=handlers, rules=(group("A", "B"),)))
    guard = '@aws_iam @aws_cognito_user_pools(cognito_groups: ["A", "B"])'
    assert f"  op: EventInvocationResponse {guard}\n" in written
    assert f"type EventInvocationResponse {guard} {{\n  success: Boolean!\n}}\n" in written


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((), "@aws_iam"),
        ((GUEST,), "@aws_iam"),
        ((IDENTITIES,), "@aws_iam"),
        ((KEY,), "@aws_iam @aws_api_key"),
        ((USERS, KEY), "@aws_iam @aws_cognito_user_pools @aws_api_key"),
        ((USERS, group("A"), USERS), "@aws_iam @aws_cognito_user_pools"),
        ((group("A"), group("B", "A")), '@aws_iam @aws_cognito_user_pools(cognito_groups: ["A", "B"])'),
    ],
)
def test_directives(rules: tuple[Rule, ...], expected: str) -> None:
    """IAM always, the other providers by rule, none twice; a rule for every user makes groups needless."""
    assert directives(rules) == expected


def test_types_follow_their_operations() -> None:
    """A returned type is open to whom any of its operations is; nested types follow."""
    outer = CustomType(name="Outer", fields=(Field(name="p", type=TypeRef(name="Point", kind="custom")),))
    one = operation("one", returns=TypeRef(name="Outer", kind="custom"), rules=(group("A"),))
    two = operation("two", returns=TypeRef(name="Point", kind="custom"), rules=(KEY,))
    written = text(one, two, types=(outer, POINT))
    assert 'type Outer @aws_iam @aws_cognito_user_pools(cognito_groups: ["A"]) {' in written
    assert 'type Point @aws_iam @aws_cognito_user_pools(cognito_groups: ["A"]) @aws_api_key {' in written
