"""What handlers see and what becomes of their results (acceptance checks Q8 to Q11, Q14 to Q16, Q18, S16)."""

import asyncio
import json

import pytest
from protocols.graphql.world import (
    ARGUMENTS,
    ENUM,
    ISSUER,
    POINT,
    ROOT,
    Error,
    Outcome,
    World,
    cognito_session,
    manifest,
    operation,
    seed,
)

from poolhouse.define.manifest import HandlerRef, TypeRef
from poolhouse.errors import TooManyRequestsException
from poolhouse.protocols.graphql.documents import Limits

CUSTOM = TypeRef(name="Point", kind="custom")


def serve(world: World, result: object, returns: TypeRef, **members: object) -> dict[str, str]:
    """Serve one query `op` whose function gives `result`; returns a caller's headers."""
    world.functions["fn"] = result
    world.serve(manifest(operation("op", returns=returns), types=(POINT,), enums=(ENUM,), **members))
    return world.user("bob")


def failure(error_type: str, message: str) -> dict:
    location = {"line": 1, "column": 3, "sourceName": None}
    error = {"path": ["op"], "data": None, "errorType": error_type, "errorInfo": None, "locations": [location]}
    return {"data": {"op": None}, "errors": [{**error, "message": message}]}


JSON = TypeRef(name="AWSJSON")


@pytest.mark.parametrize("type_", ["ValueError", "UserNotFoundException", "TooManyRequestsException"])
async def test_q8_q9_handler_raises(world: World, type_: str) -> None:
    """E9: the error's text, and one errorType whatever the exception's class."""
    answer = await world.post("{ op }", serve(world, Error(type_, "boom", ("line 1",)), JSON))
    assert (answer.status, answer.json) == (200, failure("Lambda:Unhandled", "boom"))


async def test_e10_timeout(world: World) -> None:
    """A function's own timeout is an error of the field."""
    answer = await world.post(
        "{ op }", serve(world, Error("Sandbox.Timedout", "Task timed out after 3.00 seconds"), JSON)
    )
    assert answer.json == failure("Lambda:Unhandled", "Task timed out after 3.00 seconds")


async def test_full_queue(world: World) -> None:
    """A function that cannot take more work is throttled, not failed, and HTTP stays 200."""
    answer = await world.post("{ op }", serve(world, Error("TooManyRequestsException", "Rate Exceeded."), JSON))
    assert answer.json == failure("Lambda:TooManyRequestsException", "Rate Exceeded.")


async def test_request_takes_too_long(world: World) -> None:
    """All handlers of one request share a time limit."""
    world.limits = Limits(seconds=0.01)
    answer = await world.post("{ op }", serve(world, lambda event: asyncio.sleep(5), JSON))
    assert answer.json == failure("ExecutionTimeout", "Execution timed out.")


def crash(event: object) -> object:
    raise RuntimeError("broken pipe")


@pytest.mark.parametrize("result", [crash, Outcome(b"{"), Outcome(b"NaN"), Outcome(b"[" * 5000 + b"]" * 5000)])
async def test_q18_never_5xx(world: World, result: object) -> None:
    """Whatever happens once a handler may have run is HTTP 200: clients send mutations again after a 5xx."""
    answer = await world.post("{ op }", serve(world, result, JSON))
    assert (answer.status, answer.data) == (200, {"op": None})
    assert answer.error["errorType"] in ("InternalFailure", "Lambda:Unhandled")
    assert "broken pipe" not in answer.body.decode()


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"a": [1, None]}, '{"a":[1,null]}'),
        ([1, "x"], '[1,"x"]'),
        (True, "true"),
        (1, "1"),
        ("hello", '"hello"'),
        ({"ü": 10**30}, '{"ü":1000000000000000000000000000000}'),
        (None, None),
    ],
)
async def test_q10_json_results_are_serialised_once(world: World, result: object, text: str | None) -> None:
    """A compact JSON string; null stays null."""
    assert (await world.post("{ op }", serve(world, result, JSON))).json == {"data": {"op": text}}


async def test_q11_what_the_runtime_made_of_datetimes_and_decimals(world: World) -> None:
    """The runtime has written datetime, bytes and Decimal as JSON already; the text passes untouched."""
    payload = b'{"when": "2026-01-02T03:04:05+00:00", "price": 1.50, "raw": "AAE="}'
    answer = await world.post("{ op }", serve(world, Outcome(payload), JSON))
    assert json.loads(answer.data["op"]) == json.loads(payload)


@pytest.mark.parametrize("payload", [b"", None, b"null"])
async def test_no_result_is_null(world: World, payload: bytes | None) -> None:
    """A handler that returns nothing gives null."""
    assert (await world.post("{ op }", serve(world, Outcome(payload), JSON))).data == {"op": None}


async def test_e18_null_for_a_non_null_field(world: World) -> None:
    """Data becomes null as a whole when a root field may not be."""
    answer = await world.post("{ op }", serve(world, None, TypeRef(name="ID", required=True)))
    message = "Cannot return null for non-nullable type: 'ID' within parent 'Query' (/op)"
    assert answer.json == {"data": None, "errors": [{"path": ["op"], "locations": None, "message": message}]}


