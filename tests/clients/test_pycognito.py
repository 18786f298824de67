"""pycognito: sign-in by SRP, sign-up, passwords, and the verification of tokens against our keys."""

import secrets
from collections.abc import Callable, Iterator

import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from clients.development import PASSWORD, Backend, User, forged, new_email
from pycognito import Cognito
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import ForceChangePasswordException, TokenVerificationException

Make = Callable[..., Cognito]


@pytest.fixture
def cognito(backend: Backend) -> Iterator[Make]:
    """A Cognito object for a user; with the endpoint it also takes the issuer and the keys from there."""
    made: list[Cognito] = []

    def make(username: str | None = None, **tokens: str) -> Cognito:
        one = Cognito(
            backend.pool_id,
            backend.client_id,
            username=username,
            botocore_config=Config(signature_version=UNSIGNED),
            boto3_client_kwargs={"endpoint_url": backend.url},
            **tokens,
        )
        made.append(one)
        return one

    yield make
    for one in made:
        one.client.close()


@pytest.fixture
def signed_in(cognito: Make) -> Callable[[User], Cognito]:
    def sign_in(user: User) -> Cognito:
        one = cognito(user.email)
        one.authenticate(password=user.password)
        return one

    return sign_in


def test_authenticate(backend: Backend, signed_in: Callable[[User], Cognito]) -> None:
    """SRP sign-in; pycognito verifies both tokens against the keys that the server publishes."""
    user = backend.new_user("ADMINS")
    found = signed_in(user)
    assert found.token_type == "Bearer"
    assert found.id_claims["email"] == user.email
    assert found.access_claims["username"] == user.sub
    assert found.access_claims["cognito:groups"] == ["ADMINS"]
    assert found.get_user().email == user.email


def test_register_and_confirm(backend: Backend, cognito: Make) -> None:
    """Sign-up, the code from the inbox, sign-in."""
    email = new_email()
    visitor = cognito(email)
    visitor.set_base_attributes(email=email)
    answer = visitor.register(email, PASSWORD)
    assert not answer["UserConfirmed"]
    visitor.confirm_sign_up(backend.code(email), username=email)
    visitor.authenticate(password=PASSWORD)
    assert visitor.id_claims["sub"] == answer["UserSub"]
    assert visitor.id_claims["email_verified"] is True


def test_a_wrong_password(backend: Backend, cognito: Make) -> None:
    """Refused as NotAuthorizedException; no token is set."""
    visitor = cognito(backend.new_user().email)
    with pytest.raises(visitor.client.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        visitor.authenticate(password="Wrong-Horse-9")
    assert visitor.access_token is None


def test_change_password(backend: Backend, signed_in: Callable[[User], Cognito], cognito: Make) -> None:
    """The old password opens nothing any more."""
    user = backend.new_user()
    signed_in(user).change_password(PASSWORD, "Other-Horse-9")
    again = cognito(user.email)
    with pytest.raises(again.client.exceptions.NotAuthorizedException):
        again.authenticate(password=PASSWORD)
    again.authenticate(password="Other-Horse-9")
    assert again.id_claims["sub"] == user.sub


def test_a_new_password_is_required(backend: Backend, cognito: Make) -> None:
    """An invited user is told to choose a password, and has done so after the challenge."""
    email = new_email()
    backend.root.admin_create_user(
        UserPoolId=backend.pool_id, Username=email, TemporaryPassword="Temporary-9", MessageAction="SUPPRESS"
    )
    invited = cognito(email)
    with pytest.raises(ForceChangePasswordException):
        invited.authenticate(password="Temporary-9")
    assert backend.status_of(email) == "FORCE_CHANGE_PASSWORD"
    invited.new_password_challenge("Temporary-9", "Chosen-Horse-9")
    assert invited.access_claims["token_use"] == "access"
    assert backend.status_of(email) == "CONFIRMED"


def test_renew_access_token(backend: Backend, signed_in: Callable[[User], Cognito]) -> None:
    """REFRESH_TOKEN_AUTH gives new tokens of the same sign-in, with the groups of now."""
    user = backend.new_user()
    found = signed_in(user)
    before = found.access_claims
    backend.add(user, "ADMINS")
    found.renew_access_token()
    after = found.verify_token(found.access_token, "access_token", "access")
    assert after["jti"] != before["jti"]
    assert after["origin_jti"] == before["origin_jti"]
    assert after["cognito:groups"] == ["ADMINS"]


def test_logout(backend: Backend, signed_in: Callable[[User], Cognito], cognito: Make) -> None:
    """pycognito's logout is the global one: access and refresh tokens are dead."""
    user = backend.new_user()
    found = signed_in(user)
    old = cognito(
        user.email, id_token=found.id_token, access_token=found.access_token, refresh_token=found.refresh_token
    )
    found.logout()
    with pytest.raises(old.client.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        old.get_user()
    with pytest.raises(old.client.exceptions.NotAuthorizedException, match="Refresh Token has been revoked"):
        old.renew_access_token()


def test_update_profile_and_verify(backend: Backend, signed_in: Callable[[User], Cognito]) -> None:
    """A new address is verified with the code that was sent to it."""
    found = signed_in(backend.new_user())
    email = new_email("changed")
    found.update_profile({"email": email})
    found.validate_verification(backend.code(email))
    assert found.get_user().email == email
    assert found.get_user().email_verified is True


def test_twenty_random_passwords(backend: Backend, cognito: Make) -> None:
    """Salts and public values of every kind, leading zeros and set top bits included, agree with the client's SRP."""
    user = backend.new_user()
    client = cognito().client
    for _ in range(20):
        password = f"aA9-{secrets.token_urlsafe(secrets.randbelow(24) + 8)}"
        backend.root.admin_set_user_password(
            UserPoolId=backend.pool_id, Username=user.sub, Password=password, Permanent=True
        )
        srp = AWSSRP(user.email, password, backend.pool_id, backend.client_id, client=client)
        assert srp.authenticate_user()["AuthenticationResult"]["TokenType"] == "Bearer"


def test_a_forged_token_is_recognised(backend: Backend, signed_in: Callable[[User], Cognito]) -> None:
    """A changed signature does not verify against the published keys."""
    found = signed_in(backend.new_user())
    with pytest.raises(TokenVerificationException):
        found.verify_token(forged(found.access_token), "access_token", "access")


def test_standard_verification(backend: Backend, signed_in: Callable[[User], Cognito]) -> None:
    """Any OpenID library verifies both tokens with nothing but the issuer: discovery, keys, signature, audience."""
    found = signed_in(backend.new_user())
    issuer = jwt.decode(found.id_token, options={"verify_signature": False})["iss"]
    assert issuer == f"{backend.url}/{backend.pool_id}"
    keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")
    for token, checks in ((found.id_token, {"audience": backend.client_id}), (found.access_token, {})):
        key = keys.get_signing_key_from_jwt(token)
        assert jwt.decode(token, key, algorithms=["RS256"], issuer=issuer, **checks)["sub"] == found.id_claims["sub"]
