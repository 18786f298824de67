"""Whatever is sent, the answer is the gateway's own or the function's, and nobody gets past the authorizer."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st
from protocols.gateway.world import Outcome, World

OWN = {401, 403, 413}
PARTS = st.sampled_from(
    ["listUsers", "open", "own", "..", ".", "%2e%2e", "%2F", "%5c", "%00", "%", "%zz", "%ff", "", "é", "%252e%252e"]
)
SEGMENTS = st.lists(st.one_of(PARTS, st.text(max_size=8), st.tuples(PARTS, PARTS).map("".join)), max_size=5)
PATHS = SEGMENTS.map(lambda parts: ("/dev/" + "/".join(parts)).encode().replace(b"?", b"").replace(b"#", b""))
NAMES = st.sampled_from(["x-a", "connection", "origin", "host", "x-forwarded-for", "content-type", "x-amzn-trace-id"])
VALUES = st.text(alphabet=[chr(code) for code in range(32, 256) if code != 127], max_size=20)
TOKENS = st.one_of(st.none(), st.text(string.printable.strip(), max_size=30))
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW", "get", "TRACE"])


def sane(answer):
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("x-amzn-errortype") != "BadRequestException"
    assert all("\r" not in value and "\n" not in value for _, value in answer.headers)
    if answer.status in OWN:
        assert list(answer.json()) == ["message"]


@settings(max_examples=300, deadline=None)
@given(PATHS, METHODS, st.lists(st.tuples(NAMES, VALUES), max_size=5), TOKENS, st.binary(max_size=50))
async def test_no_stranger_reaches_a_guarded_function(path, method, headers, token, body):
    """Without the one good token only the open routes run, at exactly their paths."""
    world = World()
    if token is not None and token.lower().removeprefix("bearer").strip() == "good":
        return
    answer = await world.ask(path, method, headers, body, token=token)
    sane(answer)
    assert answer.status in OWN | {200}
    for name, event in world.events:
        assert name == "open"
        assert event["resource"] in {"/open", "/open/{name}", "/own"}
        assert event["path"].strip("/").partition("/")[0].lower() != "listusers"
        assert "authorizer" not in event["requestContext"]


@settings(max_examples=300, deadline=None)
@given(PATHS, METHODS, st.lists(st.tuples(NAMES, VALUES), max_size=5), st.binary(max_size=50), st.binary(max_size=60))
async def test_no_request_of_a_user_is_a_fault(path, method, headers, body, query):
    """No 5xx, and every event is one that a function can read."""
    world = World()
    answer = await world.ask(path, method, headers, body, query.replace(b"#", b""))
    sane(answer)
    assert answer.status in OWN | {200}
    for _, event in world.events:
        assert event["headers"]["X-Forwarded-For"] == "192.0.2.7"
        assert not {".", ".."} & set(event["path"].split("/"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
async def test_any_answer_of_a_function(payload):
    """Its own answer, or 502."""
    world = World()
    world.result = Outcome(payload)
    answer = await world.ask()
    sane(answer)
    assert answer.status == 502 or world.logged == []
