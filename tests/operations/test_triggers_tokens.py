"""PreTokenGeneration: what a function may change in tokens, and what it may not."""

import json

import pytest
from operations.factors_stage import Device, respond
from operations.stage import EMAIL, PASSWORD, claims, refused, said

from poolhouse.errors import NotAuthorizedException
from poolhouse.operations.bearer import SELF_SERVICE, bearer

ADMINS = "arn:aws:iam::000000000000:role/admins"
OTHER = "arn:aws:iam::000000000000:role/other"
FIXED = [
    *("acr", "amr", "aud", "at_hash", "auth_time", "azp", "cognito:username", "exp", "iat", "identities", "iss"),
    *("jti", "nbf", "nonce", "origin_jti", "sub", "token_use"),
]
ROTATING = {
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"],
}


def first(details) -> str:
    """A function that answers with these details of version 1."""
    return f"def PreTokenGeneration(event): event['response'] = {{'claimsOverrideDetails': {details!r}}}\n"


def second(**details) -> str:
    return f"def PreTokenGeneration(event): event['response'] = {{'claimsAndScopeOverrideDetails': {details!r}}}\n"


async def tokens(stage) -> tuple[dict, dict]:
    """The claims of the ID token and of the access token of a new sign-in."""
    issued = await stage.tokens()
    return claims(issued["IdToken"]), claims(issued["AccessToken"])


async def member(stage, *groups: str) -> None:
    await stage.person()
    for number, name in enumerate(groups):
        await stage.group(name, number, f"arn:aws:iam::000000000000:role/{name.lower()}")


async def test_the_event_shows_user_and_groups(hooks):
    stage = await hooks.stage("def PreTokenGeneration(event): pass")
    await member(stage, "ADMINS", "STAFF")
    await tokens(stage)
    (event,) = hooks.events()
    assert (event["version"], event["triggerSource"]) == ("1", "TokenGeneration_Authentication")
    assert event["request"]["groupConfiguration"] == {
        "groupsToOverride": ["ADMINS", "STAFF"],
        "iamRolesToOverride": [ADMINS, "arn:aws:iam::000000000000:role/staff"],
        "preferredRole": ADMINS,
    }
    assert event["request"]["userAttributes"]["email"] == EMAIL
    assert event["request"]["clientMetadata"] == {}
    assert "scopes" not in event["request"]
    assert event["response"] == {"claimsOverrideDetails": None}


async def test_claims_of_version_1_are_for_the_id_token(hooks):
    """Added, overridden and suppressed; suppressing beats overriding, and the access token stays as it is."""
    details = {
        "claimsToAddOrOverride": {"tenant": "t-1", "email": "new@example.com", "both": "x"},
        "claimsToSuppress": ["email_verified", "both"],
    }
    stage = await hooks.stage(first(details))
    await stage.person()
    identity, access = await tokens(stage)
    assert (identity["tenant"], identity["email"]) == ("t-1", "new@example.com")
    assert not {"email_verified", "both"} & identity.keys()
    assert "tenant" not in access


@pytest.mark.parametrize("name", FIXED)
async def test_protected_claims(hooks, name):
    """Neither overridden nor suppressed, in either token, nor added where they are not."""
    part = {"claimsToAddOrOverride": {name: "forged"}, "claimsToSuppress": [name]}
    added = {"claimsToAddOrOverride": {name: "forged"}}
    stage = await hooks.stage(second(idTokenGeneration=added, accessTokenGeneration=part), version="V2_0")
    sub = await stage.person()
    identity, access = await tokens(stage)
    assert "forged" not in (identity.get(name), access.get(name))
    assert (identity["sub"], access["sub"]) == (sub, sub)
    assert {"exp", "iat", "iss", "jti", "token_use", "origin_jti", "auth_time"} <= identity.keys() & access.keys()


