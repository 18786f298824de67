"""boto3 without a key, as a public client calls: sign-up, sign-in, tokens, one's own profile; and the admin's sign-in."""

from typing import Any

import pytest
from clients.development import PASSWORD, Backend, User, forged, new_email
from pycognito.aws_srp import AWSSRP

FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]


@pytest.fixture(scope="module")
def clients() -> dict[str, str]:
    """By server: a client of its pool that may use every flow."""
    return {}


@pytest.fixture
def client_id(backend: Backend, clients: dict[str, str]) -> str:
    if backend.url not in clients:
        made = backend.root.create_user_pool_client(
            UserPoolId=backend.pool_id, ClientName="every flow", ExplicitAuthFlows=FLOWS, EnableTokenRevocation=True
        )
        clients[backend.url] = made["UserPoolClient"]["ClientId"]
    return clients[backend.url]


def sign_in(backend: Backend, client_id: str, user: User) -> dict[str, Any]:
    answer = backend.public.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user.email, "PASSWORD": user.password},
    )
    tokens: dict[str, Any] = answer["AuthenticationResult"]
    return tokens


def test_sign_up(backend: Backend) -> None:
    """SignUp, the code again, the newer code confirms; boto3's errors are the declared ones."""
    public, email = backend.public, new_email()
    who = {"ClientId": backend.client_id, "Username": email}
    made = public.sign_up(**who, Password=PASSWORD, UserAttributes=[{"Name": "email", "Value": email}])
    assert made["UserConfirmed"] is False
    assert public.resend_confirmation_code(**who)["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    with pytest.raises(public.exceptions.CodeMismatchException):
        public.confirm_sign_up(**who, ConfirmationCode=backend.code(email))
    public.confirm_sign_up(**who, ConfirmationCode=backend.code(email, wanted=2))
    assert backend.status_of(email) == "CONFIRMED"
    with pytest.raises(public.exceptions.UsernameExistsException):
        public.sign_up(**who, Password=PASSWORD)


def test_srp(backend: Backend) -> None:
    """USER_SRP_AUTH and PASSWORD_VERIFIER through boto3."""
    user = backend.new_user()
    srp = AWSSRP(user.email, user.password, backend.pool_id, backend.client_id, client=backend.public)
    asked = backend.public.initiate_auth(
        ClientId=backend.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=srp.get_auth_params()
    )
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    assert asked["ChallengeParameters"]["USER_ID_FOR_SRP"] == user.sub
    responses = srp.process_challenge(asked["ChallengeParameters"], srp.get_auth_params())
    answer = {"ClientId": backend.client_id, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": responses}
    assert backend.public.respond_to_auth_challenge(**answer)["AuthenticationResult"]["ExpiresIn"] == 3600
    with pytest.raises(backend.public.exceptions.NotAuthorizedException):
        backend.public.respond_to_auth_challenge(**answer)


def test_the_admin_flow(backend: Backend, client_id: str) -> None:
    """ADMIN_USER_PASSWORD_AUTH is for the signed operation; the public one refuses it."""
    user = backend.new_user()
    request = {
        "ClientId": client_id,
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": user.email, "PASSWORD": PASSWORD},
    }
    answer = backend.root.admin_initiate_auth(UserPoolId=backend.pool_id, **request)
    assert answer["AuthenticationResult"]["TokenType"] == "Bearer"
    with pytest.raises(backend.public.exceptions.InvalidParameterException, match="Initiate Auth method not supported"):
        backend.public.initiate_auth(**request)


def test_a_new_password_is_required(backend: Backend, client_id: str) -> None:
    """The challenge names what is missing; its session works once."""
    public, email = backend.public, new_email()
    backend.root.admin_create_user(
        UserPoolId=backend.pool_id, Username=email, TemporaryPassword="Temporary-9", MessageAction="SUPPRESS"
    )
    asked = public.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": "Temporary-9"},
    )
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    answer = {
        "ClientId": client_id,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": asked["Session"],
        "ChallengeResponses": {
            "USERNAME": asked["ChallengeParameters"]["USER_ID_FOR_SRP"],
            "NEW_PASSWORD": "Chosen-Horse-9",
        },
    }
    assert "AccessToken" in public.respond_to_auth_challenge(**answer)["AuthenticationResult"]
    with pytest.raises(public.exceptions.NotAuthorizedException, match="Invalid session for the user"):
        public.respond_to_auth_challenge(**answer)


def test_both_ways_to_refresh(backend: Backend, client_id: str) -> None:
    """REFRESH_TOKEN_AUTH and GetTokensFromRefreshToken give tokens and no new refresh token."""
    token = sign_in(backend, client_id, backend.new_user())["RefreshToken"]
    answers = (
        backend.public.get_tokens_from_refresh_token(ClientId=client_id, RefreshToken=token),
        backend.public.initiate_auth(
            ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
        ),
    )
    for answer in answers:
        assert {"AccessToken", "IdToken"} <= answer["AuthenticationResult"].keys()
        assert "RefreshToken" not in answer["AuthenticationResult"]


def test_a_revoked_token(backend: Backend, client_id: str) -> None:
    """RevokeToken ends one sign-in; another one of the same user lives on; an access token cannot be revoked."""
    public, user = backend.public, backend.new_user()
    one, other = sign_in(backend, client_id, user), sign_in(backend, client_id, user)
    public.revoke_token(ClientId=client_id, Token=one["RefreshToken"])
    with pytest.raises(public.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        public.get_user(AccessToken=one["AccessToken"])
    with pytest.raises(public.exceptions.NotAuthorizedException, match="Refresh Token has been revoked"):
        public.get_tokens_from_refresh_token(ClientId=client_id, RefreshToken=one["RefreshToken"])
    assert public.get_user(AccessToken=other["AccessToken"])["Username"] == user.sub
    with pytest.raises(public.exceptions.UnsupportedTokenTypeException):
        public.revoke_token(ClientId=client_id, Token=other["AccessToken"])


@pytest.mark.parametrize("by", ["user", "admin"])
def test_global_sign_out(backend: Backend, client_id: str, by: str) -> None:
    """Every token of the user is dead, whoever signed him out."""
    public, user = backend.public, backend.new_user()
    tokens = sign_in(backend, client_id, user)
    if by == "user":
        public.global_sign_out(AccessToken=tokens["AccessToken"])
    else:
        backend.root.admin_user_global_sign_out(UserPoolId=backend.pool_id, Username=user.email)
    with pytest.raises(public.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        public.get_user(AccessToken=tokens["AccessToken"])
    with pytest.raises(public.exceptions.NotAuthorizedException, match="Refresh Token has been revoked"):
        public.get_tokens_from_refresh_token(ClientId=client_id, RefreshToken=tokens["RefreshToken"])


def test_ones_own_profile(backend: Backend, client_id: str) -> None:
    """GetUser, UpdateUserAttributes and ChangePassword with an access token."""
    public, user = backend.public, backend.new_user()
    token = sign_in(backend, client_id, user)["AccessToken"]
    changes = [{"Name": "given_name", "Value": "Ada"}]
    assert public.update_user_attributes(AccessToken=token, UserAttributes=changes)["CodeDeliveryDetailsList"] == []
    found = public.get_user(AccessToken=token)
    assert found["Username"] == user.sub
    assert changes[0] in found["UserAttributes"]
    with pytest.raises(public.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        public.change_password(AccessToken=token, PreviousPassword="Wrong-Horse-9", ProposedPassword="Other-Horse-9")
    public.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="Other-Horse-9")
    assert sign_in(backend, client_id, User(user.email, user.sub, "Other-Horse-9"))["AccessToken"]


@pytest.mark.parametrize("kind", ["IdToken", "RefreshToken", "changed", "invented"])
def test_what_is_no_access_token(backend: Backend, client_id: str, kind: str) -> None:
    """Only an access token with its own signature opens GetUser."""
    tokens = sign_in(backend, client_id, backend.new_user())
    token = {**tokens, "changed": forged(tokens["AccessToken"]), "invented": "a.b.c"}[kind]
    with pytest.raises(backend.public.exceptions.NotAuthorizedException, match="Invalid Access Token"):
        backend.public.get_user(AccessToken=token)


def test_five_wrong_passwords_lock(backend: Backend, client_id: str) -> None:
    """After the fifth failure even the right password has to wait."""
    user = backend.new_user()
    wrong = User(user.email, user.sub, "Wrong-Horse-9")
    for _ in range(5):
        with pytest.raises(backend.public.exceptions.NotAuthorizedException, match="Incorrect username or password"):
            sign_in(backend, client_id, wrong)
    with pytest.raises(backend.public.exceptions.NotAuthorizedException, match="Password attempts exceeded"):
        sign_in(backend, client_id, user)
