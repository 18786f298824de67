"""Any bytes at all: the endpoint answers JSON, never a 5xx, and never raises."""

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from protocols.graphql.world import ENUM, MUT, POINT, USERS, World, group, manifest, operation

from poolhouse.define.manifest import TypeRef

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=10) | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(
    ["{", "}", "(", ")", "[", "]", ":", "!", "$", "$a", "$b", "...", "@include(if:true)", "@skip(if:$a)", "query", "mutation", "subscription", "fragment", "F", "on", "Query", "Point", "op", "add", "x", "next", "label", "a", "b", "p:", "c:", "j:", "1", "-1", "1.5", '"x"', '"{}"', '"""block"""', "RED", "true", "null", "String", "Int", "PointInput", "[Int!]!", "__typename", "__schema", "{", "types", "{", "name", "}", "}", '__type(name:"Query")', "#c\n", ",", "&", "|", "="]
)  # fmt: skip
QUERIES = st.text(max_size=80) | st.lists(WORDS, max_size=30).map(" ".join) | st.just(MUT)
BODIES = (
    st.binary(max_size=200)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries({"query": QUERIES}, optional={"variables": VALUES, "operationName": VALUES}).map(
        lambda value: json.dumps(value).encode()
    )
)


def served() -> World:
    arguments = {
        "p": TypeRef(name="Point", kind="custom"),
        "c": TypeRef(name="Color", kind="enum"),
        "j": TypeRef(name="AWSJSON", array=True),
    }
    point = TypeRef(name="Point", kind="custom")
    ops = (
        operation("op", returns=point, arguments=arguments),
        operation("add", "mutation", rules=(USERS, group("X")), returns=TypeRef(name="Int", required=True)),
    )
    return World().serve(manifest(*ops, types=(POINT,), enums=(ENUM,)))


def answered(body: bytes, result: object = None) -> tuple[World, object]:
    world = served()
    world.functions["fn"] = result
    return world, asyncio.run(world.send(body, world.user("bob")))


@settings(max_examples=150, deadline=None)
@given(BODIES)
def test_any_body(body: bytes) -> None:
    """Refused or answered, with JSON, below 500, and no fault in the log."""
    world, answer = answered(body)
    assert answer.status < 500
    assert isinstance(answer.json, dict)
    assert "graphql.fault" not in [event for event, _ in world.logged]


@settings(max_examples=80, deadline=None)
@given(VALUES.filter(lambda value: not isinstance(value, float) or value == value))
def test_any_variables(value: object) -> None:
    """Whatever is sent as a variable is coerced or refused."""
    query = "query ($a: PointInput, $b: Color, $j: [AWSJSON]) { op(p: $a, c: $b, j: $j) { x } }"
    body = json.dumps({"query": query, "variables": {"a": value, "b": value, "j": value}}).encode()
    assert answered(body)[1].status in (200, 400)


@settings(max_examples=80, deadline=None)
@given(VALUES)
def test_any_result(value: object) -> None:
    """Whatever a handler returns fits or is an error of its field."""
    body = json.dumps({"query": "{ op { x label next { x } } }"}).encode()
    world, answer = answered(body, value)
    assert answer.status == 200
    assert "graphql.fault" not in [event for event, _ in world.logged]