@pytest.mark.parametrize("name", ["client_id", "username", "scope", "event_id", "device_key", "version"])
async def test_protected_claims_of_access_tokens(hooks, name):
    part = {"claimsToAddOrOverride": {name: "forged"}, "claimsToSuppress": [name]}
    stage = await hooks.stage(second(accessTokenGeneration=part), version="V2_0")
    await stage.person()
    issued = await stage.tokens()
    access = claims(issued["AccessToken"])
    assert access.get(name) != "forged"
    assert {"client_id", "username", "scope", "event_id"} <= access.keys()
    assert (await stage.public("GetUser", AccessToken=issued["AccessToken"]))["Username"] == access["username"]


async def test_groups_are_replaced_in_both_tokens(hooks):
    """Roles and the preferred one are what the answer says; what it leaves out is gone."""
    override = {"groupsToOverride": ["GUESTS"], "iamRolesToOverride": [OTHER], "preferredRole": OTHER}
    stage = await hooks.stage(first({"groupOverrideDetails": override}))
    await member(stage, "ADMINS")
    identity, access = await tokens(stage)
    assert identity["cognito:groups"] == access["cognito:groups"] == ["GUESTS"]
    assert (identity["cognito:roles"], identity["cognito:preferred_role"]) == ([OTHER], OTHER)
    assert "cognito:roles" not in access


@pytest.mark.parametrize("empty", [None, {}, {"groupsToOverride": []}])
async def test_groups_are_cleared_by_an_empty_answer(hooks, empty):
    stage = await hooks.stage(first({"groupOverrideDetails": empty}))
    await member(stage, "ADMINS")
    for told in await tokens(stage):
        assert not {"cognito:groups", "cognito:roles", "cognito:preferred_role"} & told.keys()


@pytest.mark.parametrize("details", [None, {}, {"claimsToAddOrOverride": {"cognito:groups": "ROOT"}}])
async def test_groups_stay_when_nothing_is_said_of_them(hooks, details):
    """A claim of that name among the others is not how groups are overridden."""
    stage = await hooks.stage(first(details))
    await member(stage, "ADMINS")
    for told in await tokens(stage):
        assert told["cognito:groups"] == ["ADMINS"]


async def test_an_override_makes_nobody_a_member(hooks):
    """What the server itself asks is the database: in no group, whatever the token says."""
    stage = await hooks.stage(first({"groupOverrideDetails": {"groupsToOverride": ["ADMINS"]}}))
    await stage.person()
    await stage.admin("CreateGroup", GroupName="ADMINS")
    token = (await stage.tokens())["AccessToken"]
    assert claims(token)["cognito:groups"] == ["ADMINS"]
    async with stage.services.database.read() as tx:
        assert (await bearer(stage.services, tx, token, now=stage.services.clock())).groups == ()
    assert (await stage.admin("ListUsersInGroup", GroupName="ADMINS"))["Users"] == []


async def test_version_2(hooks):
    """Claims of any JSON for both tokens, and scopes; suppressing beats adding."""
    source = second(
        idTokenGeneration={"claimsToAddOrOverride": {"plan": {"name": "pro", "seats": [1, 2]}}},
        accessTokenGeneration={
            "claimsToAddOrOverride": {"tenant": 7},
            "scopesToAdd": ["orders/read", "orders/write"],
            "scopesToSuppress": ["orders/write", SELF_SERVICE],
        },
    )
    stage = await hooks.stage(source, version="V2_0")
    await stage.person()
    issued = await stage.tokens()
    assert claims(issued["IdToken"])["plan"] == {"name": "pro", "seats": [1, 2]}
    access = claims(issued["AccessToken"])
    assert (access["tenant"], access["scope"]) == (7, "orders/read")
    (event,) = hooks.events()
    assert (event["version"], event["request"]["scopes"]) == ("2", [SELF_SERVICE])
    with pytest.raises(NotAuthorizedException, match="scopes"):
        await stage.public("GetUser", AccessToken=issued["AccessToken"])


