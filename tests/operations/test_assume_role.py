"""AssumeRole and AssumeRoleWithWebIdentity: whom a role trusts, what a session may do, and for how long."""

import json
from datetime import UTC, datetime

import httpx
import pytest
from operations.identity_stage import Pool, make
from operations.stage import EMAIL
from operations.test_identity_pools import function
from starlette.routing import Router

from poolhouse.access import credentials
from poolhouse.access.authorization import authorize
from poolhouse.access.policies import parse
from poolhouse.access.principals import Anonymous, RoleSession
from poolhouse.crypto.tokens import SigningKey, claims_unverified
from poolhouse.errors import AccessDeniedException
from poolhouse.operations.principals import policy_set
from poolhouse.protocols.documents import discovery_routes
from poolhouse.store import roles
from poolhouse.store.roles import Role

ACCOUNT = "000000000000"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
CALLER = f"arn:aws:iam::{ACCOUNT}:role/app-tool"
MAY = {"Action": "sts:AssumeRole", "Resource": TARGET}
READ = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "cognito-idp:List*", "Resource": "*"}}


@pytest.fixture
async def pool(services, invoke) -> Pool:
    pool = await make(services, invoke)
    await pool.change(allow_classic=True)
    return pool


async def role(pool, principal, condition=None, *, effect="Allow", action="sts:AssumeRole", more=()) -> None:
    """The target role, which trusts the principal."""
    statement = {"Effect": effect, "Principal": principal, "Action": action}
    statement |= {"Condition": condition} if condition else {}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement, *more]})
    async with pool.services.database.write() as tx:
        await roles.put(tx, Role(TARGET, "target", "test", trust, json.dumps([READ]), 1))


async def assume(pool, **more):
    principal = more.pop("principal", function(MAY))
    return await pool.sts("AssumeRole", principal=principal, **{"RoleArn": TARGET, "RoleSessionName": "work", **more})


def opened(pool, answer) -> credentials.Session:
    token = answer["Credentials"]["SessionToken"]
    return credentials.open_session(pool.services.vault, token, pool.services.clock())


def session_of(pool, answer) -> RoleSession:
    """The caller that the credentials make, with the target role's policies."""
    grant = opened(pool, answer).grant
    narrowed = parse(grant.session_policy) if grant.session_policy else None
    policies = policy_set(json.dumps([READ]))
    return RoleSession(TARGET, "target", grant.session_name, ACCOUNT, "us-east-1", policies, narrowed, grant.identity)


@pytest.mark.parametrize(
    "trusted",
    [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", CALLER, f"arn:aws:sts::{ACCOUNT}:assumed-role/app-tool/tool", "*"],
)
async def test_whom_a_role_can_trust(pool, clock, trusted):
    """The account, the caller's role or the caller's session; the answer has AWS's shape."""
    await role(pool, {"AWS": trusted})
    answer = await assume(pool)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/target/work"
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":work")
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert answer["Credentials"]["Expiration"] == datetime.fromtimestamp(clock() // 1_000_000 + 3600, UTC)
    assert opened(pool, answer).grant == credentials.SessionGrant(TARGET, "work")


async def test_root_is_the_account(pool):
    """The operator's key assumes the roles that trust its account."""
    from operations.stage import ROOT

    await role(pool, {"AWS": ACCOUNT})
    assert await assume(pool, principal=ROOT)
    await role(pool, {"AWS": CALLER})
    assert (await pool.refuse(assume(pool, principal=ROOT))).code == "AccessDeniedException"


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        ({"AWS": "111111111111"}, None),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/app-other"}, None),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app-tool/other"}, None),
        ({"Service": "lambda.amazonaws.com"}, None),
        ({"Federated": "cognito-identity.amazonaws.com"}, None),
        ({"AWS": ACCOUNT}, {"StringEquals": {"sts:ExternalId": "other"}}),
        ({"AWS": ACCOUNT}, {"StringEquals": {"sts:RoleSessionName": "other"}}),
        ({"AWS": ACCOUNT}, {"Bool": {"aws:SecureTransport": "true"}}),
    ],
)
async def test_who_is_not_trusted(pool, principal, condition):
    """Other principals and conditions that do not hold, in AWS's words."""
    await role(pool, principal, condition)
    error = await pool.refuse(assume(pool, ExternalId="mine"))
    assert error.code == "AccessDeniedException"
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/app-tool/tool"
    assert error.message == f"User: {arn} is not authorized to perform: sts:AssumeRole on resource: {TARGET}"


