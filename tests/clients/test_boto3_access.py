"""boto3 at the door: identities and their credentials, signatures, requests that the model forbids."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from clients.development import PASSWORD, ROOT_KEY, Backend, User, forged
from pycognito.aws_srp import AWSSRP


def id_token(backend: Backend, user: User) -> str:
    srp = AWSSRP(user.email, user.password, backend.pool_id, backend.client_id, client=backend.public)
    return str(srp.authenticate_user()["AuthenticationResult"]["IdToken"])


def refused(client: Any, operation: str, **request: Any) -> tuple[str, str, int]:
    """Code, message and status of the refusal that the operation must end in."""
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**request)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_the_root_key(backend: Backend) -> None:
    """GetCallerIdentity names the account's root."""
    answer = backend.boto3("sts").get_caller_identity()
    assert answer["Account"] == "000000000000"
    assert answer["Arn"] == "arn:aws:iam::000000000000:root"


def test_sts_refuses_a_wrong_secret(backend: Backend) -> None:
    """The query protocol answers its errors as XML, which boto3 reads."""
    code, message, status = refused(backend.boto3("sts", (ROOT_KEY[0], "another")), "get_caller_identity")
    assert (code, status) == ("SignatureDoesNotMatch", 403)
    assert message.startswith("The request signature we calculated does not match")


@pytest.mark.parametrize("provider", ["local", "aws"])
def test_an_identity(backend: Backend, provider: str) -> None:
    """The same login is the same identity, by the server's own issuer (spec check C8) and by AWS's name for the pool."""
    identities, user = backend.identities, backend.new_user()
    issuer = f"{backend.url}/{backend.pool_id}".removeprefix("http://")
    if provider == "aws":
        issuer = f"cognito-idp.us-east-1.amazonaws.com/{backend.pool_id}"
    logins = {issuer: id_token(backend, user)}
    first = identities.get_id(IdentityPoolId=backend.identity_pool_id, Logins=logins)["IdentityId"]
    assert identities.get_id(IdentityPoolId=backend.identity_pool_id, Logins=logins)["IdentityId"] == first
    answer = identities.get_credentials_for_identity(IdentityId=first, Logins=logins)
    assert answer["Credentials"].keys() == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_two_guests_are_two_identities(backend: Backend) -> None:
    """Each anonymous GetId makes a new one."""
    ids = {backend.identities.get_id(IdentityPoolId=backend.identity_pool_id)["IdentityId"] for _ in range(2)}
    assert len(ids) == 2


def test_an_identity_is_not_for_guests(backend: Backend) -> None:
    """Whoever learns a user's identity id gets no credentials for it without the user's token."""
    identities = backend.identities
    issuer = f"{backend.url}/{backend.pool_id}".removeprefix("http://")
    logins = {issuer: id_token(backend, backend.new_user())}
    identity = identities.get_id(IdentityPoolId=backend.identity_pool_id, Logins=logins)["IdentityId"]
    assert refused(identities, "get_credentials_for_identity", IdentityId=identity)[0] == "NotAuthorizedException"
    other = {issuer: id_token(backend, backend.new_user())}
    answer = identities.get_id(IdentityPoolId=backend.identity_pool_id, Logins=other)
    assert answer["IdentityId"] != identity


@pytest.mark.parametrize("change", ["signature", "access token", "provider"])
def test_a_bad_login(backend: Backend, change: str) -> None:
    """A forged token, an access token and a provider that the pool does not know are refused."""
    user = backend.new_user()
    srp = AWSSRP(user.email, user.password, backend.pool_id, backend.client_id, client=backend.public)
    tokens = srp.authenticate_user()["AuthenticationResult"]
    issuer = f"{backend.url}/{backend.pool_id}".removeprefix("http://")
    login = {
        "signature": {issuer: forged(tokens["IdToken"])},
        "access token": {issuer: tokens["AccessToken"]},
        "provider": {"accounts.example.com": tokens["IdToken"]},
    }[change]
    answer = refused(backend.identities, "get_id", IdentityPoolId=backend.identity_pool_id, Logins=login)
    assert (answer[0], answer[2]) == ("NotAuthorizedException", 400)


