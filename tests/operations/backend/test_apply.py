"""A Manifest becomes resources: the same again changes nothing, and nothing that holds users is lost by accident."""

import asyncio

import pytest
from operations.backend.world import data, manifest, mutation, rule, without_auth
from operations.stage import EMAIL

from poolhouse.define.manifest import Attribute, Multifactor, Passkeys, Passwordless, Verification
from poolhouse.errors import ResourceNotFoundException
from poolhouse.operations.backend import apply

KEYED = data(mutation("promote", rule("public", "apiKey")), api_key_expires_in_days=7, default_mode="apiKey")


async def test_the_first_apply_makes_everything(world):
    """Every resource is made and told, and the pool is Amplify's (A1, A2, A3)."""
    made = await world.apply(manifest("ADMINS", "EDITORS", data=KEYED))
    assert [change.split()[0] for change in made] == ["create"] * len(made)
    assert {"create group ADMINS: precedence 0", "create group EDITORS: precedence 1"} <= set(made)
    assert world.withheld == []
    assert await world.groups() == {"ADMINS": 0, "EDITORS": 1}
    pool = (await world.invoke("DescribeUserPool", {"UserPoolId": world.applied.pool_id}))["UserPool"]
    assert pool["UsernameAttributes"] == ["email"]
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}


async def test_second_factors(world):
    """The pool asks for what the definition says, and for nothing again when the definition drops it."""
    wanted = Multifactor(mode="REQUIRED", totp=True, email=True)
    await world.apply(manifest(auth={"multifactor": wanted}))
    request = {"UserPoolId": world.applied.pool_id}
    assert await world.invoke("GetUserPoolMfaConfig", request) == {
        "MfaConfiguration": "ON",
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "EmailMfaConfiguration": {},
    }
    assert await world.apply(manifest(auth={"multifactor": wanted})) == []
    assert await world.apply(manifest()) != []
    assert await world.invoke("GetUserPoolMfaConfig", request) == {"MfaConfiguration": "OFF"}


async def test_the_same_again_changes_nothing(world, clock):
    """A second apply makes no change: same ids, same rows, same revisions of the roles."""
    wanted = manifest("ADMINS", data=KEYED)
    await world.apply(wanted)
    applied, rows = world.applied, await world.rows()
    clock.advance(hours=1)
    assert await world.apply(wanted) == []
    assert (world.applied, await world.rows()) == (applied, rows)


async def test_starting_together_makes_one_backend(world, services):
    """Processes that start at the same moment agree on one pool, one client and one key."""
    wanted = manifest("ADMINS", data=KEYED)
    results = await asyncio.gather(*(apply(services, wanted) for _ in range(3)))
    assert len({(applied.pool_id, applied.client_id, applied.api_key) for applied, _, _ in results}) == 1
    pools = await world.invoke("ListUserPools", {"MaxResults": 60})
    assert len(pools["UserPools"]) == 1
    assert sum(bool(made) for _, made, _ in results) == 1


async def test_a_rename_keeps_everything(world):
    """The auth definition's name is only a name: pool, client, users and identity pool stay."""
    await world.apply(manifest("ADMINS"))
    before = world.applied
    await world.stage(EMAIL)
    made = await world.apply(manifest("ADMINS", auth={"name": "people"}))
    assert "rename pool people: was amplifyAuth" in made
    assert (world.applied.pool_id, world.applied.client_id) == (before.pool_id, before.client_id)
    assert world.applied.identity_pool_id == before.identity_pool_id
    assert await world.user() is not None
    assert await world.apply(manifest("ADMINS", auth={"name": "people"})) == []


async def test_a_renamed_api_keeps_its_key(world):
    """The data definition's name is only a name as well."""
    await world.apply(manifest(data=KEYED))
    before = world.applied
    made = await world.apply(manifest(data=data(*KEYED.operations, name="other", api_key_expires_in_days=7)))
    assert "rename api other: was amplifyData" in made
    assert (world.applied.api_id, world.applied.api_key) == (before.api_id, before.api_key)


async def test_an_order_of_groups_changes_precedences(world):
    """Groups have the precedence of their place, and a change of places is told."""
    await world.apply(manifest("A", "B", "C"))
    made = await world.apply(manifest("C", "A", "B"))
    assert "change group C: precedence 2 -> 0" in made
    assert await world.groups() == {"C": 0, "A": 1, "B": 2}


