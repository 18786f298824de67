"""Identity pools: who gets which identity, which role, and who gets nothing. Refusals read the identities back."""

import pytest
from cases import each
from operations.identity_stage import Pool, make
from operations.stage import EMAIL, PASSWORD, claims

from poolhouse.store import roles


@pytest.fixture
async def pool(services, invoke) -> Pool:
    return await make(services, invoke)


async def test_the_same_login_has_one_identity(pool):
    """Check 90: GetId twice with the same login, and with a newer token, gives the same identity."""
    first = await pool.get_id(await pool.logins())
    assert await pool.get_id(await pool.logins()) == first
    assert first.startswith("us-east-1:")
    assert await pool.get_id(await pool.logins("bob@example.com")) != first


async def test_credentials_have_aws_names(pool, clock):
    """C7: key id, SecretKey, session token and a numeric expiry one hour ahead."""
    logins = await pool.logins()
    identity = await pool.get_id(logins)
    answer = await pool.credentials(identity, logins)
    assert answer["IdentityId"] == identity
    made = answer["Credentials"]
    assert set(made) == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
    assert made["AccessKeyId"].startswith("ASIA")
    assert made["Expiration"] == clock() / 1_000_000 + 3600


async def test_both_names_of_a_provider_are_one(pool):
    """C8: the local issuer and AWS's name of the same pool lead to the same identity."""
    token = next(iter((await pool.logins()).values()))
    first = await pool.get_id({pool.key: token})
    assert await pool.get_id({f"cognito-idp.us-east-1.amazonaws.com/{pool.stage.pool}": token}) == first


async def test_the_identity_says_who_it_is(pool):
    """What GraphQL tells a handler about an identity is in the credentials."""
    logins = await pool.logins()
    grant = pool.opened(await pool.credentials(await pool.get_id(logins), logins))
    sub = claims(next(iter(logins.values())))["sub"]
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool.stage.pool}"
    assert grant.identity.auth_type == "authenticated"
    assert (grant.identity.pool_id, grant.identity.sub) == (pool.stage.pool, sub)
    assert grant.identity.provider == f'"{provider}","{provider}:CognitoSignIn:{sub}"'


async def test_a_guest_gets_a_new_identity_each_time(pool):
    """C7: guests are told apart and get the unauthenticated role."""
    first, second = await pool.get_id(), await pool.get_id({})
    assert first != second
    grant = pool.opened(await pool.credentials(first))
    assert grant.role_arn == await pool.role("unauthenticated")
    assert (grant.identity.auth_type, grant.identity.sub) == ("unauthenticated", None)


async def test_guests_can_be_disabled(pool):
    """C7: without guests both calls are refused and no identity is made."""
    guest = await pool.get_id()
    await pool.change(allow_unauthenticated=False)
    for call in (pool.get_id(), pool.credentials(guest)):
        error = await pool.refuse(call)
        assert error.code == "NotAuthorizedException"
        assert error.message == "Unauthenticated access is not supported for this identity pool."


async def test_a_guest_who_signs_in_keeps_his_identity(pool):
    """A login with a guest's id makes the identity the user's, who from then on must show the login."""
    guest = await pool.get_id()
    logins = await pool.logins()
    assert (await pool.credentials(guest, logins))["IdentityId"] == guest
    assert await pool.get_id(logins) == guest
    error = await pool.refuse(pool.credentials(guest))
    assert (error.code, error.message) == ("NotAuthorizedException", f"Access to Identity '{guest}' is forbidden.")


async def test_a_guest_id_of_somebody_who_has_an_identity(pool):
    """The user's own identity is answered, and the guest's stays a guest's."""
    logins = await pool.logins()
    own = await pool.get_id(logins)
    guest = await pool.get_id()
    assert (await pool.credentials(guest, logins))["IdentityId"] == own
    assert (await pool.credentials(guest))["IdentityId"] == guest


async def test_another_users_identity_is_refused(pool):
    """A login does not open an identity that belongs to somebody else."""
    identity = await pool.get_id(await pool.logins())
    error = await pool.refuse(pool.credentials(identity, await pool.logins("bob@example.com")))
    assert error.code == "NotAuthorizedException"
    assert error.message.startswith("Logins don't match.")


