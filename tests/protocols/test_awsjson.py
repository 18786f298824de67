"""The AWS endpoints without a network: what the protocol does when things around it go wrong."""

import json

import pytest

from poolhouse.access.principals import Root
from poolhouse.errors import UnrecognizedClientException
from poolhouse.operations import families  # noqa: F401 - registers every operation
from poolhouse.protocols.awsjson import AwsJson

IDP = "AWSCognitoIdentityProviderService"


class Exchange:
    """One ASGI request and its answer."""

    def __init__(
        self, body=b"{}", *, target=f"{IDP}.ListUserPools", parts=None, method="POST", hang_up=False, headers=()
    ):
        self.events = [{"type": "http.request", "body": part, "more_body": True} for part in (parts or [body])]
        if hang_up:
            self.events.append({"type": "http.disconnect"})
        else:
            self.events[-1]["more_body"] = False
        named = [(b"x-amz-target", target.encode())] if target else []
        self.scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": [*named, *headers]}
        self.sent = []

    async def receive(self):
        return self.events.pop(0)

    async def send(self, message):
        self.sent.append(message)

    async def through(self, application):
        await application(self.scope, self.receive, self.send)
        return self

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return json.loads(self.sent[1]["body"])


async def root(_services, _request):
    return Root(account_id="000000000000", region="us-east-1")


async def stranger(_services, _request):
    raise UnrecognizedClientException


async def broken(_services, _request):
    raise RuntimeError("a secret detail of ours")


async def test_an_answer_is_two_messages(services):
    """Head and body, with the length."""
    done = await Exchange(b'{"MaxResults": 1}').through(AwsJson(services, root))
    assert (done.status, done.body) == (200, {"UserPools": []})
    assert [message["type"] for message in done.sent] == ["http.response.start", "http.response.body"]
    assert int(done.headers["content-length"]) == len(done.sent[1]["body"])


async def test_a_body_in_parts(services):
    """A body may arrive in any number of pieces."""
    parts = [bytes([byte]) for byte in b'{"MaxResults": 1}']
    done = await Exchange(parts=parts).through(AwsJson(services, root))
    assert done.status == 200


async def test_our_fault_is_told_without_details(services, capsys):
    """What escapes is a 500 in shape with an id; the log has the traceback under the same id, the client nothing."""
    done = await Exchange().through(AwsJson(services, broken))
    assert (done.status, done.body["__type"]) == (500, "InternalErrorException")
    assert done.headers["x-amzn-errortype"] == "InternalErrorException:"
    assert "secret detail" not in str(done.sent)
    told = json.loads(capsys.readouterr().err)
    assert told["request_id"] == done.headers["x-amzn-requestid"]
    assert "a secret detail of ours" in told["exception"]


@pytest.mark.parametrize("parts", [[b""], [b'{"MaxResu'], [b"x" * 10, b"y" * 10]])
async def test_a_client_that_hangs_up(services, parts):
    """Half a request is no request: nothing is done and nothing sent."""
    done = await Exchange(parts=parts, hang_up=True).through(AwsJson(services, root))
    assert done.sent == []


async def test_the_signature_comes_before_the_content(services):
    """A stranger does not learn what is wrong with his request."""
    done = await Exchange(b"{ not json").through(AwsJson(services, stranger))
    assert done.body["__type"] == "UnrecognizedClientException"


async def test_public_operations_are_not_authenticated(services):
    """Whatever the signature says, a public operation is asked as nobody."""
    done = await Exchange(target=f"{IDP}.InitiateAuth").through(AwsJson(services, broken))
    assert (done.status, done.body["__type"]) == (400, "InvalidParameterException")


async def test_a_message_that_no_header_can_hold(services):
    """Line breaks and other alphabets stay in the body; the header is printable ASCII and short."""
    body = json.dumps({"MaxResults": 1, "NextToken": "ä\r\nx-evil: 1 " * 300}).encode()
    done = await Exchange(body).through(AwsJson(services, root))
    told = done.headers["x-amzn-errormessage"]
    assert done.status == 400
    assert told.isascii()
    assert told.isprintable()
    assert len(told) <= 1024
    assert "x-evil" not in done.headers


@pytest.mark.parametrize(
    ("text", "refused"),
    [(rb"a\u0000b", True), (rb"\\\u0000", True), (rb"a\\u0000b", False), (rb"\\x00", False), (rb"\\\\u0000", False)],
)
async def test_a_nul_is_refused_on_both_databases(services, invoke, text, refused):
    """PostgreSQL keeps no NUL, so nothing does; text that only looks like one is kept to the letter."""
    pool = (await invoke("CreateUserPool", {"PoolName": "p"}))["UserPool"]["Id"]
    body = b'{"UserPoolId":"%s","GroupName":"g","Description":"%s"}' % (pool.encode(), text)
    done = await Exchange(body, target=f"{IDP}.CreateGroup").through(AwsJson(services, root))
    groups = (await invoke("ListGroups", {"UserPoolId": pool}))["Groups"]
    if refused:
        assert (done.status, done.body["__type"], groups) == (400, "SerializationException", [])
    else:
        assert done.status == 200
        assert groups[0]["Description"] == json.loads(b'"%s"' % text)


async def test_a_forged_token_with_a_nul(services):
    """A NUL inside a token's unverified claims is a refusal on both databases, never our fault."""
    import base64

    claims = {"iss": "http://127.0.0.1:4500/us-east-1_\0", "token_use": "access", "exp": 2**40}
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "RS256", "kid": "k"}, claims)
    )
    body = json.dumps({"AccessToken": b".".join([*parts, b"AAAA"]).decode()}).encode()
    done = await Exchange(body, target=f"{IDP}.GetUser").through(AwsJson(services, root))
    assert done.status == 400


async def test_calls_are_counted(services):
    """Every answered call is in the metrics, by operation and outcome."""
    from poolhouse.telemetry import REGISTRY

    labels = {"operation": "ListUserPools", "outcome": "ok"}
    before = REGISTRY.get_sample_value("poolhouse_calls_total", labels) or 0
    await Exchange(b'{"MaxResults": 1}').through(AwsJson(services, root))
    assert REGISTRY.get_sample_value("poolhouse_calls_total", labels) == before + 1
