"""Whose token opens GraphQL and REST in front of a pool at AWS: the pool's own, of its app client, that still holds."""

import json
import time

import pytest
from acceptance import forgery
from acceptance.world import JSON, claims_of
from app.running import PASSWORD

from poolhouse.client import Outputs, sign_in

NOT_AUTHORIZED = "You are not authorized to make this call."


@pytest.fixture
def admin(far):
    return far.person("ADMINS")


@pytest.fixture
def user(far):
    """Whom nobody may put anywhere but by a test's last line."""
    return far.person()


def asked(front, token, user, field="guarded"):
    return front.send(field, token, "AdminAddUserToGroup", Username=user.sub, GroupName="EDITORS")


def is_done(answer):
    return answer.status_code == 200 and json.loads(answer.json()["data"]["guarded"])["code"] == "ok"


def is_refused(answer, message=NOT_AUTHORIZED):
    return answer.status_code == 401 and answer.json()["errors"][0]["message"] == message


@pytest.mark.parametrize("use", ["access_token", "id_token"])
def test_a_member_passes(front, far, admin, user, use):
    assert is_done(asked(front, getattr(admin.session, use), user))
    assert far.groups_of(user) == ["EDITORS"]


def test_somebody_else_does_not(front, far, user):
    answer = asked(front, user.session.access_token, user)
    assert answer.json()["errors"][0]["errorType"] == "Unauthorized"
    assert far.groups_of(user) == []
    event = front.events(kind="access", subject=user.sub)[0]
    assert event.operation == "Mutation.guarded"


def test_forged(front, far, admin, user):
    """Another key under the right name, an unknown name, no signature, another algorithm, a changed signature."""
    token = admin.session.access_token
    header, claims = forgery.header_of(token), claims_of(token)
    head, payload, signature = token.split(".")
    for made in (
        forgery.signed_by_attacker(header, claims),
        forgery.signed_by_attacker({**header, "kid": "x" * 44}, claims),
        forgery.signed_by_attacker({**header, "jwk": forgery.attackers_jwk()}, claims),
        forgery.unsigned(claims, header["kid"], "none", ""),
        forgery.hs256(claims, header["kid"], b"secret"),
        f"{head}.{payload}.{'A' * len(signature)}",
    ):
        assert is_refused(asked(front, made, user))
        assert front.rest("GET", "/listUsers", made).status_code == 401
    assert far.groups_of(user) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another0client0another0cli"},
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another00"},
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com.evil.example/POOL"},
        {"token_use": "id"},
        {"token_use": "refresh"},
        {"sub": None},
        {"username": None},
        {"exp": "9999999999"},
    ],
)
def test_claims_that_are_not_for_us(front, far, admin, user, changed):
    """Signed by the pool's own key, and meant for somebody else."""
    claims = claims_of(admin.session.access_token) | {
        name: value.replace("POOL", front.pool) if isinstance(value, str) else value for name, value in changed.items()
    }
    token = far.signing_key("access").sign({name: value for name, value in claims.items() if value is not None})
    assert asked(front, token, user).status_code == 401
    assert far.groups_of(user) == []


def test_the_issuer_of_aws(front, far, admin, user):
    """A server in the place of AWS may issue in AWS's name."""
    claims = claims_of(admin.session.id_token) | {"iss": f"https://cognito-idp.us-east-1.amazonaws.com/{front.pool}"}
    assert is_done(asked(front, far.signing_key("id").sign(claims), user))


def test_expired(front, far, admin, user):
    claims = claims_of(admin.session.access_token) | {"exp": int(time.time()) - 1}
    assert is_refused(asked(front, far.signing_key("access").sign(claims), user), "Token has expired.")
    assert far.groups_of(user) == []


def test_another_pool_at_aws(front, far, user):
    """Its tokens have other keys and another issuer."""
    other = far.running.signed("CreateUserPool", PoolName="other").json()["UserPool"]["Id"]
    flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = far.running.signed("CreateUserPoolClient", UserPoolId=other, ClientName="app", ExplicitAuthFlows=flows)
    client_id = client.json()["UserPoolClient"]["ClientId"]
    name = {"UserPoolId": other, "Username": "mallory"}
    for operation, request in [
        ("CreateGroup", {"UserPoolId": other, "GroupName": "ADMINS"}),
        ("AdminCreateUser", {**name, "MessageAction": "SUPPRESS"}),
        ("AdminSetUserPassword", {**name, "Password": PASSWORD, "Permanent": True}),
        ("AdminAddUserToGroup", {**name, "GroupName": "ADMINS"}),
    ]:
        far.running.signed(operation, **request).raise_for_status()
    auth = {"user_pool_id": other, "user_pool_client_id": client_id, "aws_region": "us-east-1"}
    outputs = Outputs.read({"auth": auth}, endpoint=far.running.url)
    session = sign_in(outputs, "mallory", PASSWORD, http=far.running.http)
    for token in (session.access_token, session.id_token):
        assert asked(front, token, user).status_code == 401
    assert far.groups_of(user) == []


