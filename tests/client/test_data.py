"""`generate_client()`: documents, arguments and errors over a recorded transport, and the whole way once for real."""

import json

import httpx
import pytest
from app.running import PASSWORD

from poolhouse.client import OperationError, RequestRefused, generate_client, sign_in
from poolhouse.errors import ClientError


def scalar(name, kind="String", *, required=True, array=False, nullable=True):
    found = {"name": name, "isArray": array, "type": kind, "isRequired": required}
    return found | ({"isArrayNullable": nullable} if array else {})


def attribute(name, kind, *, array=False):
    return {"name": name, "isArray": array, "type": kind, "isRequired": False, "attributes": []}


INTROSPECTION = {
    "version": 1,
    "models": {},
    "nonModels": {
        "Person": {
            "name": "Person",
            "fields": {
                "id": attribute("id", "ID"),
                "mood": attribute("mood", {"enum": "Mood"}),
                "home": attribute("home", {"nonModel": "Home"}),
                "boss": attribute("boss", {"nonModel": "Person"}),
            },
        },
        "Home": {"name": "Home", "fields": {"street": attribute("street", "String")}},
    },
    "enums": {"Mood": {"name": "Mood", "values": ["GOOD", "BAD"]}},
    "queries": {
        "whoAmI": {"name": "whoAmI", "isArray": False, "isRequired": False, "type": {"nonModel": "Person"}},
    },
    "mutations": {
        "addUserToGroup": {
            "name": "addUserToGroup",
            "isArray": False,
            "isRequired": False,
            "type": "AWSJSON",
            "arguments": {
                "userId": scalar("userId"),
                "groupName": scalar("groupName"),
                "tags": scalar("tags", required=False, array=True),
                "who": scalar("who", {"input": "WhoInput"}, required=False),
                "mood": scalar("mood", {"enum": "Mood"}, required=False),
            },
        },
    },
}
OUTPUTS = {
    "auth": {
        "aws_region": "us-east-1",
        "user_pool_id": "us-east-1_x",
        "user_pool_client_id": "c",
        "identity_pool_id": "us-east-1:i",
    },
    "data": {
        "url": "http://127.0.0.1:9/graphql",
        "default_authorization_type": "API_KEY",
        "api_key": "da2-key",
        "model_introspection": INTROSPECTION,
    },
}


class Wire:
    """What was sent, and what to answer."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.answer = httpx.Response(200, json={"data": {"addUserToGroup": '{"ok":1}'}})
        self.http = httpx.Client(transport=httpx.MockTransport(self._take))

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.answer

    @property
    def body(self):
        return json.loads(self.sent[-1].content)


@pytest.fixture
def wire():
    made = Wire()
    yield made
    made.http.close()


@pytest.fixture
def client(wire):
    return generate_client(OUTPUTS, http=wire.http)


def test_the_document_declares_every_argument(client, wire):
    """Types as introspection says, lists with their two kinds of null, variables as given."""
    assert client.mutations.addUserToGroup(userId="u", groupName="g") == '{"ok":1}'
    assert wire.body["query"] == (
        "mutation ($userId: String!, $groupName: String!, $tags: [String], $who: WhoInput, $mood: Mood) "
        "{ addUserToGroup(userId: $userId, groupName: $groupName, tags: $tags, who: $who, mood: $mood) }"
    )
    assert wire.body["variables"] == {"userId": "u", "groupName": "g"}
    assert wire.sent[0].headers["x-api-key"] == "da2-key"


def test_snake_case_means_the_same(client, wire):
    """Operation and arguments may be written in Python's spelling."""
    client.mutations.add_user_to_group(user_id="u", group_name="g", tags=["a"])
    assert wire.body["variables"] == {"userId": "u", "groupName": "g", "tags": ["a"]}
    assert {"add_user_to_group", "addUserToGroup"} <= set(dir(client.mutations))