async def test_two_logins_are_refused_by_name(pool):
    """What is not served is said."""
    logins = await pool.logins() | {"accounts.google.com": "x" * 20}
    error = await pool.refuse(pool.get_id(logins))
    assert error.code == "InvalidParameterException"
    assert "one login" in error.message


@each(
    "key",
    [
        "accounts.google.com",
        "127.0.0.1:4500/us-east-1_Elsewhere",
        "evil.example/{pool}",
        "127.0.0.1:4500/{pool}/",
        "127.0.0.1:4501/{pool}",
    ],
)
async def test_foreign_providers_are_refused(pool, key):
    """Only this pool's issuer and its AWS name are providers."""
    token = next(iter((await pool.logins()).values()))
    error = await pool.refuse(pool.get_id({key.format(pool=pool.stage.pool): token}))
    assert error.code == "NotAuthorizedException"
    assert error.message == "Token is not from a supported provider of this identity pool."


async def test_an_access_token_is_no_login(pool):
    """Only an ID token is."""
    tokens = (await pool.stage.srp())["AuthenticationResult"]
    error = await pool.refuse(pool.get_id({pool.key: tokens["AccessToken"]}))
    assert error.message == "Invalid login token. Couldn't verify signed token."


@each("change", ["signature", "payload", "garbage", "none"])
async def test_forged_tokens_are_refused(pool, change):
    """A changed signature, changed claims, nonsense, and an unsigned token."""
    head, payload, signature = next(iter((await pool.logins()).values())).split(".")
    forged = {
        "signature": f"{head}.{payload}.{'A' * len(signature)}",
        "payload": f"{head}.{payload[:-4]}AAAA.{signature}",
        "garbage": "not.a.token",
        "none": f"eyJhbGciOiJub25lIn0.{payload}.",
    }[change]
    error = await pool.refuse(pool.get_id({pool.key: forged}))
    assert (error.code, error.message) == (
        "NotAuthorizedException",
        "Invalid login token. Couldn't verify signed token.",
    )


async def test_an_expired_token_is_refused(pool, clock):
    """An ID token has an end, to the second."""
    logins = await pool.logins()
    end = claims(next(iter(logins.values())))["exp"]
    clock.now = end * 1_000_000 - 1
    await pool.get_id(logins)
    clock.now = end * 1_000_000
    error = await pool.refuse(pool.get_id(logins))
    assert error.message == f"Invalid login token. Token expired: {end} >= {end}"


async def test_a_token_of_another_client_is_refused(pool):
    """The audience must be the client that the identity pool names."""
    await pool.stage.new_client()
    error = await pool.refuse(pool.get_id(await pool.logins()))
    assert error.message == "Invalid login token. Incorrect token audience."


async def test_a_token_of_another_pool_is_refused(pool, services, invoke):
    """A pool of the same server is still another pool, under its own key and under ours."""
    from operations.stage import EMAIL_POOL, build

    other = await build(services, invoke, **EMAIL_POOL)
    await other.person()
    token = (await other.tokens(EMAIL, PASSWORD))["IdToken"]
    for key in (pool.key, f"127.0.0.1:4500/{other.pool}"):
        assert (await pool.refuse(pool.get_id({key: token}))).code == "NotAuthorizedException"


@pytest.mark.parametrize("end", ["AdminUserGlobalSignOut", "AdminDisableUser", "AdminDeleteUser"])
async def test_who_is_signed_out_or_gone_is_refused(pool, clock, end):
    """Check 90: the token of a user who was signed out, disabled or deleted is worth nothing from then on."""
    logins = await pool.logins()
    identity = await pool.get_id(logins)
    clock.advance(seconds=1)
    await pool.stage.admin(end, Username=EMAIL)
    for call in (pool.get_id(logins), pool.credentials(identity, logins)):
        assert (await pool.refuse(call)).code == "NotAuthorizedException"


@pytest.mark.parametrize(
    ("groups", "expected"),
    [([], "authenticated"), (["ADMINS"], "ADMINS"), (["EDITORS"], "EDITORS"), (["EDITORS", "ADMINS"], "ADMINS")],
)
async def test_the_role_follows_the_strongest_group(pool, groups, expected):
    """C10: the preferred role is that of the group with the lowest precedence; without groups the authenticated one."""
    for group in groups:
        await pool.world.join(group)
    logins = await pool.logins()
    grant = pool.opened(await pool.credentials(await pool.get_id(logins), logins))
    group = await pool.world.group(expected)
    assert grant.role_arn == (group.role_arn if group else await pool.role("authenticated"))
    assert grant.session_name == "CognitoIdentityCredentials"
    assert grant.identity.groups == tuple(sorted(groups))