def test_another_client_of_the_pool(front, far, admin, user):
    """Tokens are for the app client that the definitions name."""
    flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = far.admin("CreateUserPoolClient", ClientName="other", ExplicitAuthFlows=flows)
    auth = {**far.outputs["auth"], "user_pool_client_id": made["UserPoolClient"]["ClientId"]}
    session = sign_in(
        Outputs.read({"auth": auth}, endpoint=far.running.url), admin.email, PASSWORD, http=far.running.http
    )
    for token in (session.access_token, session.id_token):
        assert asked(front, token, user).status_code == 401
    assert far.groups_of(user) == []


def test_signed_out(front, far, admin, user):
    """An access token that AWS takes no more; an ID token is good until it expires, as nobody can ask AWS about one."""
    session = admin.session
    access, identity = session.access_token, session.id_token
    assert is_done(asked(front, access, user))
    session.sign_out(everywhere=True)
    front.forget()
    assert is_refused(asked(front, access, user))
    assert is_done(asked(front, identity, user))


@pytest.mark.parametrize("operation", ["AdminDisableUser", "AdminDeleteUser"])
def test_disabled_and_deleted(front, far, admin, user, operation):
    """Both kinds of token."""
    tokens = (admin.session.access_token, admin.session.id_token)
    assert all(is_done(asked(front, token, user)) for token in tokens)
    far.admin("AdminRemoveUserFromGroup", Username=user.sub, GroupName="EDITORS")
    far.admin(operation, Username=admin.sub)
    front.forget()
    assert all(is_refused(asked(front, token, user)) for token in tokens)
    assert far.groups_of(user) == []


def test_made_anew_under_the_same_name(front, far, user):
    """Is another person, whatever his predecessor's token says."""
    first = far.person("ADMINS")
    token = first.session.id_token
    claims = claims_of(token) | {"cognito:username": user.sub}
    far.admin("AdminAddUserToGroup", Username=user.sub, GroupName="ADMINS")
    front.forget()
    assert is_refused(asked(front, far.signing_key("id").sign(claims), user))
    assert far.groups_of(user) == ["ADMINS"]


def test_a_group_that_was_taken_away(front, far, admin, user):
    """At AWS, behind the server's back: believed for some seconds, and then no more."""
    token = admin.session.access_token
    assert is_done(asked(front, token, user))
    far.admin("AdminRemoveUserFromGroup", Username=user.sub, GroupName="EDITORS")
    far.admin("AdminRemoveUserFromGroup", Username=admin.sub, GroupName="ADMINS")
    front.forget()
    answer = asked(front, token, user)
    assert answer.json()["errors"][0]["errorType"] == "Unauthorized"
    assert far.groups_of(user) == []


def test_a_group_that_was_taken_away_through_this_server(front, far, admin, user):
    """At once: what was remembered is forgotten with the change."""
    other = far.person("ADMINS")
    assert is_done(asked(front, other.session.access_token, user))
    assert (
        front.perform("administer", admin, "AdminRemoveUserFromGroup", Username=other.sub, GroupName="ADMINS").code
        == "ok"
    )
    answer = asked(front, other.session.access_token, user)
    assert answer.json()["errors"][0]["errorType"] == "Unauthorized"


def test_credentials_of_the_identity_pool(front, far, admin, user):
    """Cannot be verified here, and the refusal says what to do."""
    body = json.dumps({"query": "{ __typename }"}).encode()
    signed = dict(far.signature(body, admin.key))
    answer = front.running.http.post("/graphql", content=body, headers={**signed, "content-type": JSON})
    assert answer.status_code == 403
    error = answer.json()["errors"][0]
    assert error["errorType"] == "UnrecognizedClientException"
    assert 'authMode "userPool"' in error["message"]


def test_admin_queries(front, far, user):
    """The generated function and its routes, on the pool at AWS."""
    chief = far.person("Admins")
    token = chief.session.access_token
    told = front.rest("POST", "/addUserToGroup", token, json={"username": user.sub, "groupname": "EDITORS"})
    assert told.status_code == 200, told.text
    assert far.groups_of(user) == ["EDITORS"]
    found = front.rest("GET", "/listGroupsForUser", token, params={"username": user.sub})
    assert [group["GroupName"] for group in found.json()["Groups"]] == ["EDITORS"]
    listed = front.rest("GET", "/listUsersInGroup", token, params={"groupname": "Admins"}).json()["Users"]
    assert chief.sub in [entry["Username"] for entry in listed]
    event = front.events(operation="AdminAddUserToGroup", subject=user.sub, result="ok")[0]
    assert (event.body["via"], event.body["groups"]) == ("rest", ["Admins"])


def test_admin_queries_for_somebody_else(front, far, user):
    told = front.rest(
        "POST", "/addUserToGroup", user.session.access_token, json={"username": user.sub, "groupname": "Admins"}
    )
    assert told.status_code == 403
    assert far.groups_of(user) == []


def test_an_admin_of_the_queries_who_was_removed(front, far, user):
    chief = far.person("Admins")
    token = chief.session.access_token
    assert front.rest("GET", "/listUsers", token).status_code == 200
    far.admin("AdminRemoveUserFromGroup", Username=chief.sub, GroupName="Admins")
    front.forget()
    assert front.rest("POST", "/disableUser", token, json={"username": user.sub}).status_code == 403
    assert far.admin("AdminGetUser", Username=user.sub)["Enabled"]
