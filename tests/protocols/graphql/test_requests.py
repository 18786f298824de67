"""From the body to the arguments (acceptance checks Q1 to Q7, Q12 and Q13; errors E11 to E23)."""

import json

import pytest
from protocols.graphql.world import (
    ARGUMENTS,
    ENUM,
    MUT,
    POINT,
    USERS,
    World,
    group,
    manifest,
    operation,
)

from poolhouse.define.manifest import TypeRef

TEXT = TypeRef(name="String")
NEEDED = TypeRef(name="String", required=True)


def malformed(message: str) -> dict:
    return {"errors": [{"errorType": "MalformedHttpRequestException", "message": message}]}


def invalid(message: str, line: int, column: int) -> dict:
    location = {"line": line, "column": column, "sourceName": None}
    return {"data": None, "errors": [{"path": None, "locations": [location], "message": message}]}


@pytest.fixture
def admin(seeded: World) -> dict[str, str]:
    return seeded.user("admin", "ADMINS")


def one(world: World, *, types: tuple = (), enums: tuple = (), **arguments: TypeRef) -> dict[str, str]:
    """Serve one query `op` with these arguments; returns a caller's headers."""
    world.serve(manifest(operation("op", arguments=arguments), types=types, enums=enums))
    return world.user("bob")


@pytest.mark.parametrize("body", [b"", b"  \n"])
async def test_q1_empty_body(seeded: World, admin: dict, body: bytes) -> None:
    """E19."""
    answer = await seeded.send(body, admin)
    assert (answer.status, answer.json) == (400, malformed("Request body is empty."))
    assert answer.headers["x-amzn-errortype"] == "MalformedHttpRequestException"


@pytest.mark.parametrize("query", ["mutation {", "{ }", "{ a { } }", "{ a @ }", "}", '{ a(b: "\\ud800") }', "\x00"])
async def test_q2_syntax_error(seeded: World, admin: dict, query: str) -> None:
    """E20."""
    answer = await seeded.post(query, admin)
    assert (answer.status, answer.json) == (400, malformed("Unable to parse GraphQL query."))


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b"{}",
        b'{"query":null}',
        b'{"query":" "}',
        b'{"query":1}',
        b'{"query":"{a}","variables":[]}',
        b'{"query":"{a}","operationName":1}',
        b'{"query":"{a}","variables":' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"}",
        b"\xff\xfe",
        b'{"query":"\xff"}',
        b'{"query":1e999}',
    ],
)
async def test_e23_body_that_is_no_request(seeded: World, admin: dict, body: bytes) -> None:
    """E23: not JSON, not an object, no query, wrong kinds of members, nested too deeply."""
    answer = await seeded.send(body, admin)
    assert (answer.status, answer.error["errorType"]) == (400, "MalformedHttpRequestException")


async def test_q3_unknown_field(seeded: World, admin: dict) -> None:
    """E11."""
    answer = await seeded.post("mutation {\n  nope\n}", admin)
    message = "Validation error of type FieldUndefined: Field 'nope' in type 'Mutation' is undefined @ 'nope'"
    assert (answer.status, answer.json) == (200, invalid(message, 2, 3))


@pytest.mark.parametrize("variables", [{"groupName": "A"}, {"groupName": "A", "userId": None}, None])
async def test_q4_null_for_non_null_variable(seeded: World, admin: dict, variables: dict | None) -> None:
    """E15, for a missing and for a null variable."""
    answer = await seeded.post(MUT, admin, variables=variables)
    message = "Variable 'userId' has coerced Null value for NonNull type 'String!'"
    assert (answer.status, answer.json) == (200, invalid(message, 1, 11))
    assert seeded.events == []