@pytest.mark.parametrize(
    ("source", "version"),
    [
        (first({"claimsToAddOrOverride": {"tenant": 7}}), None),
        (first({"claimsToSuppress": "email"}), None),
        (first("nothing"), None),
        (second(accessTokenGeneration={"scopesToAdd": ["a b"]}), "V2_0"),
        (second(accessTokenGeneration={"scopesToAdd": [""]}), "V2_0"),
        (second(idTokenGeneration={"claimsToAddOrOverride": {"deep": json.loads("[" * 20 + "]" * 20)}}), "V2_0"),
        (second(groupOverrideDetails={"groupsToOverride": "ADMINS"}), "V2_0"),
    ],
)
async def test_answers_that_no_token_can_say(hooks, source, version):
    """No token is made, and the sign-in is over."""
    stage = await hooks.stage(source, version=version)
    await stage.person()
    assert (await refused(stage.by_password())).code == "InvalidLambdaResponseException"


async def test_a_refusal(hooks):
    stage = await hooks.stage("def PreTokenGeneration(event): raise ValueError('No licence')")
    await stage.person()
    error = await refused(stage.srp())
    assert said(error) == ("UserLambdaValidation", "PreTokenGeneration failed with error No licence.")


async def test_every_refresh_is_asked_about(hooks):
    """With the metadata of the request, and with what the function says now."""
    stage = await hooks.stage(
        """
        def PreTokenGeneration(event):
            added = dict(event["request"]["clientMetadata"])
            event["response"] = {"claimsOverrideDetails": {"claimsToAddOrOverride": added}}
        """
    )
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    renewed = await stage.public(
        "GetTokensFromRefreshToken", ClientId=stage.client, RefreshToken=token, ClientMetadata={"tenant": "t-2"}
    )
    assert claims(renewed["AuthenticationResult"]["IdToken"])["tenant"] == "t-2"
    flow = {"ClientId": stage.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": token}}
    await stage.public("InitiateAuth", **flow)
    assert hooks.sources() == ["TokenGeneration_Authentication", *["TokenGeneration_RefreshTokens"] * 2]


async def test_a_refused_rotation_keeps_the_token(hooks):
    """The client that was refused still holds a refresh token that is good."""
    stage = await hooks.stage(
        """
        def PreTokenGeneration(event):
            if event["request"]["clientMetadata"]: raise ValueError("Not now")
        """,
        client=ROTATING,
    )
    await stage.person()
    request = {"ClientId": stage.client, "RefreshToken": (await stage.tokens())["RefreshToken"]}
    error = await refused(stage.public("GetTokensFromRefreshToken", **request, ClientMetadata={"x": "1"}))
    assert error.code == "UserLambdaValidationException"
    renewed = (await stage.public("GetTokensFromRefreshToken", **request))["AuthenticationResult"]
    assert renewed["RefreshToken"] != request["RefreshToken"]
    assert (await refused(stage.public("GetTokensFromRefreshToken", **request))).code == "RefreshTokenReuseException"


async def test_the_source_after_a_new_password(hooks):
    stage = await hooks.stage("def PreTokenGeneration(event): pass")
    await stage.admin("AdminCreateUser", Username=EMAIL, TemporaryPassword=PASSWORD)
    asked = await stage.by_password()
    await respond(stage, asked, NEW_PASSWORD="Another-Horse9")
    assert hooks.sources() == ["TokenGeneration_NewPasswordChallenge"]


async def test_the_source_after_a_device(hooks):
    stage = await hooks.stage("def PreTokenGeneration(event): pass", DeviceConfiguration={})
    await stage.person()
    issued = await stage.tokens()
    device = Device(issued["NewDeviceMetadata"])
    await device.confirm(stage, issued["AccessToken"])
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "DEVICE_KEY": device.key}
    asked = await stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
    assert "AuthenticationResult" in await device.prove(stage, asked)
    assert hooks.sources() == ["TokenGeneration_Authentication", "TokenGeneration_AuthenticateDevice"]
