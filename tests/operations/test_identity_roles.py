"""SetIdentityPoolRoles: mappings by token and by rules, and who may set them."""

import pytest
from cases import each
from operations.identity_stage import Pool, make
from operations.stage import EMAIL
from operations.test_identity_pools import arn_of, function

from poolhouse.access.documents import identity_trust
from poolhouse.store import roles
from poolhouse.store.roles import Role

FREE = "arn:aws:iam::000000000000:role/free"


@pytest.fixture
async def pool(services, invoke) -> Pool:
    pool = await make(services, invoke, EMAIL)
    await add_role(pool, FREE)
    return pool


async def add_role(pool, arn) -> None:
    """A role that trusts the signed-in users of the identity pool."""
    import json

    trust = json.dumps(identity_trust(pool.id, "authenticated"))
    async with pool.services.database.write() as tx:
        await roles.put(tx, Role(arn, arn.rpartition("/")[2], "test", trust, "[]", 1))


def key(pool) -> str:
    return f"{pool.key}:{pool.stage.client}"


async def given(pool, mapping) -> None:
    chosen = {"authenticated": await pool.role("authenticated")}
    await pool.admin("SetIdentityPoolRoles", IdentityPoolId=pool.id, Roles=chosen, RoleMappings={key(pool): mapping})


async def chosen(pool) -> str:
    """The role that the user's credentials are of."""
    logins = await pool.logins()
    return pool.opened(await pool.credentials(await pool.get_id(logins), logins)).role_arn


def rules(*each, ambiguous="Deny"):
    made = [{"Claim": claim, "MatchType": match, "Value": value, "RoleARN": FREE} for claim, match, value in each]
    return {"Type": "Rules", "AmbiguousRoleResolution": ambiguous, "RulesConfiguration": {"Rules": made}}


@pytest.mark.parametrize(
    "rule",
    [
        ("email", "Equals", EMAIL),
        ("email", "StartsWith", "ada@"),
        ("email", "Contains", "@example."),
        ("email", "NotEqual", "bob@example.com"),
        ("cognito:groups", "Contains", "ADMINS"),
    ],
)
async def test_a_rule_gives_its_role(pool, rule):
    """The four ways to compare, and the groups; the mapping is shown as it was set."""
    await pool.world.join("ADMINS")
    wanted = rules(("email", "Equals", "nobody"), rule)
    await given(pool, wanted)
    assert await chosen(pool) == FREE
    assert (await pool.admin("GetIdentityPoolRoles"))["RoleMappings"] == {key(pool): wanted}


async def test_no_rule_matches(pool):
    """The authenticated role, or nothing, as the mapping says."""
    miss = ("email", "Equals", "nobody")
    await given(pool, rules(miss, ambiguous="AuthenticatedRole"))
    assert await chosen(pool) == await pool.role("authenticated")
    await given(pool, rules(miss))
    logins = await pool.logins()
    error = await pool.refuse(pool.credentials(await pool.get_id(logins), logins))
    assert error.code == "NotAuthorizedException"


async def test_by_token_with_deny(pool):
    """A user without a group has no role in his token."""
    await given(pool, {"Type": "Token", "AmbiguousRoleResolution": "Deny"})
    logins = await pool.logins()
    error = await pool.refuse(pool.credentials(await pool.get_id(logins), logins))
    assert error.message == "The role for this identity cannot be determined."
    await pool.world.join("ADMINS")
    assert await chosen(pool) == (await pool.world.group("ADMINS")).role_arn


async def test_without_a_mapping_groups_do_not_matter(pool):
    """Everybody who signs in gets the authenticated role."""
    await pool.world.join("ADMINS")
    wanted = await pool.role("authenticated")
    await pool.admin("SetIdentityPoolRoles", Roles={"authenticated": wanted})
    assert await chosen(pool) == wanted
    assert (await pool.admin("GetIdentityPoolRoles"))["RoleMappings"] == {}


async def test_without_roles_there_are_no_credentials(pool):
    """An empty choice takes the roles away."""
    await pool.admin("SetIdentityPoolRoles", Roles={})
    logins = await pool.logins()
    for identity, login in ((await pool.get_id(logins), logins), (await pool.get_id(), None)):
        error = await pool.refuse(pool.credentials(identity, login))
        assert error.code == "InvalidIdentityPoolConfigurationException"


def _rules(count):
    return rules(*[("email", "Equals", str(n)) for n in range(count)])


@each(
    "mapping, accepted",
    [
        (_rules(25), True),
        (_rules(26), False),
        ({"Type": "Token"}, False),
        ({"Type": "Rules", "AmbiguousRoleResolution": "Deny"}, False),
        ({**_rules(1), "Type": "Token"}, False),
        ({**_rules(1), "Type": "Else"}, False),
        (
            {
                "Type": "Rules",
                "AmbiguousRoleResolution": "Deny",
                "RulesConfiguration": {
                    "Rules": [
                        {"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": "arn:aws:iam::1:user/x-x-x"}
                    ]
                },
            },
            False,
        ),
    ],
)
async def test_what_a_mapping_may_be(pool, mapping, accepted):
    """Twenty-five rules at most, with rules exactly where the type wants them, and roles only."""
    if accepted:
        await given(pool, mapping)
        return
    call = pool.admin("SetIdentityPoolRoles", IdentityPoolId=pool.id, Roles={}, RoleMappings={key(pool): mapping})
    assert (await pool.refuse(call)).code == "InvalidParameterException"


async def test_a_mapping_is_of_a_provider_of_the_pool(pool):
    """Another client, another provider, and one provider under both of its names."""
    by_token = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    aws = f"cognito-idp.us-east-1.amazonaws.com/{pool.stage.pool}:{pool.stage.client}"
    for keys in ([f"{pool.key}:other"], ["accounts.google.com:1"], [key(pool), aws]):
        call = pool.admin("SetIdentityPoolRoles", Roles={}, RoleMappings=dict.fromkeys(keys, by_token))
        assert (await pool.refuse(call)).code == "InvalidParameterException"


async def test_setting_a_role_needs_the_right_to_pass_it(pool):
    """Who may configure the pool cannot thereby hand out roles that he may not give away."""
    may = {"Action": "cognito-identity:SetIdentityPoolRoles", "Resource": arn_of(pool.id)}
    passes = {"Action": "iam:PassRole", "Resource": FREE}
    wanted = {"authenticated": FREE}
    error = await pool.refuse(pool.admin("SetIdentityPoolRoles", principal=function(may), Roles=wanted))
    assert error.code == "NotAuthorizedException"
    assert "iam:PassRole" in error.message
    hidden = {"Roles": {}, "RoleMappings": {key(pool): rules(("email", "Equals", "x"))}}
    assert (await pool.refuse(pool.admin("SetIdentityPoolRoles", principal=function(may), **hidden))).code == error.code
    await pool.admin("SetIdentityPoolRoles", principal=function(may, passes), Roles=wanted)
    assert (await pool.admin("GetIdentityPoolRoles"))["Roles"] == wanted