async def test_an_empty_group_is_removed_and_told(world):
    """A group without members goes at once, with its role."""
    await world.apply(manifest("ADMINS", "OLD"))
    arn = (await world.group("OLD")).role_arn
    assert await world.apply(manifest("ADMINS")) == ["remove group OLD"]
    assert await world.groups() == {"ADMINS": 0}
    assert await world.role(arn) is None


async def test_a_group_with_members_is_kept(world):
    """Its members stay, its rights go, and it is told again every time until it may be dropped."""
    fields = data(mutation("promote", rule("groups", "userPools", "OLD", "ADMINS")))
    await world.apply(manifest("ADMINS", "OLD", data=fields))
    await world.stage(EMAIL)
    await world.join("OLD")
    arn = (await world.group("OLD")).role_arn
    assert await world.statements(arn)
    for _ in range(2):
        assert await world.apply(manifest("ADMINS", data=fields)) == []
        assert world.withheld == ["remove group OLD: it has members"]
        assert await world.groups() == {"ADMINS": 0, "OLD": 1}
        assert await world.statements(arn) == []
    made = await world.apply(manifest("ADMINS", data=fields), allow_destructive=True)
    assert made == ["remove group OLD: it has members"]
    assert await world.groups() == {"ADMINS": 0}
    assert await world.user() is not None


async def test_a_pool_with_users_is_not_dropped(world):
    """Definitions without auth leave a pool with users alone unless that is allowed."""
    await world.apply(manifest("ADMINS"))
    await world.stage(EMAIL)
    pool_id = world.applied.pool_id
    assert await world.apply(without_auth()) == []
    assert world.withheld == ["remove pool amplifyAuth: it has 1 users"]
    assert await world.user() is not None
    assert await world.apply(without_auth(), allow_destructive=True) == ["remove pool amplifyAuth: it has 1 users"]
    with pytest.raises(ResourceNotFoundException):
        await world.invoke("DescribeUserPool", {"UserPoolId": pool_id})
    assert await identity_pools(world) == []


async def identity_pools(world):
    """The ids of all there are."""
    found = await world.invoke("ListIdentityPools", {"MaxResults": 60}, service="cognito-identity")
    return [pool["IdentityPoolId"] for pool in found["IdentityPools"]]


async def test_auth_comes_back_to_a_kept_pool(world):
    """A pool that was kept is the same one when the definition returns."""
    await world.apply(manifest("ADMINS"))
    await world.stage(EMAIL)
    before = world.applied.pool_id
    await world.apply(without_auth())
    await world.apply(manifest("ADMINS"))
    assert world.applied.pool_id == before
    assert await world.groups() == {"ADMINS": 0}


REQUIRED = Attribute(name="given_name", data_type="String", required=True, mutable=True)


async def test_what_is_fixed_is_not_changed_under_users(world):
    """A pool with users keeps the way they sign in; everything else of the new definitions is applied."""
    await world.apply(manifest("ADMINS"))
    await world.stage(EMAIL)
    before = world.applied.pool_id
    wanted = manifest("ADMINS", "NEW", auth={"attributes": (REQUIRED,)})
    assert await world.apply(wanted) == ["create group NEW: precedence 1"]
    assert world.withheld == ["replace pool amplifyAuth: the attribute given_name cannot be changed in a pool"]
    assert world.applied.pool_id == before
    assert await world.user() is not None


async def test_an_empty_pool_is_replaced(world):
    """Without users nothing is lost: the new pool has client, groups, identity pool and keys of its own."""
    await world.apply(manifest("ADMINS"))
    before = world.applied
    made = await world.apply(manifest("ADMINS", auth={"attributes": (REQUIRED,)}))
    assert made[0].startswith("replace pool amplifyAuth")
    assert world.applied.pool_id != before.pool_id
    assert await world.groups() == {"ADMINS": 0}
    pools = await world.invoke("ListUserPools", {"MaxResults": 60})
    assert [pool["Id"] for pool in pools["UserPools"]] == [world.applied.pool_id]
    assert await identity_pools(world) == [world.applied.identity_pool_id] != [before.identity_pool_id]
    assert await world.apply(manifest("ADMINS", auth={"attributes": (REQUIRED,)})) == []


async def test_a_replaced_pool_signs_in_and_keeps_its_groups_role(world):
    """After a forced replacement sign-in works, and the roles trust and allow the new pool."""
    await world.apply(manifest("ADMINS"))
    await world.stage(EMAIL)
    await world.apply(manifest("ADMINS", auth={"attributes": (REQUIRED,)}), allow_destructive=True)
    assert await world.user() is None
    role = await world.role((await world.group("ADMINS")).role_arn)
    assert world.applied.identity_pool_id in role.trust