async def test_nested_objects_lists_and_typenames(world: World) -> None:
    """Selections are applied at every level; aliases rename; what is not selected is not answered."""
    result = [{"x": 1, "label": "a", "next": {"x": 2.0, "secret": 1}}, None]
    headers = serve(world, result, TypeRef(name="Point", kind="custom", array=True))
    answer = await world.post("{ op { n: x __typename next { ...F } } } fragment F on Point { x label }", headers)
    first = {"n": 1, "__typename": "Point", "next": {"x": 2, "label": None}}
    assert answer.json == {"data": {"op": [first, None]}}


async def test_e18_inside_a_list(world: World) -> None:
    """Null rises to the nearest nullable place: the element, not the list."""
    headers = serve(
        world, [{"x": 1}, {}, {"x": 3, "next": {"x": None}}], TypeRef(name="Point", kind="custom", array=True)
    )
    answer = await world.post("{ op { x next { x } } }", headers)
    assert answer.data == {"op": [{"x": 1, "next": None}, None, {"x": 3, "next": None}]}
    assert [error["path"] for error in answer.json["errors"]] == [["op", 1, "x"], ["op", 2, "next", "x"]]
    assert answer.error["message"].endswith("'Int' within parent 'Point' (/op[1]/x)")


@pytest.mark.parametrize(
    ("returns", "result", "message"),
    [
        (TypeRef(name="AWSDateTime"), "yesterday", "Can't serialize value (/op) : Unable to serialize `yesterday` as a valid DateTime Object."),
        (TypeRef(name="Int"), "x", "Can't serialize value (/op) : Expected type 'Int' but was 'String'."),
        (TypeRef(name="String"), {}, "Can't serialize value (/op) : Expected type 'String' but was 'Object'."),
        (TypeRef(name="Color", kind="enum"), "GREEN", "Can't serialize value (/op) : Unknown value 'GREEN' for Enum 'Color'."),
        (TypeRef(name="Int", array=True), 5, "Can't resolve value (/op) : type mismatch error, expected type LIST"),
        (TypeRef(name="Point", kind="custom"), 5, "Can't resolve value (/op) : type mismatch error, expected type OBJECT"),
    ],
)  # fmt: skip
async def test_e17_results_that_do_not_fit(world: World, returns: TypeRef, result: object, message: str) -> None:
    """The field is null with one error; for a non-null type the data is."""
    query = "{ op { x } }" if returns.name == "Point" else "{ op }"
    error = {"path": ["op"], "locations": None, "message": message}
    answer = await world.post(query, serve(world, result, returns))
    assert answer.json == {"data": {"op": None}, "errors": [error]}
    if not returns.array:
        needed = TypeRef(name=returns.name, kind=returns.kind, required=True)
        assert (await world.post(query, serve(world, result, needed))).json == {"data": None, "errors": [error]}


async def test_good_enum(world: World) -> None:
    """A declared value passes."""
    assert (await world.post("{ op }", serve(world, "RED", TypeRef(name="Color", kind="enum")))).data == {"op": "RED"}


async def test_q14_asynchronous_handler(world: World) -> None:
    """The caller is told that the event was accepted, nothing else."""
    world.serve(manifest(operation("op", returns=None, handlers=(HandlerRef(function="late", asynchronous=True),))))
    answer = await world.post("{ op { success } }", world.user("bob"))
    assert answer.json == {"data": {"op": {"success": True}}}
    assert (world.later, world.events) == (["late"], [])


async def test_asynchronous_handler_that_cannot_be_handed_over(world: World) -> None:
    """success is false, and an error says why."""
    world.refuse_later = TooManyRequestsException()
    world.serve(manifest(operation("op", handlers=(HandlerRef(function="late", asynchronous=True),))))
    answer = await world.post("{ op { success } }", world.user("bob"))
    assert answer.data == {"op": {"success": False}}
    assert answer.error["errorType"] == "Lambda:TooManyRequestsException"


async def test_s16_pipeline(world: World) -> None:
    """Handlers run in order, each sees what the one before returned; the last one's result is the field's."""
    world.functions = {"one": {"n": 1}, "two": lambda event: {"n": event["prev"]["result"]["n"] + 1}}
    handlers = (HandlerRef(function="one"), HandlerRef(function="two"))
    world.serve(manifest(operation("op", handlers=handlers)))
    assert (await world.post("{ op }", world.user("bob"))).data == {"op": '{"n":2}'}
    assert [event["prev"] for _, event in world.events] == [{"result": {}}, {"result": {"n": 1}}]


async def test_pipeline_stops_at_the_first_error(world: World) -> None:
    """Nothing runs behind a failed handler."""
    world.functions = {"one": Error("E", "boom", ("x",))}
    world.serve(manifest(operation("op", handlers=(HandlerRef(function="one"), HandlerRef(function="two")))))
    assert (await world.post("{ op }", world.user("bob"))).error["message"] == "boom"
    assert [name for name, _ in world.events] == ["one"]


