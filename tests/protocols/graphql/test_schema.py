"""The compiled API: the executable schema (acceptance checks S2 and S3)."""

import pytest
from graphql import print_type
from protocols.graphql.world import POINT, manifest, operation

from poolhouse.define.manifest import ScalarName, TypeRef
from poolhouse.protocols.graphql.scalars import SCALARS
from poolhouse.protocols.graphql.schema import build


@pytest.mark.parametrize("name", ScalarName.__args__)
def test_s2_scalars(name: str) -> None:
    """Every scalar of the Manifest is a type of the schema, with rules for both directions."""
    described = operation(returns=TypeRef(name=name), arguments={"a": TypeRef(name=name)})
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
    assert str(build(manifest(described).data).schema.query_type.fields["op"].type) == written


def test_types_and_inputs() -> None:
    """A type keeps its name, its form for arguments gets one of its own."""
    described = operation(
        "foo", returns=TypeRef(name="Point", kind="custom"), arguments={"p": TypeRef(name="Point", kind="custom")}
    )
    schema = build(manifest(described, types=(POINT,)).data).schema
    assert (
        print_type(schema.type_map["PointInput"])
        == "input PointInput {\n  x: Int!\n  label: String\n  next: PointInput\n}"
    )
    assert print_type(schema.type_map["Point"]) == "type Point {\n  x: Int!\n  label: String\n  next: Point\n}"