async def test_q5_missing_argument(seeded: World, admin: dict) -> None:
    """E12."""
    answer = await seeded.post('mutation { addUserToGroup(userId: "x") }', admin)
    message = "Validation error of type MissingFieldArgument: Missing field argument groupName @ 'addUserToGroup'"
    assert answer.json == invalid(message, 1, 12)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("mutation ($a: Nope) { addUserToGroup(userId: $a, groupName: $a) }", "UnknownType: Unknown type Nope"),
        ('mutation { addUserToGroup(userId: 5, groupName: "x") }', "WrongType: argument 'userId' with value 'IntValue{value=5}' is not a valid 'String' @ 'addUserToGroup'"),
        ('mutation { addUserToGroup(userId: null, groupName: "x") }', "WrongType: argument 'userId' with value 'NullValue{}' must not be null @ 'addUserToGroup'"),
        ('mutation { addUserToGroup(userId: ["x"], groupName: "x") }', "WrongType: argument 'userId' with value 'ArrayValue{value=[\"x\"]}' is not a valid 'String' @ 'addUserToGroup'"),
        ('mutation { addUserToGroup(userId: "x", groupName: "x", other: 1) }', "UnknownArgument: Unknown field argument other @ 'addUserToGroup'"),
        ('mutation { addUserToGroup(userId: $a, groupName: "x") }', "UndefinedVariable: Undefined variable a @ 'addUserToGroup'"),
        ('mutation ($a: String) { addUserToGroup(userId: "x", groupName: "x") }', "UnusedVariable: Unused variable a"),
        ('mutation { addUserToGroup(userId: "x", groupName: "x") { a } }', "SubSelectionNotAllowed: Sub selection not allowed on leaf type AWSJSON of field addUserToGroup @ 'addUserToGroup'"),
        ("mutation { ...F }", "UndefinedFragment: Undefined fragment F"),
        ("mutation { __typename } fragment F on Mutation { __typename }", "UnusedFragment: Unused fragment F"),
        ("mutation { ...F } fragment F on Mutation { ...F }", "FragmentCycle: Fragment cycles not allowed"),
        ("subscription { x }", "UnknownOperation: The schema declares no subscription"),
        ("mutation { ... on Query { __typename } }", "InvalidFragmentType: A fragment on Query cannot be spread in Mutation"),
        ("mutation { ...F } fragment F on Query { __typename }", "InvalidFragmentType: A fragment on Query cannot be spread in Mutation"),
        ("mutation { __typename @include }", "MissingFieldArgument: Argument '@include(if:)' of type 'Boolean!' is required, but it was not provided."),
    ],
)  # fmt: skip
async def test_validation_errors(seeded: World, admin: dict, query: str, message: str) -> None:
    """E11 to E14: one way of saying it, HTTP 200, data null, nothing invoked."""
    answer = await seeded.post(query, admin)
    assert (answer.status, answer.data) == (200, None)
    assert f"Validation error of type {message}" in [error["message"] for error in answer.json["errors"]]
    assert all(error["path"] is None for error in answer.json["errors"])
    assert seeded.events == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('mutation { a: addUserToGroup(userId: "x", groupName: "x") a: __typename }', "are different fields"),
        ('mutation { addUserToGroup(userId: "x", groupName: "x") addUserToGroup(userId: "y", groupName: "x") }', "FieldsConflict"),
    ],
)  # fmt: skip
async def test_conflicting_fields(seeded: World, admin: dict, query: str, message: str) -> None:
    """Fields of one response name must be the same call."""
    answer = await seeded.post(query, admin)
    assert (answer.status, answer.data) == (200, None)
    assert message in answer.error["message"]


async def test_equal_fields_run_once(seeded: World, admin: dict) -> None:
    """The same call twice under one name is one call."""
    call = 'addUserToGroup(userId: "x", groupName: "y")'
    answer = await seeded.post(f"mutation {{ {call} {call} ...F }} fragment F on Mutation {{ {call} }}", admin)
    assert list(answer.data) == ["addUserToGroup"]
    assert len(seeded.events) == 1


async def test_q6_several_operations(seeded: World, admin: dict) -> None:
    """E21 without a name; the named one runs; an unknown name is refused."""
    query = "mutation A { __typename } mutation B { b: __typename }"
    missing = await seeded.post(query, admin)
    assert (missing.status, missing.error["errorType"]) == (400, "BadRequestException")
    assert missing.error["message"] == "Missing operation name."
    assert (await seeded.post(query, admin, operationName="B")).data == {"b": "Mutation"}
    assert (await seeded.post(query, admin, operationName="C")).status == 400


async def test_q7_shorthand_query(world: World) -> None:
    """A query without arguments may be written without a keyword."""
    world.serve(manifest(operation("noArgs")))
    assert (await world.post("{\n  noArgs\n}\n", world.user("bob"))).data == {"noArgs": '{"ok":true}'}


async def test_mutation_smuggled_into_a_query(seeded: World, admin: dict) -> None:
    """Attack 15: mutation fields do not exist on the query root."""
    answer = await seeded.post('query { addUserToGroup(userId: "x", groupName: "y") }', admin)
    assert "FieldUndefined: Field 'addUserToGroup' in type 'Query'" in answer.error["message"]
    assert seeded.events == []


