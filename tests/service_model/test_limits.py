"""The limits of the published model, each at its edge."""

import msgspec
import pytest
from service_model.samples import minimal_input

from poolhouse.errors import InvalidParameterException
from poolhouse.service_model import decode, operation

POOL = "us-east-1_"
TEXT_LIMITS = [
    ("DescribeUserPool", "UserPoolId", POOL + "a" * 45, POOL + "a" * 46),
    ("AdminGetUser", "Username", "é" * 128, "é" * 129),
    ("GetGroup", "GroupName", "x" * 128, "x" * 129),
    ("AdminSetUserPassword", "Password", "x" * 256, "x" * 257),
    ("ForgotPassword", "ClientId", "x" * 128, "x" * 129),
    ("ForgotPassword", "SecretHash", "x" * 128, "x" * 129),
    ("RespondToAuthChallenge", "Session", "x" * 4096, "x" * 4097),
    ("RespondToAuthChallenge", "Session", "x" * 20, "x" * 19),
    ("ConfirmSignUp", "ConfirmationCode", "x" * 2048, "x" * 2049),
    ("VerifySoftwareToken", "UserCode", "123456", "12345"),
    ("CreateGroup", "Description", "x" * 2048, "x" * 2049),
    ("ListUsers", "Filter", "x" * 256, "x" * 257),
    ("ListUsers", "PaginationToken", "x" * 131072, ""),
    ("ListGroups", "NextToken", "x" * 131072, "x" * 131073),
    ("AdminForgetDevice", "DeviceKey", "a_" + "0" * 53, "a_" + "0" * 54),
    ("CreateUserPoolDomain", "Domain", "a" * 63, "a" * 64),
]
NUMBER_LIMITS = [
    ("ListUsers", "Limit", 0, 60),
    ("ListGroups", "Limit", 0, 60),
    ("ListUsersInGroup", "Limit", 0, 60),
    ("AdminListGroupsForUser", "Limit", 0, 60),
    ("AdminListDevices", "Limit", 0, 60),
    ("ListUserPools", "MaxResults", 1, 60),
    ("ListUserPoolClients", "MaxResults", 1, 60),
    ("ListIdentityProviders", "MaxResults", 0, 60),
    ("ListResourceServers", "MaxResults", 1, 50),
    ("ListUserImportJobs", "MaxResults", 1, 60),
    ("ListWebAuthnCredentials", "MaxResults", 0, 20),
    ("CreateUserPoolClient", "AccessTokenValidity", 1, 86400),
    ("CreateUserPoolClient", "IdTokenValidity", 1, 86400),
    ("CreateUserPoolClient", "RefreshTokenValidity", 0, 315360000),
    ("CreateUserPoolClient", "AuthSessionValidity", 3, 15),
    ("CreateGroup", "Precedence", 0, 2**31 - 1),
]
LIST_LIMITS = [
    ("AddCustomAttributes", "CustomAttributes", {"Name": "x"}, 1, 25),
    ("CreateUserPool", "Schema", {"Name": "x"}, 1, 50),
    ("CreateUserPoolClient", "CallbackURLs", "app://x", 0, 100),
    ("CreateUserPoolClient", "LogoutURLs", "app://x", 0, 100),
    ("CreateUserPoolClient", "AllowedOAuthScopes", "openid", 0, 50),
    ("UpdateResourceServer", "Scopes", {"ScopeName": "x", "ScopeDescription": "x"}, 0, 100),
]


def accepts(name, member, value) -> bool:
    op = operation("cognito-idp", name)
    message = ""
    try:
        decode(op, msgspec.json.encode({**minimal_input(op), member: value}))
    except InvalidParameterException as error:
        message = error.message
    path = member[0].lower() + member[1:]
    assert not message or f"at '{path}' failed to satisfy constraint: Member must have " in message
    return not message


@pytest.mark.parametrize(("name", "member", "good", "bad"), TEXT_LIMITS)
def test_lengths_of_texts(name, member, good, bad):
    """The last good length is accepted and the next one is not; characters count, not bytes."""
    assert accepts(name, member, good)
    assert not accepts(name, member, bad)


@pytest.mark.parametrize(("name", "member", "low", "high"), NUMBER_LIMITS)
def test_numbers(name, member, low, high):
    """Both bounds are inclusive."""
    assert accepts(name, member, low)
    assert accepts(name, member, high)
    assert not accepts(name, member, low - 1)
    assert high == 2**31 - 1 or not accepts(name, member, high + 1)


@pytest.mark.parametrize(("name", "member", "entry", "low", "high"), LIST_LIMITS)
def test_lengths_of_lists(name, member, entry, low, high):
    """A list of the least and the greatest length is accepted, one entry fewer or more is not."""
    assert accepts(name, member, [entry] * low)
    assert accepts(name, member, [entry] * high)
    assert low == 0 or not accepts(name, member, [entry] * (low - 1))
    assert not accepts(name, member, [entry] * (high + 1))


@pytest.mark.parametrize(
    ("member", "low", "high"),
    [("MinimumLength", 6, 99), ("PasswordHistorySize", 0, 24), ("TemporaryPasswordValidityDays", 0, 365)],
)
def test_password_policy_numbers(member, low, high):
    """Numbers inside nested structures are bounded and addressed by their path."""
    op = operation("cognito-idp", "CreateUserPool")
    body = '{{"PoolName":"p","Policies":{{"PasswordPolicy":{{"{}":{}}}}}}}'
    for good in (low, high):
        assert decode(op, body.format(member, good).encode()).Policies is not None
    for bad in (low - 1, high + 1):
        with pytest.raises(
            InvalidParameterException, match=f"at 'policies.passwordPolicy.{member[0].lower()}{member[1:]}'"
        ):
            decode(op, body.format(member, bad).encode())
