"""Signing in with the Python client against a real server."""

import pytest
from app.running import PASSWORD

from poolhouse.client import NewPasswordRequired, Outputs, RequestRefused, sign_in
from poolhouse.errors import ClientError


class Hands:
    """The client's own clock, in epoch seconds; it runs with the real one and can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        import time

        return time.time() + self.ahead


@pytest.fixture
def hands() -> Hands:
    return Hands()


def test_sign_in_gives_tokens_and_claims(server, outputs, email):
    """SRP end to end; the claims name the user and his groups."""
    sub = server.person(email, "ADMINS")
    session = sign_in(outputs, email, PASSWORD)
    assert session.claims["sub"] == sub
    assert session.claims["email"] == email
    assert session.groups == ("ADMINS",)
    assert session.access_token.count(".") == 2


def test_the_password_can_be_sent(server, outputs, email):
    """For pools that keep hashes; a client of the definitions that has SRP refuses it by name."""
    server.person(email)
    with pytest.raises(RequestRefused, match="USER_PASSWORD_AUTH flow not enabled"):
        sign_in(outputs, email, PASSWORD, send_password=True)
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    named = {"UserPoolId": outputs["auth"]["user_pool_id"], "ClientName": "plain", "ExplicitAuthFlows": flows}
    client = server.signed("CreateUserPoolClient", **named).json()["UserPoolClient"]["ClientId"]
    plain = outputs | {"auth": outputs["auth"] | {"user_pool_client_id": client}}
    assert sign_in(plain, email, PASSWORD, send_password=True).claims["email"] == email
    with pytest.raises(RequestRefused, match="Incorrect username or password"):
        sign_in(plain, email, "Wrong-Horse9", send_password=True)


def test_outputs_may_be_a_path(server, outputs, email, tmp_path):
    """A file is read; its server is the origin of the data API."""
    import json

    server.person(email)
    (tmp_path / "amplify_outputs.json").write_text(json.dumps(outputs))
    assert sign_in(tmp_path / "amplify_outputs.json", email, PASSWORD).claims["email"] == email


def test_a_wrong_password_is_refused(server, outputs, email):
    """The server's words come through."""
    server.person(email)
    with pytest.raises(RequestRefused) as caught:
        sign_in(outputs, email, "Wrong-Horse-9")
    assert (caught.value.code, caught.value.message) == ("NotAuthorizedException", "Incorrect username or password.")


def test_an_unknown_user_looks_the_same(outputs, email):
    """Who does not exist gets the same answer."""
    with pytest.raises(RequestRefused) as caught:
        sign_in(outputs, email, "Wrong-Horse-9")
    assert (caught.value.code, caught.value.message) == ("NotAuthorizedException", "Incorrect username or password.")


def test_an_invited_user_chooses_a_password(server, outputs, email):
    """The challenge is an exception that can be answered, and the new password is the one that counts."""
    name = {"UserPoolId": server.pool, "Username": email}
    server.signed(
        "AdminCreateUser", **name, TemporaryPassword="First-Horse-1", MessageAction="SUPPRESS"
    ).raise_for_status()
    with pytest.raises(NewPasswordRequired) as caught:
        sign_in(outputs, email, "First-Horse-1")
    assert caught.value.answer("Second-Horse-2").claims["email"] == email
    assert sign_in(outputs, email, "Second-Horse-2").claims["email"] == email
    with pytest.raises(RequestRefused):
        sign_in(outputs, email, "First-Horse-1")


def test_tokens_refresh_themselves(server, outputs, email, hands):
    """Near its end a token is replaced without being asked; before, it stays."""
    server.person(email)
    session = sign_in(outputs, email, PASSWORD, clock=hands)
    first = session.access_token
    hands.ahead = 3000
    assert session.access_token == first
    hands.ahead = 3580
    assert session.access_token != first


def test_refresh_brings_new_groups(server, outputs, email):
    """A change of groups is seen after a refresh."""
    server.person(email)
    session = sign_in(outputs, email, PASSWORD)
    server.signed("AdminAddUserToGroup", UserPoolId=server.pool, Username=email, GroupName="ADMINS").raise_for_status()
    assert session.groups == ()
    session.refresh()
    assert session.groups == ("ADMINS",)


def test_credentials_are_kept_until_their_end(server, outputs, email, hands):
    """Identity-pool credentials are fetched once and again near their end."""
    server.person(email)
    session = sign_in(outputs, email, PASSWORD, clock=hands)
    first = session.credentials()
    assert first.access_key_id.startswith("ASIA")
    assert session.credentials() == first
    hands.ahead = 3580
    assert session.credentials() != first


@pytest.mark.parametrize("everywhere", [False, True])
def test_sign_out_ends_the_tokens(server, outputs, email, everywhere):
    """Signed out, the session holds nothing and its refresh token is dead; the other session only if asked for."""
    server.person(email)
    session, other = sign_in(outputs, email, PASSWORD), sign_in(outputs, email, PASSWORD)
    refresh = session._tokens["RefreshToken"]
    session.sign_out(everywhere=everywhere)
    with pytest.raises(ClientError, match="Nobody is signed in"):
        _ = session.access_token
    answer = server.public("GetTokensFromRefreshToken", RefreshToken=refresh, ClientId=server.client)
    assert answer.json()["__type"] == "NotAuthorizedException"
    if everywhere:
        with pytest.raises(RequestRefused):
            other.refresh()
    else:
        other.refresh()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ("{}", "no user pool"),
        ('{"auth": {"user_pool_id": "x"}}', "no user pool"),
    ],
)
def test_outputs_that_are_no_outputs(tmp_path, text, told):
    """A wrong file is told with what to do, before anything is sent."""
    (tmp_path / "o.json").write_text(text)
    with pytest.raises(ClientError, match=told):
        Outputs.read(tmp_path / "o.json")
    with pytest.raises(ClientError, match="cannot be read"):
        Outputs.read(tmp_path / "missing.json")


def test_the_services_of_aws_itself():
    """Outputs of a real AWS backend lead to AWS's own addresses."""
    found = Outputs.read(
        {
            "auth": {"aws_region": "eu-west-1", "user_pool_id": "eu-west-1_x", "user_pool_client_id": "c"},
            "data": {"url": "https://abc.appsync-api.eu-west-1.amazonaws.com/graphql"},
        }
    )
    assert found.service_url("cognito-idp") == "https://cognito-idp.eu-west-1.amazonaws.com"