async def test_a_custom_attribute_is_added(world):
    """A new custom attribute is a change, not a replacement, and the client may use it."""
    await world.apply(manifest("ADMINS"))
    await world.stage(EMAIL)
    before = world.applied.pool_id
    custom = Attribute(name="custom:team", data_type="String", required=False, mutable=True)
    made = await world.apply(manifest("ADMINS", auth={"attributes": (custom,)}))
    assert made == ["change pool amplifyAuth: Schema", "change client amplifyAuth"]
    assert world.applied.pool_id == before


async def test_the_api_key_has_its_days(world, clock):
    """A key is made once, lives as many days as it was given, and goes with its definition."""
    await world.apply(manifest(data=KEYED))
    key = world.applied.api_key
    assert key.value.startswith("da2-")
    assert key.expires == clock() + 7 * 86_400_000_000
    clock.advance(days=1)
    await world.apply(manifest(data=KEYED))
    assert world.applied.api_key == key
    assert "remove api key amplifyData" in await world.apply(manifest(data=data(*KEYED.operations)))
    assert world.applied.api_key is None


async def test_attributes_and_tags_from_elsewhere_stay(world, invoke):
    """A change of the definitions keeps what the API has added to the pool since."""
    await world.apply(manifest("ADMINS"))
    pool = world.applied.pool_id
    await invoke(
        "AddCustomAttributes",
        {"UserPoolId": pool, "CustomAttributes": [{"Name": "team", "AttributeDataType": "String"}]},
    )
    described = (await invoke("DescribeUserPool", {"UserPoolId": pool}))["UserPool"]
    await invoke("TagResource", {"ResourceArn": described["Arn"], "Tags": {"owner": "ada"}})
    assert await world.apply(manifest("ADMINS", auth={"verification": Verification(subject="Hello")})) != []
    after = (await invoke("DescribeUserPool", {"UserPoolId": pool}))["UserPool"]
    assert after["VerificationMessageTemplate"]["EmailSubject"] == "Hello"
    assert "custom:team" in [attribute["Name"] for attribute in after["SchemaAttributes"]]
    assert after["UserPoolTags"]["owner"] == "ada"


async def test_passwordless_ways(world):
    """The pool's first factors, its relying party and the client's flow, and nothing of it when they are dropped."""
    wanted = Passwordless(email_otp=True, passkeys=Passkeys(relying_party="example.com", user_verification="required"))
    await world.apply(manifest(auth={"passwordless": wanted}))
    ids = {"UserPoolId": world.applied.pool_id}
    pool = (await world.invoke("DescribeUserPool", ids))["UserPool"]
    client = (await world.invoke("DescribeUserPoolClient", {**ids, "ClientId": world.applied.client_id}))[
        "UserPoolClient"
    ]
    assert pool["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"] == ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]
    assert client["ExplicitAuthFlows"][-1] == "ALLOW_USER_AUTH"
    assert (await world.invoke("GetUserPoolMfaConfig", ids))["WebAuthnConfiguration"] == {
        "RelyingPartyId": "example.com",
        "UserVerification": "required",
    }
    assert await world.apply(manifest(auth={"passwordless": wanted})) == []
    await world.apply(manifest())
    assert "WebAuthnConfiguration" not in await world.invoke("GetUserPoolMfaConfig", ids)


async def test_triggers(world):
    """The pool names the functions, and forgets them when the definitions do; being called gives them no right."""
    await world.apply(manifest())
    before = world.applied.pool_id
    made = await world.apply(manifest(auth={"triggers": {"pre_token_generation": "promote"}}))
    assert made == ["change pool amplifyAuth: LambdaConfig"]
    ids = {"UserPoolId": world.applied.pool_id}
    shown = (await world.invoke("DescribeUserPool", ids))["UserPool"]["LambdaConfig"]
    arn = "arn:aws:lambda:us-east-1:000000000000:function:promote"
    assert shown["PreTokenGenerationConfig"] == {"LambdaArn": arn, "LambdaVersion": "V1_0"}
    assert await world.statements(world.applied.function_roles["promote"]) == []
    await world.apply(manifest())
    assert (await world.invoke("DescribeUserPool", ids))["UserPool"]["LambdaConfig"] == {}
    assert world.applied.pool_id == before
