"""Hosted sign-in and user names in the definitions: what the app client, the domain and the pool become."""

import pytest
from operations.backend.world import manifest
from operations.stage import EMAIL, PASSWORD, refused

from poolhouse.define.manifest import HostedSignIn
from poolhouse.errors import DefinitionError

HOSTED = HostedSignIn(callback_urls=("https://app.example.com/",), logout_urls=("https://app.example.com/bye",))


async def client(world):
    request = {"UserPoolId": world.applied.pool_id, "ClientId": world.applied.client_id}
    return (await world.invoke("DescribeUserPoolClient", request))["UserPoolClient"]


async def domain(world) -> str | None:
    pool = (await world.invoke("DescribeUserPool", {"UserPoolId": world.applied.pool_id}))["UserPool"]
    return pool.get("Domain")


async def test_the_client_may_use_the_pages(world):
    """The code flow with the URLs and scopes of the definitions; the pool has a domain; again, nothing changes."""
    made = await world.apply(manifest(auth={"hosted": HOSTED}))
    told = await client(world)
    assert told["AllowedOAuthFlowsUserPoolClient"] is True
    assert list(told["AllowedOAuthFlows"]) == ["code"]
    assert list(told["CallbackURLs"]) == ["https://app.example.com/"]
    assert list(told["LogoutURLs"]) == ["https://app.example.com/bye"]
    assert list(told["SupportedIdentityProviders"]) == ["COGNITO"]
    assert "openid" in told["AllowedOAuthScopes"]
    prefix = await domain(world)
    assert len(prefix) == 20
    assert f"create domain {prefix}" in made
    assert await world.apply(manifest(auth={"hosted": HOSTED})) == []


async def test_the_pages_come_and_go(world):
    """Turned on, renamed and turned off again, with the same pool and client."""
    await world.apply(manifest())
    before = (world.applied.pool_id, world.applied.client_id)
    assert await domain(world) is None
    named = HostedSignIn(callback_urls=HOSTED.callback_urls, logout_urls=HOSTED.logout_urls, domain_prefix="studio")
    for wanted in (HOSTED, named):
        await world.apply(manifest(auth={"hosted": wanted}))
    assert await domain(world) == "studio"
    assert (await world.apply(manifest()))[-1] == "remove domain studio"
    assert await domain(world) is None
    assert "CallbackURLs" not in await client(world)
    assert (world.applied.pool_id, world.applied.client_id) == before


async def test_a_prefix_of_another_pool(world):
    """Nothing of the definitions is applied, and it is said what to do."""
    await world.apply(manifest())
    made = await world.invoke("CreateUserPool", {"PoolName": "other"})
    await world.invoke("CreateUserPoolDomain", {"UserPoolId": made["UserPool"]["Id"], "Domain": "studio"})
    named = HostedSignIn(callback_urls=HOSTED.callback_urls, logout_urls=HOSTED.logout_urls, domain_prefix="studio")
    with pytest.raises(DefinitionError, match="belongs to another user pool"):
        await world.apply(manifest(auth={"hosted": named}))
    assert await domain(world) is None
    assert "CallbackURLs" not in await client(world)


async def test_a_domain_that_was_made_by_hand_gives_way(world):
    """The definitions decide."""
    await world.apply(manifest())
    await world.invoke("CreateUserPoolDomain", {"UserPoolId": world.applied.pool_id, "Domain": "by-hand"})
    await world.apply(manifest(auth={"hosted": HOSTED}))
    assert await domain(world) not in {None, "by-hand"}


async def test_a_replaced_pool_keeps_the_domain(world):
    """The prefix is free when its pool is dropped, and is the new pool's."""
    await world.apply(manifest(auth={"hosted": HOSTED}))
    before, prefix = world.applied.pool_id, await domain(world)
    await world.apply(manifest(auth={"hosted": HOSTED, "preferred_username": True}))
    assert world.applied.pool_id != before
    assert await domain(world) == prefix


async def test_people_choose_a_user_name(world):
    """With preferred_username: the user name, a proven address and the preferred name all sign in."""
    await world.apply(manifest(auth={"preferred_username": True}))
    pool = (await world.invoke("DescribeUserPool", {"UserPoolId": world.applied.pool_id}))["UserPool"]
    assert list(pool["AliasAttributes"]) == ["email", "preferred_username"]
    assert "UsernameAttributes" not in pool
    stage = await world.stage()
    attributes = [{"Name": "email", "Value": EMAIL}]
    await stage.sign_up("ada", UserAttributes=attributes)
    await stage.confirm("ada", await stage.code(EMAIL))
    named = [{"Name": "preferred_username", "Value": "countess"}]
    await stage.admin("AdminUpdateUserAttributes", Username="ada", UserAttributes=named)
    for name in ("ada", EMAIL, "countess"):
        assert (await stage.srp(name))["AuthenticationResult"]
    assert (await refused(stage.srp("nobody", PASSWORD))).code == "NotAuthorizedException"


async def test_user_names_are_for_life(world):
    """A pool with users does not change how they sign in."""
    await world.apply(manifest())
    await world.stage(EMAIL)
    await world.apply(manifest(auth={"preferred_username": True}))
    assert any("replace pool" in change for change in world.withheld)
