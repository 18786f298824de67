"""What the gateway answers itself, and what it does with a function's outcome."""

import asyncio
import json

import pytest
from protocols.gateway.world import ACCESS, ROUTES, Error, Outcome, Token, World

from poolhouse.define.manifest import RestApi

ID = {"token_use": "id", "aud": "client", "cognito:username": "alice"}
UNAUTHORIZED = (401, "UnauthorizedException", "Unauthorized")
NO_ROUTE = (403, "MissingAuthenticationTokenException", "Missing Authentication Token")


def refusal(answer):
    """(status, type, message) of the gateway's own answer, whose every header is checked."""
    assert answer.header("content-type") == "application/json"
    assert answer.header("access-control-allow-origin") == "*"
    assert "x-amzn-ErrorType" in answer.header("access-control-expose-headers")
    assert answer.header("x-amzn-requestid")
    assert answer.header("x-amz-apigw-id").endswith("=")
    assert list(answer.json()) == ["message"]
    return answer.status, answer.header("x-amzn-errortype"), answer.json()["message"]


async def test_401_without_a_token(world):
    """26 bytes, and the function does not run."""
    answer = await world.ask(token=None)
    assert refusal(answer) == UNAUTHORIZED
    assert len(answer.body) == 26
    assert world.events == []


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer ", "[object Object]", "Basic good", "good good", "AWS4-HMAC-SHA256 x"]
)
async def test_401_for_what_is_no_token(world, token):
    assert refusal(await world.ask(token=token)) == UNAUTHORIZED
    assert world.events == []


async def test_401_for_an_expired_token(world):
    assert refusal(await world.ask(token="old")) == (401, "UnauthorizedException", "The incoming token has expired")


@pytest.mark.parametrize("token", ["good", "Bearer good", "bearer good", "BEARER   good", " good "])
async def test_raw_and_bearer(world, token):
    assert (await world.ask(token=token)).status == 200


@pytest.mark.parametrize(("length", "status"), [("0" * 5000 + "5", 200), ("9" * 5000, 413), ("10485761", 413)])
async def test_length_of_many_digits(world, length, status):
    """More digits than Python reads as a number are an answer, and no fault."""
    assert (await world.ask(method="POST", headers=[("content-length", length)])).status == status
    assert len(world.events) == (status == 200)


async def test_two_authorization_headers_must_agree(world):
    """Nobody may choose which of two tokens counts."""
    same = await world.ask(headers=[("authorization", "good")])
    assert same.status == 200
    assert refusal(await world.ask(headers=[("authorization", "other")])) == UNAUTHORIZED


@pytest.mark.parametrize(
    ("members", "claims", "accepted"),
    [
        ({}, ACCESS, True),
        ({}, ACCESS | {"scope": "openid aws.cognito.signin.user.admin"}, True),
        ({}, ACCESS | {"scope": "openid"}, False),
        ({}, ACCESS | {"scope": "aws.cognito.signin.user.administrator"}, False),
        ({}, {"token_use": "access"}, False),
        ({"scopes": ()}, ACCESS, False),
        ({"scopes": ("a/read", "a/write")}, ACCESS | {"scope": "a/write"}, True),
        ({}, ID, True),
        ({}, ID | {"aud": "other"}, False),
        ({"id_tokens": "pool"}, ID | {"aud": "other"}, True),
        ({"id_tokens": "none"}, ID, False),
        ({"scopes": ()}, ID, True),
    ],
)
async def test_which_tokens(members, claims, accepted):
    """Access tokens by scope, ID tokens by the client that they were made for."""
    world = World(RestApi(name="AdminQueries", routes=ROUTES, **members))
    world.tokens["good"] = Token(claims)
    answer = await world.ask()
    assert (answer.status, len(world.events)) == ((200, 1) if accepted else (401, 0))


@pytest.mark.parametrize("path", ["/dev", "/dev/", "/dev//"])
async def test_the_stage_itself(world, path):
    """No resource is there; what Authorization holds is not repeated."""
    assert refusal(await world.ask(path, token=None)) == NO_ROUTE
    status, kind, message = refusal(await world.ask(path, token="secret-token"))
    assert (status, kind) == (403, "IncompleteSignatureException")
    assert message.endswith("not a valid key=value pair (missing equal-sign) in Authorization header: '...'.")
    assert world.events == []


async def test_another_stage_is_forbidden():
    world = World(RestApi(name="reports", routes=ROUTES))
    assert refusal(await world.ask("/reports/prod/x")) == (403, "ForbiddenException", "Forbidden")
    assert (await world.ask("/reports/dev/x")).status == 200


@pytest.mark.parametrize(
    "path",
    ["/dev/open/..%2flistUsers", "/dev/open/../listUsers", "/dev/open/%2e%2e/x", "/dev/./x", "/dev/open/..%5Cx"],
)
async def test_a_path_that_leads_out_of_its_route(world, path):
    """The function could read another path than the one that the authorizer let pass."""
    assert refusal(await world.ask(path, token=None)) == (403, "ForbiddenException", "Forbidden")
    assert world.events == []


async def test_an_unknown_method_has_no_route(world):
    assert refusal(await world.ask(method="BREW", token=None)) == NO_ROUTE


async def test_the_method_cannot_be_overridden(world):
    """A header is only a header."""
    override = [("x-http-method-override", "GET"), ("x-http-method", "GET"), ("x-method-override", "GET")]
    assert (await world.ask("/dev/open", "POST", headers=override, token=None)).status == 403
    assert (await world.ask("/dev/x", "POST", headers=override, token=None)).status == 401
    assert world.events == []
    await world.ask("/dev/x", "POST", headers=override)
    assert world.event["httpMethod"] == "POST"


