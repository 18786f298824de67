"""`client.rest`: what is sent and what comes back, over a recorded transport."""

import json

import httpx
import pytest

from poolhouse.client import Outputs, RestError, generate_client
from poolhouse.errors import ClientError

OUTPUTS = {
    "auth": {"aws_region": "us-east-1", "user_pool_id": "us-east-1_x", "user_pool_client_id": "c"},
    "custom": {"API": {"AdminQueries": {"endpoint": "http://127.0.0.1:9/dev", "region": "us-east-1"}}},
}


class Wire:
    """What was sent, and what to answer."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.answer = httpx.Response(200, json={"message": "ok"})
        self.http = httpx.Client(transport=httpx.MockTransport(self._take))

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.answer


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def api(wire: Wire):
    return generate_client(OUTPUTS, http=wire.http).rest.AdminQueries


def test_a_body_is_json(api, wire):
    """A POST sends its body, and nothing of a query."""
    assert api.post("/addUserToGroup", body={"username": "richard", "groupname": "Editors"}) == {"message": "ok"}
    (sent,) = wire.sent
    assert (sent.method, str(sent.url)) == ("POST", "http://127.0.0.1:9/dev/addUserToGroup")
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.content) == {"username": "richard", "groupname": "Editors"}
    assert "authorization" not in sent.headers


def test_a_query_leaves_out_what_is_none(api, wire):
    """A first page has no token; a GET has no body and no Content-Type."""
    api.get("listUsersInGroup", query={"groupname": "A & B", "limit": 10, "token": None})
    (sent,) = wire.sent
    assert sent.url.query == b"groupname=A+%26+B&limit=10" or sent.url.query == b"groupname=A%20%26%20B&limit=10"
    assert sent.content == b""
    assert "content-type" not in sent.headers


def test_parameters_are_encoded(api, wire):
    """A parameter cannot leave its segment, unless the route's `+` lets it."""
    api.get("/orders/{id}", parameters={"id": "../a?b"})
    api.delete("/files/{rest+}", parameters={"rest": "a/b c"})
    paths = [sent.url.raw_path for sent in wire.sent]
    assert paths == [b"/dev/orders/..%2Fa%3Fb", b"/dev/files/a/b%20c"]
    with pytest.raises(ClientError, match="needs the parameter 'id'"):
        api.patch("/orders/{id}")
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    ("answer", "status", "message", "body"),
    [
        (httpx.Response(403, json={"message": "no"}), 403, "no", {"message": "no"}),
        (httpx.Response(502, json={"Message": "bad"}), 502, "bad", {"Message": "bad"}),
        (httpx.Response(500, text="<html>"), 500, "", "<html>"),
        (httpx.Response(302, json=[1]), 302, "", [1]),
    ],
)
def test_refusals(api, wire, answer, status, message, body):
    """Every status from 300 on is raised, with what the API said."""
    wire.answer = answer
    with pytest.raises(RestError) as caught:
        api.put("/x", body=None)
    assert (caught.value.status, caught.value.message, caught.value.body) == (status, message, body)


def test_text_is_an_answer_too(api, wire):
    wire.answer = httpx.Response(200, text="plain")
    assert api.get("/x") == "plain"


def test_unknown_apis_are_told(wire):
    """The message lists what there is."""
    client = generate_client(OUTPUTS, http=wire.http)
    assert dir(client.rest) == ["AdminQueries"]
    with pytest.raises(AttributeError, match="it has: AdminQueries"):
        _ = client.rest.Shop


AUTH = OUTPUTS["auth"]


@pytest.mark.parametrize(
    ("document", "given", "endpoint"),
    [
        ({"auth": AUTH}, None, None),
        ({"auth": AUTH}, "http://127.0.0.1:1/", "http://127.0.0.1:1"),
        (OUTPUTS, None, "http://127.0.0.1:9"),
        ({"auth": AUTH, "custom": {"poolhouse": {"endpoint": "https://a.b"}}}, None, "https://a.b"),
        ({"auth": AUTH, "custom": {"poolhouse": {"endpoint": "https://a.b"}}}, "http://c", "http://c"),
        (
            {"auth": AUTH, "custom": {"API": {"x": {"endpoint": "https://z.execute-api.us-east-1.amazonaws.com/p"}}}},
            None,
            None,
        ),
    ],
)
def test_where_the_server_is(document, given, endpoint):
    """What is given, else what the outputs say, else AWS; the same when they were read before."""
    assert Outputs.read(document, given).endpoint == endpoint
    assert Outputs.read(Outputs.read(document), given).endpoint == endpoint


def test_read_outputs_take_what_is_given():
    """Outputs that were read already still take another endpoint and authority, and keep theirs without."""
    first = Outputs.read(OUTPUTS, "http://a", "ca.pem")
    assert Outputs.read(first) == first
    assert (Outputs.read(first, "http://b").endpoint, Outputs.read(first, None, "other.pem").ca_file) == (
        "http://b",
        "other.pem",
    )


def test_an_authority_that_is_none(tmp_path):
    """Told with the file's name, before anything is sent."""
    path = tmp_path / "ca.pem"
    for write in (lambda: None, lambda: path.write_text("no certificate")):
        write()
        with pytest.raises(ClientError, match=r"ca\.pem cannot be used"):
            generate_client(OUTPUTS, ca_file=str(path))
