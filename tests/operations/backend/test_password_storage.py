"""The definitions' password_storage, applied: the pool, its app client, and users through a change of mind."""

from operations.backend.world import manifest
from operations.stage import EMAIL, PASSWORD, Stage, refused


async def test_definitions_choose_the_kind(world):
    """The client takes plain passwords in place of SRP; nothing is left to change afterwards."""
    wanted = manifest(auth={"password_storage": "argon2id"})
    await world.apply(wanted)
    named = {"UserPoolId": world.applied.pool_id, "ClientId": world.applied.client_id}
    flows = (await world.invoke("DescribeUserPoolClient", named))["UserPoolClient"]["ExplicitAuthFlows"]
    assert set(flows) == {"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"}
    assert await world.apply(wanted) == []


async def test_definitions_change_the_kind(world):
    """Users stay and sign in with the password that they have, by the flow that the client has now."""
    await world.apply(manifest())
    stage = Stage(world.services, world.invoke, world.applied.pool_id)
    stage.client = world.applied.client_id
    await stage.person()
    assert "AuthenticationResult" in await stage.srp()
    assert "PasswordStorage" in str(await world.apply(manifest(auth={"password_storage": "argon2id"})))
    assert (await refused(stage.srp())).message == "USER_SRP_AUTH flow not enabled for this client"
    assert "AccessToken" in await stage.tokens(EMAIL, PASSWORD)
    assert (await stage.user())["UserStatus"] == "CONFIRMED"
