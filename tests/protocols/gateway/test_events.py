"""The event of payload version 1.0, member by member."""

import pytest
from protocols.gateway.world import ACCESS, Token

from poolhouse.define.manifest import RestApi

MEMBERS = {
    "resource",
    "path",
    "httpMethod",
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "pathParameters",
    "stageVariables",
    "requestContext",
    "body",
    "isBase64Encoded",
}


async def test_the_whole_event(world):
    """Every member is there, null where there is nothing."""
    await world.ask("/dev/listUsersInGroup", headers=[("user-agent", "curl/8"), ("x-a", "1")])
    event = world.event
    context = event.pop("requestContext")
    headers = event.pop("headers")
    assert event.pop("multiValueHeaders") == {name: [value] for name, value in headers.items()}
    assert event == {
        "resource": "/{proxy+}",
        "path": "/listUsersInGroup",
        "httpMethod": "GET",
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": "listUsersInGroup"},
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
    }
    identity = context.pop("identity")
    assert {name for name, value in identity.items() if value is not None} == {"sourceIp", "userAgent"}
    assert (identity["sourceIp"], identity["userAgent"]) == ("192.0.2.7", "curl/8")
    assert context.pop("authorizer") == {"claims": ACCESS}
    ids = [context.pop(name) for name in ("requestId", "extendedRequestId", "resourceId", "deploymentId")]
    assert all(isinstance(one, str) and one for one in ids)
    assert context == {
        "accountId": "000000000000",
        "apiId": "abcdefghij",
        "domainName": "api.example.com",
        "domainPrefix": "api",
        "protocol": "HTTP/1.1",
        "stage": "dev",
        "resourcePath": "/{proxy+}",
        "httpMethod": "GET",
        "path": "/dev/listUsersInGroup",
        "requestTime": "04/Apr/2023:18:39:39 +0000",
        "requestTimeEpoch": 1680633579123,
    }


async def test_headers_of_the_connection_and_forged_ones_are_ours(world):
    """What a client says about its address is not passed on; a repeated header has its last value, and all of them."""
    forged = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-real-ip", "via")
    given = [(name, "evil") for name in (*forged, "transfer-encoding", "te", "upgrade", "keep-alive", "x-hop")]
    await world.ask(headers=[*given, ("connection", "close, X-Hop"), ("content-length", "0"), ("a", "1"), ("a", "2")])
    headers = world.event["headers"]
    trace = headers.pop("X-Amzn-Trace-Id")
    assert trace.startswith("Root=1-642c6eeb-")
    assert headers == {
        "Authorization": "good",
        "a": "2",
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    assert world.event["multiValueHeaders"]["a"] == ["1", "2"]


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (b"a=1&a=2", {"a": ["1", "2"]}),
        (b"groupname=a+b%2Bc&limit=", {"groupname": ["a b+c"], "limit": [""]}),
        (b"flag", {"flag": [""]}),
        (b"q=%C3%A9&bad=%ff%00", {"q": ["é"], "bad": ["�\0"]}),
        (b"a=b;c=d", {"a": ["b;c=d"]}),
        (b"a=1%26b%3D2", {"a": ["1&b=2"]}),
        (b"=x", {"": ["x"]}),
        (b"&&", None),
    ],
)
async def test_query(world, query, values):
    """Decoded by the rules of forms; the last value wins, and all are there."""
    await world.ask(query=query)
    assert world.event["multiValueQueryStringParameters"] == values
    assert world.event["queryStringParameters"] == (values and {name: given[-1] for name, given in values.items()})


@pytest.mark.parametrize(
    ("body", "text", "encoded"), [(b"null", "null", False), (b"\xff\x00", "/wA=", True), ("é".encode(), "é", False)]
)
async def test_body(world, body, text, encoded):
    """Text as it is; base64 for what is no text."""
    await world.ask(method="POST", body=body)
    assert (world.event["body"], world.event["isBase64Encoded"]) == (text, encoded)


@pytest.mark.parametrize(
    ("path", "told", "proxy"),
    [
        ("/dev//listUsers", "/listUsers", "listUsers"),
        ("/dev/listUsers/", "/listUsers/", "listUsers"),
        ("/dev/a/b", "/a/b", "a/b"),
        ("/dev/a%2Fb", "/a%2Fb", "a/b"),
        ("/dev/%C3%A9", "/%C3%A9", "é"),
        ("/dev/LISTusers", "/LISTusers", "LISTusers"),
        ("/%64ev/listUsers", "/listUsers", "listUsers"),
    ],
)
async def test_path(world, path, told, proxy):
    """As it was sent, without empty segments; the parameter is decoded."""
    await world.ask(path)
    assert (world.event["path"], world.event["pathParameters"]) == (told, {"proxy": proxy})
    assert world.event["requestContext"]["path"] == f"/dev{told}"


async def test_an_open_route_has_no_authorizer(world):
    """And the token that came along is not looked at."""
    answer = await world.ask("/dev/open", token="nonsense")
    assert answer.status == 200
    assert "authorizer" not in world.event["requestContext"]
    assert (world.event["resource"], world.event["pathParameters"]) == ("/open", None)
    assert set(world.event) == MEMBERS


async def test_groups_are_those_of_now(world):
    """The claim holds what the token says and the database still confirms."""
    world.tokens["good"] = Token(ACCESS | {"cognito:groups": ["Admins", "Editors"]}, ("Editors", "Others"))
    await world.ask()
    assert world.event["requestContext"]["authorizer"]["claims"]["cognito:groups"] == "Editors"


def test_the_root():
    """Admin Queries has the stage to itself."""
    assert RestApi(name="AdminQueries", stage="prod").root == "/prod"
    assert RestApi(name="reports").root == "/reports/dev"