async def test_conditions_that_hold(pool):
    """The external id and the session's name are what the request says."""
    wanted = {"StringEquals": {"sts:ExternalId": "mine", "sts:RoleSessionName": "work", "aws:PrincipalArn": CALLER}}
    await role(pool, {"AWS": ACCOUNT}, wanted)
    assert await assume(pool, ExternalId="mine")


async def test_a_deny_wins(pool):
    """Whoever else is trusted."""
    denied = {"Effect": "Deny", "Principal": {"AWS": CALLER}, "Action": "sts:*"}
    await role(pool, {"AWS": ACCOUNT}, more=[denied])
    assert (await pool.refuse(assume(pool))).code == "AccessDeniedException"


async def test_the_caller_needs_the_right_too(pool):
    """A trusting role is not enough for a caller whose policies do not name it; a role that is not there is the same."""
    await role(pool, {"AWS": ACCOUNT})
    for policies in ((), ({"Action": "sts:AssumeRole", "Resource": f"{TARGET}-2"},)):
        error = await pool.refuse(assume(pool, principal=function(*policies)))
        assert error.code == "AccessDeniedException"
    assert (await pool.refuse(assume(pool, principal=Anonymous()))).code == "MissingAuthenticationTokenException"
    free = function({"Action": "sts:AssumeRole", "Resource": "*"})
    error = await pool.refuse(assume(pool, principal=free, RoleArn=f"{TARGET}-3"))
    assert error.code == "AccessDeniedException"


async def test_a_session_policy_narrows_and_never_widens(pool):
    """The session may do what both the role and the policy allow."""
    await role(pool, {"AWS": ACCOUNT})
    wide = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "cognito-idp:*Users", "Resource": "*"}}
    wide["Statement"]["Action"] = ["cognito-idp:ListUsers", "cognito-idp:AdminDeleteUser"]
    answer = await assume(pool, Policy=json.dumps(wide))
    session = session_of(pool, answer)
    assert answer["PackedPolicySize"] > 0
    authorize(session, "cognito-idp:ListUsers", "*", now=pool.services.clock())
    for action in ("cognito-idp:ListGroups", "cognito-idp:AdminDeleteUser"):
        with pytest.raises(AccessDeniedException):
            authorize(session, action, "*", now=pool.services.clock())


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"DurationSeconds": 899}, "InvalidParameterException"),
        ({"DurationSeconds": 3601}, "InvalidParameterException"),
        ({"DurationSeconds": 43201}, "InvalidParameterException"),
        ({"Policy": "{}"}, "MalformedPolicyDocumentException"),
        ({"Policy": "no"}, "MalformedPolicyDocumentException"),
        ({"Policy": json.dumps(READ) + " " * 2048}, "PackedPolicyTooLargeException"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}]}, "InvalidParameterException"),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, "InvalidParameterException"),
        ({"SourceIdentity": "ada"}, "InvalidParameterException"),
        ({"RoleSessionName": "a b"}, "InvalidParameterException"),
    ],
)
async def test_limits_and_what_is_not_served(pool, more, code):
    """Each limit at its edge; what would have no effect is refused by name."""
    await role(pool, {"AWS": ACCOUNT})
    assert (await pool.refuse(assume(pool, **more))).code == code


@pytest.mark.parametrize("seconds", [900, 3600])
async def test_a_session_ends_when_it_was_asked_to(pool, clock, seconds):
    """To the second."""
    await role(pool, {"AWS": ACCOUNT})
    answer = await assume(pool, DurationSeconds=seconds)
    clock.advance(seconds=seconds - 1)
    assert opened(pool, answer)
    clock.advance(seconds=1)
    from poolhouse.errors import ExpiredTokenException

    with pytest.raises(ExpiredTokenException):
        opened(pool, answer)