async def test_field_without_handler(world: World) -> None:
    """A plain field without handler is null."""
    world.serve(manifest(operation("op", handlers=())))
    assert (await world.post("{ op }", world.user("bob"))).json == {"data": {"op": None}}


async def test_q15_the_event_of_a_user(world: World) -> None:
    """Exactly the seven keys, with the identity of a user pool caller."""
    world.serve(seed())
    await world.post(headers=world.user("admin", "ADMINS"))
    event = world.events[0][1]
    assert list(event) == ["typeName", "fieldName", "arguments", "identity", "source", "request", "prev"]
    assert (event["typeName"], event["fieldName"], event["arguments"]) == ("Mutation", "addUserToGroup", ARGUMENTS)
    assert (event["source"], event["prev"], event["request"]["domainName"]) == (None, {"result": {}}, None)
    assert event["request"]["headers"]["authorization"] == "token-admin"
    assert event["identity"] == {
        "claims": world.tokens["token-admin"].claims,
        "defaultAuthStrategy": "ALLOW",
        "groups": ["ADMINS"],
        "issuer": ISSUER,
        "sourceIp": ["203.0.113.9"],
        "sub": "adminsub",
        "username": "admin",
    }


async def test_groups_of_an_ungrouped_user_are_null(world: World) -> None:
    """Without the claim there is no list; id tokens name the user by cognito:username."""
    world.serve(manifest(operation("op")))
    headers = world.user("bob", username=None, **{"cognito:username": "bob"})
    await world.post("{ op }", headers)
    identity = world.events[0][1]["identity"]
    assert (identity["groups"], identity["username"]) == (None, "bob")


async def test_q16_the_event_under_iam(world: World) -> None:
    """The IAM identity's eight keys, for an identity of the pool and for root."""
    world.serve(seed())
    await world.post(headers=world.signed(cognito_session("ADMINS"), live=("ADMINS",)))
    await world.post(headers=world.signed(ROOT))
    member, root = (event["identity"] for _, event in world.events)
    assert member["userArn"] == "arn:aws:sts::000000000000:assumed-role/authRole/CognitoIdentityCredentials"
    assert member["cognitoIdentityAuthType"] == "authenticated"
    assert member["cognitoIdentityAuthProvider"] == '"iss","iss:CognitoSignIn:adminsub"'
    assert member["cognitoIdentityPoolId"].startswith("us-east-1:")
    assert member["username"].endswith(":CognitoIdentityCredentials")
    assert list(member) == list(root)
    assert [root[key] for key in root if key.startswith("cognito")] == [None] * 4
    assert root["accountId"] == "000000000000"


async def test_identity_of_an_api_key_is_null(world: World) -> None:
    """Nobody is behind a key."""
    from protocols.graphql.world import KEY

    world.keys.add("good")
    world.serve(manifest(operation("op", rules=(KEY,)), default_mode="apiKey"))
    await world.post("{ op }", {"x-api-key": "good"})
    assert world.events[0][1]["identity"] is None


async def test_mutations_run_one_after_the_other_and_queries_together(world: World) -> None:
    """The order of mutations is that of the document; queries do not wait for each other."""
    running: list[str] = []

    async def slow(event: dict) -> bool:
        running.append("in")
        await asyncio.sleep(0.01)
        running.append("out")
        return True

    world.functions["fn"] = slow
    world.serve(manifest(operation("q"), operation("m", "mutation")))
    await world.post("mutation { a: m b: m }", world.user("bob"))
    assert running == ["in", "out", "in", "out"]
    running.clear()
    await world.post("{ a: q b: q }", world.user("bob"))
    assert running == ["in", "in", "out", "out"]


async def test_mutations_stop_when_data_is_lost(world: World) -> None:
    """Once a non-null mutation failed there is nothing to answer, so no further mutation runs."""
    world.functions["fn"] = Error("E", "boom", ("x",))
    world.serve(manifest(operation("m", "mutation", returns=TypeRef(name="ID", required=True))))
    answer = await world.post("mutation { a: m b: m }", world.user("bob"))
    assert (answer.data, len(answer.json["errors"]), len(world.events)) == (None, 1, 1)


async def test_repeated_headers_are_joined(world: World) -> None:
    """Names arrive in lower case, repeated headers as one."""
    from poolhouse.protocols.graphql.events import lower_headers

    assert lower_headers([(b"X-A", b"1"), (b"x-a", b"2")]) == {"x-a": "1,2"}


async def test_invoker_that_refuses(world: World) -> None:
    """A refusal of the function runtime is an error of the field, too."""

    def refuse(event: object) -> object:
        raise TooManyRequestsException

    answer = await world.post("{ op }", serve(world, refuse, JSON))
    assert answer.json == failure("Lambda:TooManyRequestsException", "Rate exceeded")
