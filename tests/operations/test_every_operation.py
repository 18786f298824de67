"""Every operation that is served: wrong callers change nothing, and what does not exist is refused by its own error."""

import pytest
from cases import each, named
from operations.every_operation import SERVED, USER, WANTED, World, allow, by_auth, make, members, model, role
from operations.stage import ROOT, refused

from poolhouse.access import resources
from poolhouse.access.principals import Anonymous
from poolhouse.errors import ServiceError
from poolhouse.operations.audit.recording import changes

SIGNED = by_auth("iam")
TOKENS = by_auth("token", "token_or_session")
OTHER_POOL = resources.user_pool_arn("us-east-1", "000000000000", "us-east-1_Other0000")
OTHER_IDENTITY_POOL = resources.identity_pool_arn(
    "us-east-1", "000000000000", "us-east-1:00000000-0000-4000-8000-00000000000f"
)
# What the right caller is told where the request does not fit what is there.
TOLD = {
    "AddUserPoolClientSecret": "InvalidParameterException",  # the client was made without a secret
    "AdminConfirmSignUp": "NotAuthorizedException",  # the user is confirmed
    "AdminForgetDevice": "ResourceNotFoundException",
    "AdminGetDevice": "ResourceNotFoundException",
    "AdminRevokeUserSession": "InvalidParameterException",
    "AdminRespondToAuthChallenge": "NotAuthorizedException",  # the session is nobody's
    "AdminUpdateDeviceStatus": "ResourceNotFoundException",
    "CreateUserPoolDomain": "InvalidParameterException",  # the pool has one
    "DeleteUserPool": "InvalidParameterException",  # it has a domain
    "DeleteUserPoolClientSecret": "ResourceNotFoundException",
    "SetIdentityPoolRoles": "NotAuthorizedException",  # iam:PassRole is another grant
    "StartUserImportJob": "PreconditionNotMetException",  # nothing was uploaded
    "StopUserImportJob": "PreconditionNotMetException",
    "UpdateUserPoolDomain": "InvalidParameterException",  # no certificate is served
}
# Names of the caller's own choice, and the one question about a name that has an answer for every name.
FREE = {
    ("AdminCreateUser", "Username"),
    ("CreateGroup", "GroupName"),
    ("CreateIdentityProvider", "ProviderName"),
    ("CreateResourceServer", "Identifier"),
    ("CreateUserPoolDomain", "Domain"),
    ("DescribeUserPoolDomain", "Domain"),
    ("SignUp", "Username"),
}
# Where AWS declares another error for what is not there.
OTHERWISE = {
    ("AdminGetDevice", "Username"): "ResourceNotFoundException",
    ("AdminListDevices", "Username"): "ResourceNotFoundException",
    ("DeleteUserPoolDomain", "Domain"): "InvalidParameterException",
    ("RevokeToken", "ClientId"): "UnauthorizedException",
    ("UpdateUserPoolDomain", "Domain"): "InvalidParameterException",
}
TOKEN_TEXTS = {"Invalid Access Token", "Access Token has been revoked"}
UNKNOWN = {
    "UserPoolId": ("us-east-1_Nobody123", "ResourceNotFoundException"),
    "ClientId": ("1nobodysclient1nobodysclie", "ResourceNotFoundException"),
    "Username": ("nobody", "UserNotFoundException"),
    "GroupName": ("NOBODYS", "ResourceNotFoundException"),
    "ProviderName": ("Nobodys", "ResourceNotFoundException"),
    "Identifier": ("nobodys", "ResourceNotFoundException"),
    "Domain": ("nobodys-domain", "ResourceNotFoundException"),
    "IdentityPoolId": ("us-east-1:00000000-0000-4000-8000-00000000000f", "ResourceNotFoundException"),
    "IdentityId": ("us-east-1:00000000-0000-4000-8000-00000000000f", "ResourceNotFoundException"),
    "JobId": ("import-nobodys", "ResourceNotFoundException"),
}


async def outcome(call) -> ServiceError | None:
    """What the caller was refused with, None when he was not."""
    try:
        await call
    except ServiceError as error:
        return error
    return None


@pytest.fixture
async def world(services, invoke) -> World:
    return await make(services, invoke)


def test_every_wanted_operation_is_served():
    """All ninety-nine that clients and admin tools call."""
    assert len(WANTED) == len(set(WANTED)) == 99
    assert set(WANTED) - {name for service, name in SERVED if service == "cognito-idp"} == set()


@each("service, name", SIGNED)
async def test_wrong_callers(world, service, name):
    """Nobody, a role that may do everything else here, and one that may do everything elsewhere: refused, unchanged.

    They share a world, since each of them is seen to leave it as it was.
    """
    here = world.resource(service, name)
    others = [f"{kind}:{other}" for kind, other in SIGNED if other != name]
    before = await world.rows()
    missing = await refused(world.call(service, name, Anonymous()))
    assert missing.code == "MissingAuthenticationTokenException"
    for caller in (
        role(),
        role(allow(here, *others)),
        role(allow(OTHER_POOL, "cognito-idp:*"), allow(OTHER_IDENTITY_POOL, "cognito-identity:*")),
    ):
        assert (await refused(world.call(service, name, caller))).code == "AccessDeniedException"
    assert await world.rows() == before


@each("service, name", [pair for pair in SIGNED if not changes(model(*pair)) or pair[1] == "SetIdentityPoolRoles"])
async def test_right_callers(world, service, name):
    """The role that has just this grant on just this resource gets through; those that change: audit/test_every_change.

    They share a world, since they only look at it.
    """
    told = await outcome(world.call(service, name, world.right_role(service, name)))
    assert (told.code if told else None) == TOLD.get(name), told


@pytest.mark.parametrize("member", UNKNOWN)
async def test_what_does_not_exist(world, member):
    """Every operation that names a pool, client, user, group or the like: its declared error, and nothing is changed.

    They share a world, since each of them is seen to leave it as it was.
    """
    value, code = UNKNOWN[member]
    asked = [pair for pair in SERVED if member in members(*pair) and (pair[1], member) not in FREE]
    assert asked
    before = await world.rows()
    for service, name in asked:
        caller = ROOT if model(service, name).auth == "iam" else Anonymous()
        told = await outcome(world.call(service, name, caller, **{member: value}))
        assert told is not None, name
        assert told.code == OTHERWISE.get((name, member), code), (name, told)
        assert await world.rows() == before, name


@each("service, name", TOKENS)
async def test_wrong_tokens(world, service, name):
    """An ID token, no token, and one whose user signed out: refused, unchanged."""
    old = await world.stage.tokens(USER)
    await world.stage.admin("AdminUserGlobalSignOut", Username=USER)
    before = await world.rows()
    for token in (old["IdToken"], "a.b.c", old["AccessToken"]):
        error = await refused(world.call(service, name, Anonymous(), AccessToken=token))
        assert error.code == "NotAuthorizedException"
        assert error.message in TOKEN_TEXTS
    assert await world.rows() == before


@pytest.mark.parametrize("last", ["ChangePassword", "DeleteUser"])
async def test_good_tokens(world, last):
    """A good one is not what is refused. The two after which nobody signs in again have a world of their own."""
    alone = {"ChangePassword", "DeleteUser"} - {last}
    for service, name in sorted(TOKENS, key=lambda pair: pair[1] == last):
        if name not in alone:
            good = (await world.stage.tokens(USER))["AccessToken"]
            with named(name):
                told = await outcome(world.call(service, name, Anonymous(), AccessToken=good))
                assert told is None or told.message not in TOKEN_TEXTS
