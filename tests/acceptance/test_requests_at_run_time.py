"""Q rows: requests, arguments and results over HTTP, with a real handler behind them."""

import base64
import json

import pytest
from acceptance.world import claims_of, succeeded

EVENT = {"typeName", "fieldName", "arguments", "identity", "source", "request", "prev"}


@pytest.fixture
def caller(world):
    return world.person()


def malformed(answer, message):
    """A refusal of the whole request with HTTP 400."""
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (400, "MalformedHttpRequestException")
    assert [one["message"] for one in answer.json()["errors"]] == [message]
    return True


def invalid(answer, start):
    """E11 to E16: HTTP 200, no data, and nothing ran."""
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["message"].startswith(start), answer.text
    return answer.json()["errors"][0]


def test_q1_q2_what_is_no_request(world, caller):
    """E19 and E20."""
    assert malformed(world.send(b"", caller.token), "Request body is empty.")
    assert malformed(world.send(b'{"query":"mutation {"}', caller.token), "Unable to parse GraphQL query.")


def test_q3_an_unknown_field(world, caller):
    """E11, with neither path nor source."""
    error = invalid(
        world.post("mutation { nope }", caller.token), "Validation error of type FieldUndefined: Field 'nope'"
    )
    assert error["path"] is None
    assert error["locations"][0]["sourceName"] is None


def test_q4_q5_a_missing_argument(world):
    """E15 for the variable, E12 for the literal; nobody is added, although an admin asks."""
    admin, user = world.person("ADMINS"), world.person()
    query = (
        "mutation ($userId: String!, $groupName: String!) { addUserToGroup(userId: $userId, groupName: $groupName) }"
    )
    for variables in ({"groupName": "ADMINS"}, {"groupName": "ADMINS", "userId": None}):
        assert invalid(
            world.post(query, admin.token, **variables),
            "Variable 'userId' has coerced Null value for NonNull type 'String!'",
        )
    literal = f'mutation {{ addUserToGroup(userId: "{user.sub}") }}'
    assert invalid(world.post(literal, admin.token), "Validation error of type MissingFieldArgument")
    assert world.groups_of(user) == []


def test_q6_several_operations(world, caller):
    """Without a name E21; with one the named operation runs."""
    query = 'query A { echo(text: "a") } query B { echo(text: "b") }'
    answer = world.post(query, caller.token)
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (400, "BadRequestException")
    assert answer.json()["errors"][0]["message"] == "Missing operation name."
    named = world.send(json.dumps({"query": query, "operationName": "B"}).encode(), caller.token)
    assert succeeded(named, "echo")["arguments"]["text"] == "b"


def test_q7_shorthand(world, caller):
    """As aws-amplify writes a query without arguments."""
    assert succeeded(world.post("{\n  echo\n}\n", caller.token), "echo")["fieldName"] == "echo"


@pytest.mark.parametrize("text", ["boom", 'a "quoted" line\nand another', "Zürich ☃", "<script>"])
def test_q8_q18_a_handler_that_raises(world, caller, text):
    """E9: HTTP 200 with the error's own text, whatever its class, and the next call works."""
    answer = world.post("query ($t: String!) { fails(text: $t) }", caller.token, t=text)
    assert answer.status_code == 200
    error = answer.json()["errors"][0]
    assert (answer.json()["data"], error["errorType"], error["message"]) == ({"fails": None}, "Lambda:Unhandled", text)
    assert (error["path"], error["data"], error["errorInfo"]) == (["fails"], None, None)
    succeeded(world.post("{ echo }", caller.token), "echo")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dict", '{"a":1}'),
        ("list", '[1,"two",null]'),
        ("true", "true"),
        ("one", "1"),
        ("none", None),
        ("text", '"hello"'),
    ],
)
def test_q10_results(world, caller, name, value):
    """Serialised once, compactly."""
    answer = world.post("query ($k: String!) { shaped(kind: $k) }", caller.token, k=name)
    assert answer.json() == {"data": {"shaped": value}}


def test_q11_results_that_json_does_not_have(world, caller):
    """Times, bytes and Decimals inside of what a handler returns."""
    answer = world.post("query ($k: String!) { shaped(kind: $k) }", caller.token, k="rich")
    rich = succeeded(answer, "shaped")
    assert rich["at"] == "2026-01-02T03:04:05Z"
    assert base64.b64decode(rich["bytes"]) == b"\x00\xff"
    assert (rich["price"], rich["whole"]) == (12.5, 3)