def test_temporary_credentials_need_their_token(backend: Backend) -> None:
    """The key pair of an identity without its session token is no key (spec check 18)."""
    key = backend.key_of()
    answer = refused(backend.boto3("cognito-idp", key[:2]), "list_users", UserPoolId=backend.pool_id)
    assert answer[::2] == ("UnrecognizedClientException", 400)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ((ROOT_KEY[0], "another-secret"), "InvalidSignatureException"),
        (("AKIAINVENTEDINVENTED", ROOT_KEY[1]), "UnrecognizedClientException"),
        ((*ROOT_KEY, "invented"), "UnrecognizedClientException"),
    ],
)
def test_a_wrong_key(backend: Backend, key: tuple[str, ...], code: str) -> None:
    """Nothing is told and nothing is done."""
    user = backend.new_user()
    client = backend.boto3("cognito-idp", key)
    request = {"UserPoolId": backend.pool_id, "Username": user.sub, "GroupName": "ADMINS"}
    assert refused(client, "admin_add_user_to_group", **request)[::2] == (code, 400)
    assert backend.groups_of(user) == []


@pytest.mark.parametrize("part", ["body", "authorization"])
def test_a_tampered_request(backend: Backend, part: str) -> None:
    """What was changed after signing does not pass, be it the body or the signature."""
    user, other = backend.new_user(), backend.new_user()
    client = backend.boto3("cognito-idp")

    def tamper(request: Any, **_: Any) -> None:
        if part == "body":
            request.body = request.body.replace(user.sub.encode(), other.sub.encode())
        else:
            signed = request.headers["Authorization"].decode()
            request.headers["Authorization"] = signed[:-1] + ("0" if signed[-1] != "0" else "1")

    client.meta.events.register("before-send.cognito-idp.AdminAddUserToGroup", tamper)
    request = {"UserPoolId": backend.pool_id, "Username": user.sub, "GroupName": "ADMINS"}
    assert refused(client, "admin_add_user_to_group", **request)[::2] == ("InvalidSignatureException", 400)
    assert backend.groups_of(user) == backend.groups_of(other) == []


def test_no_key_at_all(backend: Backend) -> None:
    """An unsigned admin operation is refused before anything is looked up."""
    answer = refused(backend.public, "admin_get_user", UserPoolId=backend.pool_id, Username="nobody")
    assert answer == ("MissingAuthenticationTokenException", "Missing Authentication Token", 400)


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "list_user_pools",
            {},
            "Value null at 'maxResults' failed to satisfy constraint: Member must not be null",
        ),
        ("list_users", {"UserPoolId": "?", "Limit": 61}, "2 validation errors detected: "),
        ("create_group", {"UserPoolId": "us-east-1_Unknown00", "GroupName": "x" * 129}, "less than or equal to 128"),
        ("admin_get_user", {"UserPoolId": "us-east-1_Unknown00", "Username": ""}, "greater than or equal to 1"),
    ],
)
def test_the_server_validates(backend: Backend, operation: str, request_: dict[str, Any], message: str) -> None:
    """With boto3's own validation off, the server refuses in AWS's words."""
    code, found, status = refused(backend.root, operation, **request_)
    assert (code, status) == ("InvalidParameterException", 400)
    assert message in found


@pytest.mark.parametrize(
    ("member", "value"),
    [("Limit", "ten"), ("UserPoolId", 7), ("Filter", ["a"])],
)
def test_wrong_types(backend: Backend, member: str, value: Any) -> None:
    """A value of the wrong type is a client's error and never a fault."""
    request = {"UserPoolId": backend.pool_id, member: value}
    code, _, status = refused(backend.root, "list_users", **request)
    assert (code, status) == ("SerializationException", 400)


def test_an_operation_that_is_not_served(backend: Backend) -> None:
    """It is refused by name, and never half done."""
    code, message, status = refused(backend.root, "describe_risk_configuration", UserPoolId=backend.pool_id)
    assert (code, status) == ("NotImplementedException", 400)
    assert "DescribeRiskConfiguration" in message


def test_the_password_is_never_shown(backend: Backend) -> None:
    """A refused password is not repeated in the refusal."""
    secret = "not a\tpassword"
    request = {"ClientId": backend.client_id, "Username": "a@example.com", "Password": secret}
    code, message, _ = refused(backend.public, "sign_up", **request)
    assert code == "InvalidParameterException"
    assert secret not in message
    assert PASSWORD not in message
