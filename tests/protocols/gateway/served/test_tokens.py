"""Real tokens at a real gateway: which open the door, and that nothing runs behind a closed one."""

import json
import time

import pytest
from acceptance import forgery
from acceptance.world import claims_of
from app.running import PASSWORD

URL = "/dev/anything"


@pytest.fixture
def admin(server):
    return server.person("ADMINS", "EDITORS")


def ask(server, token, url=URL, method="GET", **more):
    headers = {"authorization": token} if token is not None else {}
    return server.running.http.request(method, url, headers=headers | more.pop("headers", {}), **more)


def unauthorized(answer, message="Unauthorized"):
    assert answer.status_code == 401, answer.text
    assert answer.json() == {"message": message}
    assert answer.headers["x-amzn-errortype"] == "UnauthorizedException"
    assert answer.headers["access-control-allow-origin"] == "*"
    return True


def test_access_and_id_tokens(server, admin):
    """Raw and with Bearer; the header's name in any case. The function sees the claims as text."""
    for token in (admin.session.access_token, admin.session.id_token):
        for headers in ({"authorization": token}, {"AUTHORIZATION": f"Bearer {token}"}):
            answer = server.running.http.get(URL, headers=headers)
            assert answer.status_code == 200, answer.text
            claims = answer.json()["requestContext"]["authorizer"]["claims"]
            assert claims["cognito:groups"] == "ADMINS,EDITORS"
            assert claims["sub"] == admin.sub
            assert all(isinstance(value, str) for value in claims.values())


@pytest.mark.parametrize("use", ["access", "id"])
def test_expired(server, admin, use):
    claims = claims_of(admin.session.access_token if use == "access" else admin.session.id_token)
    token = server.signing_key(use).sign(claims | {"exp": int(time.time()) - 1})
    assert unauthorized(ask(server, token), "The incoming token has expired")


def test_forged(server, admin):
    """Another key, another pool, no signature, and what is no token at all."""
    token = admin.session.access_token
    header, claims = forgery.header_of(token), claims_of(token)
    own = server.signing_key("access")
    others = [
        forgery.signed_by_attacker(header, claims),
        own.sign(claims | {"iss": claims["iss"] + "x"}),
        own.sign(claims | {"client_id": "other"}),
        own.sign(claims | {"token_use": "refresh"}),
        own.sign(claims | {"scope": "openid"}),
        *(forgery.unsigned(claims, header["kid"], name, "") for name in ("none", "None", "NONE")),
        *(forgery.hs256(claims, header["kid"], secret) for secret in (b"", b"key")),
        token[:-4],
        f"{token}.x",
        "[object Object]",
        "null",
    ]
    for forged in others:
        assert unauthorized(ask(server, forged)), forged
    assert ask(server, token).status_code == 200


def test_an_id_token_of_another_client(server, admin):
    """Refused by Admin Queries; taken by the API that says so. Its access token has the scope and is taken by both."""
    made = server.admin(
        "CreateUserPoolClient", ClientName="other", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    answer = server.admin(
        "AdminInitiateAuth",
        ClientId=made["UserPoolClient"]["ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": admin.email, "PASSWORD": PASSWORD},
    )
    tokens = answer["AuthenticationResult"]
    assert unauthorized(ask(server, tokens["IdToken"]))
    assert ask(server, tokens["IdToken"], "/reports/prod/reports", "POST").status_code == 200
    assert ask(server, tokens["AccessToken"]).status_code == 200


@pytest.mark.parametrize("operation", ["AdminDisableUser", "AdminUserGlobalSignOut", "AdminDeleteUser"])
def test_a_token_ends_with_its_sign_in(server, operation):
    """At once, though the token itself has not expired."""
    person = server.person("ADMINS")
    token = person.session.access_token
    assert ask(server, token).status_code == 200
    server.admin(operation, Username=person.sub)
    assert unauthorized(ask(server, token))


def test_a_group_that_was_left_is_told_no_more(server, admin):
    """The token still names it."""
    token = admin.session.access_token
    server.admin("AdminRemoveUserFromGroup", Username=admin.sub, GroupName="ADMINS")
    claims = ask(server, token).json()["requestContext"]["authorizer"]["claims"]
    assert claims["cognito:groups"] == "EDITORS"
    assert "ADMINS" in claims_of(token)["cognito:groups"]


def test_a_group_named_to_look_like_two(server):
    """`x,ADMINS` does not become ADMINS for a function that splits at commas."""
    server.group("x,ADMINS")
    person = server.person("x,ADMINS")
    claims = ask(server, person.session.access_token).json()["requestContext"]["authorizer"]["claims"]
    assert "cognito:groups" not in claims
    assert claims_of(person.session.access_token)["cognito:groups"] == ["x,ADMINS"]


def test_a_signature_is_no_token(server):
    """The root key does not open the door either."""
    headers = server.running.signature("ListUsers", b"", service="execute-api")
    assert unauthorized(server.running.http.get(URL, headers=headers))


def test_the_functions_own_grant(server, admin):
    """The API's grant lets its function ask the user pool, with its own credentials."""
    query = {"do": "getUser", "username": admin.sub}
    answer = ask(server, admin.session.access_token, params=query)
    assert (answer.status_code, answer.text) == (200, json.dumps("CONFIRMED"))


def test_another_function_has_no_grant(server, admin):
    """The same code behind another API cannot: 502, and nothing of why."""
    query = {"do": "getUser", "username": admin.sub}
    answer = server.running.http.get("/reports/prod/reports/1", params=query)
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})