async def test_a_tie_of_roles_is_the_authenticated_role(pool):
    """Two strongest groups with different roles prefer none."""
    for name in ("ADMINS", "EDITORS"):
        await pool.world.join(name)
        await pool.stage.admin(
            "UpdateGroup", GroupName=name, Precedence=3, RoleArn=(await pool.world.group(name)).role_arn
        )
    logins = await pool.logins()
    grant = pool.opened(await pool.credentials(await pool.get_id(logins), logins))
    assert grant.role_arn == await pool.role("authenticated")


async def test_a_custom_role_must_be_the_callers(pool):
    """CustomRoleArn chooses among the token's roles and nothing else."""
    for group in ("ADMINS", "EDITORS"):
        await pool.world.join(group)
    editors = (await pool.world.group("EDITORS")).role_arn
    logins = await pool.logins()
    identity = await pool.get_id(logins)
    assert pool.opened(await pool.credentials(identity, logins, CustomRoleArn=editors)).role_arn == editors
    for foreign in (pool.world.applied.function_roles["promote"], await pool.role("unauthenticated")):
        error = await pool.refuse(pool.credentials(identity, logins, CustomRoleArn=foreign))
        assert error.code == "NotAuthorizedException"


async def test_a_guest_may_not_choose_a_role(pool):
    """A guest has no token that could name a role."""
    editors = (await pool.world.group("EDITORS")).role_arn
    error = await pool.refuse(pool.credentials(await pool.get_id(), CustomRoleArn=editors))
    assert error.code == "NotAuthorizedException"


async def test_a_role_that_trusts_somebody_else_is_refused(pool):
    """A group that names a function's role, or one that does not exist, gives its members no credentials."""
    await pool.world.join("ADMINS")
    for arn in (pool.world.applied.function_roles["promote"], "arn:aws:iam::000000000000:role/nobody-made-this"):
        await pool.stage.admin("UpdateGroup", GroupName="ADMINS", RoleArn=arn, Precedence=0)
        logins = await pool.logins()
        error = await pool.refuse(pool.credentials(await pool.get_id(logins), logins))
        assert error.code == "InvalidIdentityPoolConfigurationException"


async def test_a_guest_role_is_not_for_users(pool):
    """The trust policy tells guests and users apart."""
    await pool.change(authenticated_role=await pool.role("unauthenticated"))
    logins = await pool.logins()
    error = await pool.refuse(pool.credentials(await pool.get_id(logins), logins))
    assert error.code == "InvalidIdentityPoolConfigurationException"


async def test_a_role_that_is_gone_opens_nothing(pool):
    """A removed role is noticed when credentials are asked for."""
    async with pool.services.database.write() as tx:
        await roles.remove(tx, await pool.role("unauthenticated"))
    error = await pool.refuse(pool.credentials(await pool.get_id()))
    assert error.code == "InvalidIdentityPoolConfigurationException"


@each(
    "name, request_, code",
    [
        ("GetId", {"IdentityPoolId": "us-east-1:00000000-0000-0000-0000-000000000000"}, "ResourceNotFoundException"),
        (
            "GetCredentialsForIdentity",
            {"IdentityId": "us-east-1:00000000-0000-0000-0000-000000000000"},
            "ResourceNotFoundException",
        ),
        ("GetId", {"IdentityPoolId": "x"}, "InvalidParameterException"),
        ("GetId", {}, "InvalidParameterException"),
        ("GetCredentialsForIdentity", {"IdentityId": "nothing"}, "InvalidParameterException"),
    ],
)
async def test_what_does_not_exist(pool, name, request_, code):
    """Unknown and malformed ids are refused in AWS's classes."""
    assert (await pool.refuse(pool.call(name, request_))).code == code


async def test_concurrent_first_sign_ins_make_one_identity(pool):
    """Two tabs that ask at once get the same identity."""
    import asyncio

    logins = await pool.logins()
    found = await asyncio.gather(*(pool.get_id(logins) for _ in range(8)))
    assert len(set(found)) == 1
    assert len(await pool.identities()) == 1