# --- the classic flow ----------------------------------------------------------------------------------------


async def token_of(pool, email=EMAIL) -> str:
    logins = await pool.logins(email) if email else None
    identity = await pool.get_id(logins)
    request = {"IdentityId": identity} | ({"Logins": logins} if logins else {})
    return (await pool.call("GetOpenIdToken", request))["Token"]


async def exchange(pool, token, **more):
    request = {"RoleArn": await pool.role("authenticated"), "RoleSessionName": "app", "WebIdentityToken": token, **more}
    return await pool.sts("AssumeRoleWithWebIdentity", principal=Anonymous(), **request)


async def test_the_token_says_who_it_is(pool, clock):
    """Issuer, audience, subject, ten minutes, and what trust policies ask for."""
    said = claims_unverified(await token_of(pool))
    name = f"cognito-idp.us-east-1.amazonaws.com/{pool.stage.pool}"
    sub = (await pool.stage.user())["attributes"]["sub"]
    assert said["aud"] == pool.id
    assert said["iss"] == "http://127.0.0.1:4500/cognito-identity"
    assert said["amr"] == ["authenticated", name, f"{name}:CognitoSignIn:{sub}"]
    assert said["exp"] - said["iat"] == 600
    assert said["sub"] == await pool.get_id(await pool.logins())