def test_q12_json_arguments(world, caller):
    """Text is parsed once, and nothing else is taken."""
    query = "query ($j: AWSJSON) { echo(json: $j) }"
    for text, seen in (('{"a":1}', {"a": 1}), ("true", True), ('"Hello"', "Hello"), ("[1]", [1])):
        assert succeeded(world.post(query, caller.token, j=text), "echo")["arguments"] == {"json": seen}
    for bad in ({"a": 1}, "{a:1}", 1, True):
        assert invalid(world.post(query, caller.token, j=bad), "Variable 'j' has an invalid value")


def test_q13_absent_and_null(world, caller):
    """Declared and not supplied is null; not in the document is absent."""
    declared = world.post("query ($t: String) { echo(text: $t) }", caller.token)
    assert succeeded(declared, "echo")["arguments"] == {"text": None}
    assert succeeded(world.post("{ echo }", caller.token), "echo")["arguments"] == {}


def test_q15_the_event_of_a_user(world):
    """Exactly the seven keys, and who the caller is."""
    admin = world.person("ADMINS")
    event = succeeded(world.post('{ echo(text: "x") }', admin.token), "echo")
    identity = event["identity"]
    assert set(event) == EVENT
    assert (event["typeName"], event["fieldName"], event["source"]) == ("Query", "echo", None)
    assert event["prev"] == {"result": {}}
    assert event["request"]["headers"]["authorization"] == admin.session.access_token
    assert set(identity) == {"claims", "defaultAuthStrategy", "groups", "issuer", "sourceIp", "sub", "username"}
    assert (identity["sub"], identity["username"], identity["groups"]) == (admin.sub, admin.sub, ["ADMINS"])
    assert identity["claims"] == claims_of(admin.session.access_token)
    assert identity["issuer"] == f"{world.running.url}/{world.running.pool}"
    assert (identity["defaultAuthStrategy"], identity["sourceIp"]) == ("ALLOW", ["127.0.0.1"])


def test_q15_a_user_without_groups(world, caller):
    """`groups` is null."""
    assert succeeded(world.post("{ echo }", caller.token), "echo")["identity"]["groups"] is None


def test_q16_the_event_under_iam(world, caller):
    """The eight keys, of a user's identity."""
    identity = succeeded(world.signed("{ forIdentities }", caller.key), "forIdentities")["identity"]
    issuer = f"cognito-idp.us-east-1.amazonaws.com/{world.running.pool}"
    role = identity.pop("userArn")
    assert role.startswith("arn:aws:sts::000000000000:assumed-role/")
    assert role.endswith("/CognitoIdentityCredentials")
    assert identity.pop("username").endswith(":CognitoIdentityCredentials")
    assert identity.pop("cognitoIdentityId").startswith("us-east-1:")
    assert identity == {
        "accountId": "000000000000",
        "cognitoIdentityAuthProvider": f'"{issuer}","{issuer}:CognitoSignIn:{caller.sub}"',
        "cognitoIdentityAuthType": "authenticated",
        "cognitoIdentityPoolId": world.running.identity_pool,
        "sourceIp": ["127.0.0.1"],
    }


def test_r18_the_identity_of_root(world):
    """No Cognito value, on a field whose handler says who called."""
    event = succeeded(world.signed("{ echo }", world.running.root), "echo")
    cognito = {name: value for name, value in event["identity"].items() if name.startswith("cognito")}
    assert len(cognito) == 4
    assert set(cognito.values()) == {None}
    assert event["identity"]["userArn"] == "arn:aws:iam::000000000000:root"


def test_c10_the_role_of_the_group(world):
    """An admin's credentials are those of his group's role, somebody else's of the authenticated one."""
    query = "{ forIdentities }"
    admin = succeeded(world.signed(query, world.person("ADMINS").key), "forIdentities")["identity"]["userArn"]
    user = succeeded(world.signed(query, world.person().key), "forIdentities")["identity"]["userArn"]
    role = world.admin("GetGroup", GroupName="ADMINS")["Group"]["RoleArn"].rpartition("/")[2]
    assert admin.split("/")[1:] == [role, "CognitoIdentityCredentials"]
    assert user.split("/")[1] != role


def test_s16_a_pipeline(world, caller):
    """The second handler sees what the first returned, the field is what the second did."""
    answer = succeeded(world.post("{ pipeline }", caller.token), "pipeline")
    assert answer == {"saw": {"saw": {}, "by": "play"}, "by": "play"}


def test_q17_preflight(world):
    """A browser may ask, and read the error's type."""
    wanted = "authorization,content-type,x-amz-user-agent,x-amz-date,x-amz-security-token,x-api-key"
    headers = {
        "origin": "http://localhost:5173",
        "access-control-request-method": "POST",
        "access-control-request-headers": wanted,
    }
    answer = world.running.http.options("/graphql", headers=headers)
    assert answer.is_success
    allowed = answer.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert set(wanted.split(",")) <= set(allowed)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