@pytest.mark.parametrize(
    ("text", "value"), [('{"a":1}', {"a": 1}), ("true", True), ("1", 1), ('"Hello"', "Hello"), ("null", None)]
)
async def test_q12_json_arguments_are_parsed_once(world: World, text: str, value: object) -> None:
    """The handler sees the value, from a variable and from a literal."""
    headers = one(world, j=TypeRef(name="AWSJSON"))
    await world.post("query ($j: AWSJSON) { op(j: $j) }", headers, variables={"j": text})
    await world.post(f"{{ op(j: {json.dumps(text)}) }}", headers)
    assert [event["arguments"] for _, event in world.events] == [{"j": value}] * 2


@pytest.mark.parametrize("given", [{"a": 1}, "{a:1}", 1, True, ["{}"], "", "{} {}", "NaN", "[" * 1000])
async def test_q12_json_arguments_that_are_no_json_text(world: World, given: object) -> None:
    """E16 for variables: unquoted values and broken text."""
    headers = one(world, j=TypeRef(name="AWSJSON"))
    answer = await world.post("query ($j: AWSJSON) { op(j: $j) }", headers, variables={"j": given})
    assert answer.error["message"].startswith("Variable 'j' has an invalid value. Unable to parse `")
    assert (answer.data, world.events) == (None, [])


@pytest.mark.parametrize("literal", ["{a: 1}", "true", "1", '"{a:1}"', "[1]", "WORD"])
async def test_q12_json_literals_that_are_no_json_text(world: World, literal: str) -> None:
    """E14 for literals."""
    answer = await world.post(f"{{ op(j: {literal}) }}", one(world, j=TypeRef(name="AWSJSON")))
    assert answer.error["message"].startswith("Validation error of type WrongType: argument 'j' with value '")
    assert answer.error["message"].endswith("is not a valid 'AWSJSON' @ 'op'")


async def test_q13_missing_variables_are_null_and_unmentioned_arguments_absent(world: World) -> None:
    """Declared but not supplied: null. Not in the document: no key. Defaults count."""
    headers = one(world, a=TEXT, b=TEXT, c=TEXT, d=TEXT)
    await world.post('query ($a: String, $b: String = "x") { op(a: $a, b: $b, d: null) }', headers)
    assert world.events[0][1]["arguments"] == {"a": None, "b": "x", "d": None}


async def test_undeclared_variables_are_ignored(seeded: World, admin: dict) -> None:
    """Members of `variables` that the document does not declare are dropped."""
    await seeded.post(MUT, admin, variables={**ARGUMENTS, "other": {"deep": [1]}})
    assert seeded.events[0][1]["arguments"] == ARGUMENTS


async def test_input_objects_enums_and_lists(world: World) -> None:
    """Objects and enums arrive as they were sent; a single value stands for a list of one."""
    headers = one(
        world,
        types=(POINT,),
        enums=(ENUM,),
        p=TypeRef(name="Point", kind="custom"),
        c=TypeRef(name="Color", kind="enum"),
        l=TypeRef(name="Int", array=True),
    )
    wanted = {"p": {"x": 1, "next": {"x": 2, "label": None}}, "c": "RED", "l": [7]}
    query = "query ($p: PointInput, $c: Color, $l: [Int]) { op(p: $p, c: $c, l: $l) }"
    await world.post(query, headers, variables={**wanted, "l": 7})
    query = "query ($n: PointInput, $x: Int!) { op(p: {x: $x, next: $n}, c: RED, l: [7]) }"
    await world.post(query, headers, variables={"n": wanted["p"]["next"], "x": 1})
    await world.post("{ op(p: {x: 1, next: {x: 2, label: null}}, c: RED, l: 7) }", headers)
    assert [event["arguments"] for _, event in world.events] == [wanted] * 3


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("PointInput", {}, "Field 'x' has coerced Null value for NonNull type 'Int!'"),
        ("PointInput", {"x": None}, "Field 'x' has coerced Null value for NonNull type 'Int!'"),
        ("PointInput", {"x": 1, "y": 2}, "Variable 'v' has an invalid value. Input object type 'PointInput' defines no field 'y'."),
        ("PointInput", 5, "Variable 'v' has an invalid value. Expected an object for type 'PointInput'."),
        ("PointInput", {"x": "1"}, "Variable 'v' has an invalid value. Expected type 'Int' but was 'String'."),
        ("Color", "GREEN", "Variable 'v' has an invalid value. Invalid input for Enum 'Color'. No value found for name 'GREEN'."),
        ("[Int!]!", None, "Variable 'v' has coerced Null value for NonNull type '[Int!]!'"),
        ("[Int!]!", [1, None], "Variable 'v' has coerced Null value for NonNull type 'Int!'"),
    ],
)  # fmt: skip
async def test_variables_that_do_not_fit(world: World, type_: str, value: object, message: str) -> None:
    """E15 and E16 inside objects, enums and lists."""
    refs = {
        "PointInput": TypeRef(name="Point", kind="custom"),
        "Color": TypeRef(name="Color", kind="enum"),
        "[Int!]!": TypeRef(name="Int", required=True, array=True, array_required=True),
    }
    headers = one(world, types=(POINT,), enums=(ENUM,), v=refs[type_])
    answer = await world.post(
        f"query ($v: {type_}) {{ op(v: $v) }}".replace("!)", "!)"), headers, variables={"v": value}
    )
    assert (answer.status, answer.error["message"]) == (200, message)
    assert world.events == []