async def test_the_issuer_can_be_discovered(pool):
    """The key that verifies the token is where its issuer says."""
    token = await token_of(pool)
    transport = httpx.ASGITransport(app=Router(discovery_routes(pool.services)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4500") as app:
        found = (await app.get("/cognito-identity/.well-known/openid-configuration")).json()
        keys = (await app.get(found["jwks_uri"])).json()["keys"]
    assert found["issuer"] == claims_unverified(token)["iss"]
    assert [key["kty"] for key in keys] == ["RSA"]


async def test_a_token_becomes_credentials(pool):
    """The basic flow: GetId, GetOpenIdToken, AssumeRoleWithWebIdentity; the session is the identity's."""
    await pool.world.join("ADMINS")
    token = await token_of(pool)
    answer = await exchange(pool, token)
    grant = opened(pool, answer).grant
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == (claims_unverified(token)["sub"], pool.id)
    assert answer["Provider"] == "cognito-identity.amazonaws.com"
    assert grant.identity.groups == ("ADMINS",)
    assert grant.identity.auth_type == "authenticated"
    assert opened(pool, await exchange(pool, token, RoleArn=(await pool.world.group("ADMINS")).role_arn))


async def test_a_guests_token(pool):
    """Opens the guests' role, and not the users'."""
    token = await token_of(pool, None)
    grant = opened(pool, await exchange(pool, token, RoleArn=await pool.role("unauthenticated"))).grant
    assert grant.identity.auth_type == "unauthenticated"
    error = await pool.refuse(exchange(pool, token))
    assert (error.code, error.message) == (
        "AccessDeniedException",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    )


async def test_only_pools_with_the_classic_flow_make_tokens(pool):
    """As AWS says it."""
    guest = await pool.get_id()
    await pool.change(allow_classic=None)
    error = await pool.refuse(pool.call("GetOpenIdToken", {"IdentityId": guest}))
    assert error.code == "InvalidParameterException"
    assert error.message == "Basic (classic) flow is not enabled, please use enhanced flow."


async def test_a_token_needs_the_identitys_login(pool):
    """Nobody else's, and not none."""
    own = await pool.get_id(await pool.logins())
    for logins in ({}, {"Logins": await pool.logins("bob@example.com")}):
        error = await pool.refuse(pool.call("GetOpenIdToken", {"IdentityId": own, **logins}))
        assert error.code == "NotAuthorizedException"


@pytest.mark.parametrize("kind", ["garbage", "signature", "id token", "foreign key", "none"])
async def test_tokens_of_somebody_else(pool, kind):
    """A changed or unsigned token, an ID token of the user pool, and one that is signed with another key."""
    token = await token_of(pool)
    head, payload, signature = token.split(".")
    forged = {
        "garbage": "not.a.token",
        "signature": f"{head}.{payload}.{'A' * len(signature)}",
        "id token": (await pool.logins()).popitem()[1],
        "foreign key": SigningKey.generate().sign(claims_unverified(token)),
        "none": f"eyJhbGciOiJub25lIn0.{payload}.",
    }[kind]
    assert (await pool.refuse(exchange(pool, forged))).code == "InvalidIdentityTokenException"


async def test_an_expired_token(pool, clock):
    """Ten minutes, to the second."""
    token = await token_of(pool)
    clock.now = claims_unverified(token)["exp"] * 1_000_000 - 1
    assert await exchange(pool, token)
    clock.now += 1
    assert (await pool.refuse(exchange(pool, token))).code == "ExpiredTokenException"


@pytest.mark.parametrize("end", ["AdminUserGlobalSignOut", "AdminDisableUser", "AdminDeleteUser"])
async def test_a_user_who_may_not_any_more(pool, clock, end):
    """The token of somebody who was signed out, disabled or deleted since."""
    token = await token_of(pool)
    clock.advance(seconds=1)
    await pool.stage.admin(end, Username=EMAIL)
    assert (await pool.refuse(exchange(pool, token))).code == "IDPRejectedClaimException"


async def test_an_identity_that_is_gone_or_somebody_elses_now(pool):
    """A guest's token is worth nothing once the identity is a user's."""
    guest = await token_of(pool, None)
    unauthenticated = await pool.role("unauthenticated")
    await pool.credentials(claims_unverified(guest)["sub"], await pool.logins())
    for _ in range(2):
        error = await pool.refuse(exchange(pool, guest, RoleArn=unauthenticated))
        assert error.code == "IDPRejectedClaimException"
        await pool.admin("DeleteIdentities", IdentityIdsToDelete=[claims_unverified(guest)["sub"]])


async def test_guests_that_are_not_welcome_any_more(pool):
    """The identity pool is asked again."""
    guest = await token_of(pool, None)
    await pool.change(allow_unauthenticated=False)
    error = await pool.refuse(exchange(pool, guest, RoleArn=await pool.role("unauthenticated")))
    assert error.code == "IDPRejectedClaimException"


async def test_roles_that_do_not_trust_the_identity(pool):
    """Another audience, another kind of principal, another identity, and a role that is not there."""
    token = await token_of(pool)
    federated = {"Federated": "cognito-identity.amazonaws.com"}
    web = "sts:AssumeRoleWithWebIdentity"
    for principal, condition in (
        (federated, {"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:other"}}),
        (federated, {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}),
        (federated, {"StringEquals": {"cognito-identity.amazonaws.com:sub": "us-east-1:other"}}),
        ({"AWS": ACCOUNT}, None),
    ):
        await role(pool, principal, condition, action=web)
        assert (await pool.refuse(exchange(pool, token, RoleArn=TARGET))).code == "AccessDeniedException"
    assert (await pool.refuse(exchange(pool, token, RoleArn=f"{TARGET}-2"))).code == "AccessDeniedException"
    await role(pool, federated, {"StringEquals": {"cognito-identity.amazonaws.com:aud": pool.id}}, action=web)
    assert await exchange(pool, token, RoleArn=TARGET, Policy=json.dumps(READ), DurationSeconds=900)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Policy": "{}"}, "MalformedPolicyDocumentException"),
        ({"DurationSeconds": 3601}, "InvalidParameterException"),
        ({"ProviderId": "www.amazon.com"}, "InvalidParameterException"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}]}, "InvalidParameterException"),
    ],
)
async def test_limits_of_the_classic_flow(pool, more, code):
    """The same as those of AssumeRole."""
    assert (await pool.refuse(exchange(pool, await token_of(pool), **more))).code == code
