"""Checks of the user pool that want real HTTP and no test elsewhere has: validation, the admin's story, secrets."""

import json
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest
from acceptance import forgery
from acceptance.world import claims_of, denied, succeeded
from app.running import PASSWORD

from poolhouse import service_model, telemetry


def refusal(answer):
    assert answer.status_code == 400, answer.text
    assert answer.headers["x-amzn-errortype"].startswith(answer.json()["__type"])
    return answer.json()["__type"], answer.json()["message"]


def test_c1_the_outputs_of_a_running_server(world, as_aws):
    """Both projects' documents hold what version 1.5 of the schema asks for and nothing else."""
    schema = json.loads((Path(__file__).parents[1] / "outputs" / "amplify_outputs.v1_5.schema.json").read_text())
    for one in (world, as_aws):
        jsonschema.validate(one.outputs, schema)
        assert one.outputs["data"]["url"] == f"{one.running.url}/graphql"


def test_check_2_a_missing_member(world):
    """In AWS's words."""
    assert refusal(world.running.signed("ListUserPools")) == (
        "InvalidParameterException",
        "1 validation error detected: Value null at 'maxResults' failed to satisfy constraint: Member must not be null",
    )


def test_check_3_two_violations(world):
    """One error, both parts."""
    code, message = refusal(world.running.signed("ListUsers", UserPoolId="?", Limit=61))
    assert code == "InvalidParameterException"
    assert message.startswith("2 validation errors detected: ")
    assert message.count("failed to satisfy constraint") == 2
    assert "; " in message


def test_checks_58_59_membership_by_any_name(world):
    """By sub and by e-mail, twice; both tokens of the next refresh carry the group, and lose it again."""
    person = world.person()
    name = {"UserPoolId": world.running.pool, "GroupName": "EDITORS"}
    for username in (person.sub, person.email):
        answer = world.running.signed("AdminAddUserToGroup", **name, Username=username)
        assert (answer.status_code, answer.content) == (200, b"{}")
    listed = [world.admin("AdminListGroupsForUser", Username=n)["Groups"] for n in (person.sub, person.email)]
    assert [group["GroupName"] for group in listed[0]] == ["EDITORS"]
    assert listed[0] == listed[1]
    for token in (person.session.access_token, person.session.id_token):
        assert claims_of(token)["cognito:groups"] == ["EDITORS"]
    for _ in range(2):
        world.admin("AdminRemoveUserFromGroup", Username=person.email, GroupName="EDITORS")
    person.session.refresh()
    for token in (person.session.access_token, person.session.id_token):
        assert "cognito:groups" not in claims_of(token)


def test_check_63_a_deleted_group(world):
    """Gone from the tokens at the next refresh; a later group of the same name does not bring its members back."""
    world.group("PASSING")
    person = world.person("PASSING")
    assert person.session.groups == ("PASSING",)
    world.admin("DeleteGroup", GroupName="PASSING")
    world.admin("CreateGroup", GroupName="PASSING")
    person.session.refresh()
    assert person.session.groups == ()
    world.admin("DeleteGroup", GroupName="PASSING")


def test_check_64_a_refused_call_leaves_everything(world):
    """Users, groups, members and clients read the same before and after, whoever was refused."""
    world.group("OTHERS")
    user, others = world.person(), [world.person("OTHERS"), world.person("EDITORS"), world.person()]
    tokens = [other.token for other in others]
    before = world.state(user)
    assert all(denied(world.add(token, user)) for token in tokens)
    assert world.state(user) == before


def test_check_74_keys_and_discovery(world):
    """The issuer of the tokens is the document's, and both keys are published."""
    session = world.person().session
    base = f"/{world.running.pool}/.well-known"
    document = world.running.http.get(f"{base}/openid-configuration").json()
    kids = {key["kid"] for key in world.running.http.get(f"{base}/jwks.json").json()["keys"]}
    headers = [forgery.header_of(token) for token in (session.access_token, session.id_token)]
    assert {header["kid"] for header in headers} == kids
    assert len(kids) == 2
    assert [set(header) for header in headers] == [{"kid", "alg"}] * 2
    assert document["issuer"] == claims_of(session.id_token)["iss"] == claims_of(session.access_token)["iss"]


def test_attack_43_one_request_is_one_request(world):
    """A body that two readers could measure differently is refused or read once; nothing in it is run."""
    user, address = world.person(), urlsplit(world.running.url)
    hidden = json.dumps({"UserPoolId": world.running.pool, "Username": user.sub}).encode()
    headers = world.running.signature("AdminDeleteUser", hidden)
    inner = b"POST / HTTP/1.1\r\nhost: " + address.netloc.encode() + b"\r\n"
    inner += b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
    inner += f"content-length: {len(hidden)}\r\n\r\n".encode() + hidden
    for framing in (
        f"content-length: {len(inner) + 5}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "content-length: 5\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        f"content-length: 5\r\ncontent-length: {len(inner) + 5}\r\n\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
    ):
        with socket.create_connection((address.hostname, address.port), timeout=5) as line:
            line.sendall(f"POST / HTTP/1.1\r\nhost: {address.netloc}\r\n{framing}".encode() + inner)
            line.shutdown(socket.SHUT_WR)
            answers = b"".join(iter(lambda line=line: line.recv(65536), b""))
        assert b"HTTP/1.1 200" not in answers, framing
        assert world.exists(user), framing


@pytest.fixture
def log(capsys):
    """Everything is logged, as `poolhouse dev` would do it; what was printed."""
    telemetry.configure("debug", "json", service_model.sensitive_members())
    yield lambda: "".join(capsys.readouterr())
    telemetry.configure("warning", "json", frozenset())


def test_attack_48_no_secret_in_the_log(world, log):
    """Neither passwords nor tokens, keys, codes or secrets are printed while all sorts of things go wrong."""
    admin, user = world.person("ADMINS"), world.person()
    key, tokens = admin.key, dict(admin.session._tokens)
    secrets = [PASSWORD, "Wrong-Horse-99", key.secret_key, key.token, world.running.root.secret_key]
    secrets += [tokens[name] for name in ("AccessToken", "IdToken", "RefreshToken")]
    secrets += [tokens["AccessToken"].rpartition(".")[2], world.applied.api_key.value]
    parameters = {"USERNAME": user.email, "PASSWORD": "Wrong-Horse-99"}
    world.running.public(
        "InitiateAuth", ClientId=world.running.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
    world.running.public(
        "ChangePassword", AccessToken="x", PreviousPassword=PASSWORD, ProposedPassword="Wrong-Horse-99"
    )
    world.running.public("GetUser", AccessToken=tokens["AccessToken"] + "x")
    world.running.public("RevokeToken", ClientId=world.running.client, Token=tokens["RefreshToken"] + "x")
    world.add({"authorization": tokens["AccessToken"] + "x"}, user)
    world.add({"x-api-key": world.applied.api_key.value}, user)
    succeeded(world.add(admin.token, user))
    world.running.http.post("/", content=json.dumps(parameters), headers=world.running.signature("AdminGetUser", b""))
    world.post("query ($t: String!) { fails(text: $t) }", {"authorization": tokens["IdToken"]}, t="noise")
    printed = log()
    assert re.search("fails|Unhandled|refused", printed), "nothing was logged at all"
    assert [secret[:12] for secret in secrets if secret in printed] == []