async def test_directives_decide_what_runs(world: World) -> None:
    """@skip and @include work on fields and fragments, with literals and with variables."""
    world.serve(manifest(operation("a"), operation("b"), operation("c"), operation("d")))
    query = (
        "query ($yes: Boolean!, $no: Boolean!) { a @skip(if: $yes) b @include(if: $no) c @include(if: true)"
        " ...F @include(if: $yes) ... @skip(if: true) { d } } fragment F on Query { f: d @skip(if: $no) }"
    )
    headers = world.user("bob")
    assert list((await world.post(query, headers, variables={"yes": True, "no": False})).data) == ["c", "f"]
    assert list((await world.post(query, headers, variables={"yes": False, "no": True})).data) == ["a", "b", "c"]


async def test_reload_swaps_the_schema(world: World) -> None:
    """After a reload the new fields are there and the old ones are not."""
    world.serve(manifest(operation("old")))
    headers = world.user("bob")
    assert (await world.post("{ old }", headers)).data
    world.endpoint.reload(manifest(operation("new", rules=(USERS, group("X")))))
    assert (await world.post("{ new }", headers)).data
    assert "FieldUndefined" in (await world.post("{ old }", headers)).error["message"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ op }", "SubSelectionRequired: Sub selection required for type Point of field op @ 'op'"),
        ("mutation { x }", "UnknownOperation: The schema declares no mutation"),
        ("{ op { next { y } } }", "FieldUndefined: Field 'y' in type 'Point' is undefined @ 'op/next/y'"),
    ],
)
async def test_validation_errors_of_objects(world: World, query: str, message: str) -> None:
    """Objects need sub-fields; paths name the fields around."""
    world.serve(manifest(operation("op", returns=TypeRef(name="Point", kind="custom")), types=(POINT,)))
    answer = await world.post(query, world.user("bob"))
    assert answer.error["message"] == f"Validation error of type {message}"


async def test_literals_of_every_scalar(world: World) -> None:
    """Numbers and booleans in the document arrive as such."""
    headers = one(
        world,
        f=TypeRef(name="Float"),
        b=TypeRef(name="Boolean"),
        i=TypeRef(name="ID"),
        l=TypeRef(name="Int", array=True),
    )
    await world.post("query ($n: Int) { op(f: 1.5, b: true, i: 7, l: [1, $n]) }", headers, variables={"n": 2})
    assert world.events[0][1]["arguments"] == {"f": 1.5, "b": True, "i": "7", "l": [1, 2]}


async def test_objects_of_one_type_one_after_the_other(world: World) -> None:
    """A list of input objects is coerced element by element."""
    headers = one(world, types=(POINT,), p=TypeRef(name="Point", kind="custom", array=True))
    await world.post("query ($p: [PointInput]) { op(p: $p) }", headers, variables={"p": [{"x": 1}, {"x": 2.0}]})
    assert world.events[0][1]["arguments"] == {"p": [{"x": 1}, {"x": 2}]}


async def test_fragment_spread_twice(world: World) -> None:
    """The second spread of a fragment in one place adds nothing."""
    world.serve(manifest(operation("op")))
    answer = await world.post("{ ...F ...F } fragment F on Query { op }", world.user("bob"))
    assert (answer.data, len(world.events)) == ({"op": '{"ok":true}'}, 1)
