"""The resolvers' code, run by Node: functions get the local runtime's events, callers its results and errors."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from deploy.appsync import AppSync, Node, Problem
from protocols.graphql.world import (
    ARGUMENTS,
    MUT,
    ROOT,
    Error,
    World,
    cognito_session,
    group,
    operation,
    session,
)

from poolhouse.access.fields import ApiKeyCaller, BackendCaller, Caller, IdentityCaller, UserPoolCaller
from poolhouse.define.manifest import VERSION, Auth, Data, Function, Group, HandlerRef, Manifest, TypeRef
from poolhouse.deploy import naming
from poolhouse.deploy.resolvers import PIPELINE, code
from poolhouse.deploy.synthesis import Environment, synthesise
from poolhouse.errors import ServiceError, TooManyRequestsException
from poolhouse.protocols.graphql.events import FIRST, Envelope, identity

HEADERS = [(b"Host", b"x.example"), (b"Authorization", b"token"), (b"X-Two", b"a"), (b"X-Two", b"b")]
CLAIMS = {"sub": "s", "username": "u", "iss": "i", "cognito:groups": ["ADMINS"]}
IDENTITY = cognito_session("ADMINS")
CALLERS: dict[str, Caller] = {
    "token": UserPoolCaller(CLAIMS, ("ADMINS",), ("ADMINS",)),
    "token without groups": UserPoolCaller({"sub": "s", "username": "u"}, (), ()),
    "credentials": IdentityCaller(IDENTITY, IDENTITY.identity),
    "function": BackendCaller(session("fn")),
    "root": BackendCaller(ROOT),
    "key": ApiKeyCaller(),
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    process = Node(tmp_path_factory.mktemp("appsync"))
    yield process
    process.close()


def context(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
    """What AppSync knows of a request. Without an identity there is no such member."""
    known = identity(caller, "203.0.113.9")
    headers = {"host": "x.example", "authorization": "token", "x-two": "a,b"}
    found = {"arguments": arguments, "source": {}, "request": {"headers": headers}}
    return found if known is None else {**found, "identity": known}


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("caller", CALLERS)
def test_the_first_handler_gets_the_local_event(node: Node, caller: str, asynchronous: bool) -> None:
    """The same seven keys with the same values, whoever calls; only a later run is handed over as an event."""
    known = {**context(CALLERS[caller], ARGUMENTS), "info": {"parentTypeName": "Mutation", "fieldName": "add"}}
    request, _ = node.run(code(first=True, asynchronous=asynchronous), "request", known)
    envelope = Envelope(CALLERS[caller], HEADERS, "203.0.113.9")
    assert request["payload"] == json.loads(envelope.event("Mutation", "add", ARGUMENTS, FIRST))
    assert request["operation"] == "Invoke"
    assert request["invocationType"] == ("Event" if asynchronous else "RequestResponse")


@pytest.mark.parametrize("script", [code(first=f, asynchronous=a) for f in (True, False) for a in (True, False)])
def test_the_code_uses_what_appsync_has(script: str) -> None:
    """APPSYNC_JS knows no exceptions, no classes, no loops with a counter, and imports its own modules only."""
    for text in (script, PIPELINE):
        assert not re.search(r"\b(try|throw|catch|class|while|for|async|await|new|this|continue|instanceof)\b", text)
        assert set(re.findall(r"from '([^']+)'", text)) <= {"@aws-appsync/utils"}
        assert len(text) < 32_000


def described(*handlers: HandlerRef, returns: str = "AWSJSON") -> Manifest:
    text = TypeRef(name="String", required=True)
    described = operation(
        "addUserToGroup",
        "mutation",
        rules=(group("ADMINS"),),
        arguments={"userId": text, "groupName": text},
        handlers=handlers,
        returns=TypeRef(name=returns),
    )
    return Manifest(
        version=VERSION,
        auth=Auth(groups=(Group(name="ADMINS", precedence=0),)),
        functions=tuple(Function(name=name, entry=f"{name}.py") for name in ("a", "b", "c")),
        data=Data(operations=(described,)),
    )


def deployed(node: Node, manifest: Manifest, functions: dict[str, Any]) -> tuple[Any, list[Any], list[Any], list[str]]:
    """Value, errors, the events of functions that were waited for, and the functions that were handed one."""
    names = {naming.logical_id("DataSource", one.name): one.name for one in manifest.functions}
    events: list[Any] = []
    later: list[str] = []

    def invoke(source: str, request: dict[str, Any]) -> Any:
        name = names[source]
        if request["invocationType"] == "Event":
            if not isinstance(functions.get(name), Problem):
                later.append(name)
            return functions[name] if isinstance(functions.get(name), Problem) else None
        events.append((name, request["payload"]))
        return functions.get(name)

    api = AppSync(synthesise(manifest, Environment()).template, node, invoke)
    caller = UserPoolCaller(CLAIMS, ("ADMINS",), ("ADMINS",))
    value, errors = api.field("Mutation", "addUserToGroup", context(caller, ARGUMENTS))
    return value, errors, events, later


async def local(manifest: Manifest, functions: dict[str, Any], refuse: ServiceError | None = None) -> tuple[World, Any]:
    world = World(functions=functions, refuse_later=refuse).serve(manifest)
    returned = manifest.data.operations[0]
    query = MUT.replace(")\n}", ") { success }\n}") if returned.is_asynchronous else MUT
    return world, await world.post(query, world.user("u", "ADMINS"), variables=ARGUMENTS)


def told(errors: list[Any]) -> list[tuple[str, str, Any, Any]]:
    return [(one["errorType"], one["message"], one["data"], one["errorInfo"]) for one in errors]


SYNC = tuple(HandlerRef(function=name) for name in ("a", "b", "c"))
PIPELINES = {
    "one": (SYNC[:1], {"a": {"x": 1}}),
    "one without a result": (SYNC[:1], {"a": None}),
    "two": (SYNC[:2], {"a": {"x": 1}, "b": [1, None]}),
    "a result of nothing in between": (SYNC[:2], {"a": None, "b": True}),
    "the same function twice": ((SYNC[0], SYNC[0]), {"a": "text"}),
    "the second fails": (SYNC, {"a": 1, "b": Error("KeyError", "boom", ("line",)), "c": 3}),
    "the first fails": (SYNC, {"a": Error("ValueError", "no such user", ("line",))}),
    "one that cannot run": (SYNC[:1], {"a": Error("TooManyRequestsException", "busy")}),
    "later": ((HandlerRef(function="a", asynchronous=True),), {}),
    "later in between": ((SYNC[0], HandlerRef(function="b", asynchronous=True), SYNC[2]), {"a": 1, "c": 3}),
    "later at the end": ((SYNC[0], HandlerRef(function="b", asynchronous=True)), {"a": 1}),
}


@pytest.mark.parametrize("name", PIPELINES)
async def test_handlers_run_as_they_do_locally(node: Node, name: str) -> None:
    """The same functions with the same events in the same order, the same value, the same errors."""
    handlers, functions = PIPELINES[name]
    manifest = described(*handlers)
    world, answer = await local(manifest, {**dict.fromkeys("abc"), **functions})
    value, errors, events, later = deployed(node, manifest, {name: _reported(one) for name, one in functions.items()})
    assert [(name, _common(event)) for name, event in events] == [(n, _common(e)) for n, e in world.events]
    assert later == world.later
    assert told(errors) == told(answer.json.get("errors", []))
    assert _completed(value, manifest) == answer.data["addUserToGroup"]


async def test_a_function_that_takes_no_event(node: Node) -> None:
    """`success` is false beside an error, and the next handler still runs."""
    manifest = described(HandlerRef(function="a", asynchronous=True), SYNC[1])
    _world, answer = await local(manifest, {"b": None}, refuse=TooManyRequestsException("busy"))
    busy = Problem("Lambda:TooManyRequestsException", "busy")
    value, errors, events, later = deployed(node, manifest, {"a": busy, "b": None})
    assert (value, later) == (None, [])
    assert events[0][1]["prev"] == {"result": {"success": False}}
    assert told(errors) == told(answer.json["errors"])


def _reported(outcome: Any) -> Any:
    """A failure in AppSync's words: what the handler raised is unhandled, what Lambda refused has its own name."""
    if not isinstance(outcome, Error):
        return outcome
    refused = not outcome.stack
    return Problem(f"Lambda:{outcome.type}" if refused else "Lambda:Unhandled", outcome.message)


def _common(event: dict[str, Any]) -> dict[str, Any]:
    """Without what belongs to the way in: the headers, and the caller who differs between the two stages."""
    return {key: value for key, value in event.items() if key not in {"identity", "request"}}


def _completed(value: Any, manifest: Manifest) -> Any:
    """AWSJSON is text, an object is itself."""
    if value is None or manifest.data.operations[0].is_asynchronous:
        return value
    return json.dumps(value, separators=(",", ":"))