def test_a_custom_type_is_selected_in_full(client, wire):
    """All scalars and enums, nested types once, a type inside itself left out."""
    wire.answer = httpx.Response(200, json={"data": {"whoAmI": {"id": "1"}}})
    assert client.queries.who_am_i() == {"id": "1"}
    assert wire.body["query"] == "query { whoAmI { id mood home { street } } }"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"userId": "u"}, "requires arguments 'groupName'"),
        ({"userId": "u", "groupName": None}, "requires arguments 'groupName'"),
        ({"userId": "u", "groupName": "g", "colour": "red"}, "no argument 'colour'"),
        ({}, "requires arguments 'userId'"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_sent(client, wire, arguments, told):
    """A mistake in the call does not reach the network."""
    with pytest.raises(ClientError, match=told):
        client.mutations.add_user_to_group(**arguments)
    assert wire.sent == []


def test_an_unknown_operation_is_an_attribute_error(client):
    """The message lists what there is."""
    with pytest.raises(AttributeError, match="addUserToGroup"):
        _ = client.mutations.delete_everything
    assert not hasattr(client.queries, "addUserToGroup")


def test_errors_of_the_answer_are_raised(client, wire):
    """Type, path and partial data are on the exception."""
    errors = [
        {
            "message": "Not Authorized",
            "errorType": "Unauthorized",
            "path": ["addUserToGroup"],
            "extensions": {"hint": "h"},
        }
    ]
    wire.answer = httpx.Response(200, json={"data": {"addUserToGroup": None}, "errors": errors})
    with pytest.raises(OperationError, match="Not Authorized") as caught:
        client.mutations.add_user_to_group(user_id="u", group_name="g")
    assert caught.value.type == "Unauthorized"
    assert caught.value.errors[0].path == ("addUserToGroup",)
    assert caught.value.errors[0].extensions == {"hint": "h"}
    assert caught.value.data == {"addUserToGroup": None}


@pytest.mark.parametrize("answer", [httpx.Response(502, text="<html>bad gateway"), httpx.Response(200, text="")])
def test_an_answer_that_is_no_json(client, wire, answer):
    """A proxy's page is an error with its status, not a crash."""
    wire.answer = answer
    with pytest.raises(OperationError) as caught:
        client.mutations.add_user_to_group(user_id="u", group_name="g")
    assert caught.value.status == answer.status_code


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, json=[]), httpx.Response(503, json={"message": "The server is starting."})]
)
def test_an_answer_of_another_shape(client, wire, answer):
    """An answer without data and errors is not taken for success."""
    wire.answer = answer
    with pytest.raises(OperationError) as caught:
        client.mutations.add_user_to_group(user_id="u", group_name="g")
    assert caught.value.status == answer.status_code


def test_the_user_pool_mode_needs_a_session(client, wire):
    """Without a session there is no token, and nothing is sent."""
    with pytest.raises(ClientError, match="Nobody is signed in"):
        client.mutations.add_user_to_group(user_id="u", group_name="g", auth_mode="userPool")
    assert wire.sent == []


def test_the_api_key_mode_needs_a_key(wire):
    """Outputs without a key cannot use that mode."""
    document = {**OUTPUTS, "data": {**OUTPUTS["data"], "api_key": None}}
    with pytest.raises(ClientError, match="no API key"):
        generate_client(document, http=wire.http).mutations.add_user_to_group(user_id="u", group_name="g")
    assert wire.sent == []


@pytest.mark.parametrize("mode", ["iam", "userPool", None])
def test_an_admin_adds_a_user_for_real(server, outputs, email, mode):
    """The main job through the Python client: under IAM, under the user pool, and by default."""
    server.person(email, "ADMINS")
    member = server.person(f"m-{email}")
    client = generate_client(outputs, session=sign_in(outputs, email, PASSWORD))
    client.mutations.add_user_to_group(user_id=member, group_name="ADMINS", auth_mode=mode)
    found = server.signed("AdminListGroupsForUser", UserPoolId=server.pool, Username=member).json()
    assert [group["GroupName"] for group in found["Groups"]] == ["ADMINS"]


@pytest.mark.parametrize("mode", ["iam", "userPool"])
def test_everybody_else_is_refused_for_real(server, outputs, email, mode):
    """An ordinary user, and under IAM a guest: refused, and the group is as it was."""
    sub = server.person(email)
    before = server.state()
    callers = [generate_client(outputs, session=sign_in(outputs, email, PASSWORD))]
    if mode == "iam":
        callers.append(generate_client(outputs))
    for client in callers:
        with pytest.raises(OperationError) as caught:
            client.mutations.add_user_to_group(user_id=sub, group_name="ADMINS", auth_mode=mode)
        assert caught.value.type in {"Unauthorized", "UnauthorizedException"}
    assert server.state() == before


def test_refusals_of_the_services_are_request_refused(server, outputs, email):
    """A disabled user gets no credentials, and the client says why."""
    server.person(email)
    session = sign_in(outputs, email, PASSWORD)
    server.signed("AdminDisableUser", UserPoolId=server.pool, Username=email).raise_for_status()
    with pytest.raises(RequestRefused, match="NotAuthorizedException"):
        session.credentials()