@pytest.mark.parametrize("path", ["/dev/listUsers", "/dev/nope", "/dev", "/dev/open"])
async def test_preflight(world, path):
    """200 without a token and without the function, at every path."""
    asked = [("origin", "https://a.example"), ("access-control-request-method", "GET")]
    answer = await world.ask(path, "OPTIONS", headers=asked, token=None)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("access-control-allow-methods") == "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT"
    allowed = answer.header("access-control-allow-headers").split(",")
    wanted = {"Content-Type", "X-Amz-Date", "Authorization", "X-Api-Key", "X-Amz-Security-Token", "X-Amz-User-Agent"}
    assert wanted <= set(allowed)
    assert answer.header("access-control-allow-credentials") is None
    assert world.events == []


async def test_a_route_for_options_is_the_functions(world):
    await world.ask("/dev/own", "OPTIONS", token=None)
    assert world.events[0][0] == "open"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://a.example", "https://a.example"), ("https://b.example", None), ("null", None), ("", None)],
)
async def test_listed_origins(origin, allowed):
    """A listed origin is named, another one is not, and the function cannot open more."""
    world = World(RestApi(name="AdminQueries", routes=ROUTES, allow_origins=("https://a.example",)))
    world.returns(headers={"Access-Control-Allow-Origin": "*"})
    for method in ("OPTIONS", "GET"):
        answer = await world.ask(method=method, headers=[("origin", origin)])
        assert answer.status == 200
        assert answer.header("access-control-allow-origin") == allowed
        assert answer.header("vary") == "Origin"


async def test_a_function_may_name_its_own_origin(world):
    """Where every origin may call, what the function says is kept, once."""
    world.returns(headers={"Access-Control-Allow-Origin": "https://b.example"})
    assert (await world.ask()).header("access-control-allow-origin") == "https://b.example"


async def test_the_functions_answer(world):
    world.returns(statusCode=404, headers={"Content-Type": "text/plain", "X-A": "b"}, body="no")
    answer = await world.ask()
    assert (answer.status, answer.body, answer.header("x-a")) == (404, b"no", "b")
    assert answer.header("content-type") == "text/plain"
    assert answer.header("content-length") == "2"
    assert answer.header("access-control-allow-origin") == "*"


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_body_has_no_length(world, status):
    world.returns(statusCode=status, body="x")
    answer = await world.ask()
    assert (answer.status, answer.body, answer.header("content-length")) == (status, b"", None)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Outcome(b"null"), (502, "InternalServerErrorException", "Internal server error")),
        (Outcome(error=Error("ValueError", "secret", ("at",))), (502, "InternalServerErrorException", None)),
        (Outcome(error=Error("Sandbox.Timedout")), (502, "InternalServerErrorException", None)),
        (Outcome(error=Error("Function.ResponseSizeTooLarge")), (502, "InternalServerErrorException", None)),
        (Outcome(error=Error("TooManyRequestsException")), (429, "TooManyRequestsException", "Too Many Requests")),
        (Outcome(error=Error("TooManyRequestsException", "", ("at",))), (502, "InternalServerErrorException", None)),
        (Outcome(error=Error("RequestTooLargeException")), (413, "RequestTooLargeException", "Request Too Long")),
    ],
)
async def test_what_goes_wrong_in_the_function(world, outcome, told):
    """The caller learns that it failed and nothing of why; the log knows."""
    world.result = outcome
    status, kind, message = refusal(await world.ask())
    assert (status, kind) == told[:2]
    assert message == (told[2] or "Internal server error")
    assert "gateway.failed" in [event for event, _ in world.logged]


async def test_504_after_the_time_limit():
    """API Gateway waits 29 seconds."""
    world = World(seconds=0.01)
    waits = asyncio.Event()

    async def invoke(name, event, *, asker):
        await waits.wait()

    world.invoke = invoke
    assert refusal(await world.ask()) == (504, "InternalServerErrorException", "Endpoint request timed out")


async def test_413_over_ten_megabytes(world):
    """Told by its length, and found while reading."""
    told = (413, "RequestTooLargeException", "Request Too Long")
    assert refusal(await world.ask(method="POST", headers=[("content-length", "10485761")])) == told
    assert refusal(await world.ask(method="POST", body=b"x" * 10_485_761)) == told
    assert (await world.ask(method="POST", body=b"x" * 10_485_760)).status == 200


async def test_a_stranger_learns_nothing_about_his_body(world):
    """Who is calling is asked before anything is read."""
    answer = await world.ask(method="POST", headers=[("content-length", "99999999999")], token=None)
    assert answer.status == 401


async def test_our_own_fault_is_500(world):
    async def invoke(name, event, *, asker):
        raise RuntimeError("secret")

    world.invoke = invoke
    assert refusal(await world.ask()) == (500, "InternalServerErrorException", "Internal server error")
    assert world.logged[-1][0] == "gateway.fault"


async def test_nothing_that_is_logged_holds_a_token(world):
    for token in ("good", "bad-token", "old"):
        await world.ask("/dev/x", headers=[("x-secret", "hidden")], token=token)
        await world.ask("/dev", token=token)
    logged = json.dumps(world.logged, default=str)
    assert not any(word in logged for word in ("good", "bad-token", "hidden"))
