"""The console's own app client: there as long as the definitions delegate something, and nowhere else to be seen."""

from dataclasses import replace

from operations.backend.world import World, manifest

from poolhouse.define.manifest import Delegate, Delegation
from poolhouse.store import clients

RULES = Delegation((Delegate("ADMINS", ("listUsers",), ("ListUsers",)),), protected=("ADMINS",))


def delegating():
    return manifest("ADMINS", auth={"delegation": RULES})


async def found(world: World):
    async with world.services.database.read() as tx:
        return await clients.find(tx, world.applied.console_client_id or "")


async def test_comes_and_goes_with_the_delegation(world):
    """No plan lists it; the app's client stays what it was; applied again it is the same one."""
    await world.apply(manifest("ADMINS"))
    app = world.applied.client_id
    assert world.applied.console_client_id is None
    made = await world.apply(delegating())
    assert not any("console" in change for change in made)
    client = await found(world)
    assert (client.pool_id, client.secret, world.applied.client_id) == (world.applied.pool_id, None, app)
    assert client.settings.CallbackURLs == ("http://127.0.0.1:4500/console/callback",)
    assert (client.settings.AllowedOAuthFlows, client.settings.refresh_seconds) == (("code",), 8 * 3600)
    await world.apply(delegating())
    assert world.applied.console_client_id == client.id
    await world.apply(manifest("ADMINS"))
    assert (world.applied.console_client_id, world.applied.client_id) == (None, app)
    async with world.services.database.read() as tx:
        assert await clients.find(tx, client.id) is None


async def test_follows_the_servers_address(world):
    """The same client, with another way back."""
    await world.apply(delegating())
    before = await found(world)
    settings = replace(world.services.settings, public_url="https://id.example.com")
    world.services = replace(world.services, settings=settings)
    await world.apply(delegating())
    after = await found(world)
    assert (after.id, after.settings.CallbackURLs) == (before.id, ("https://id.example.com/console/callback",))


async def test_is_made_again_when_somebody_deleted_it(world):
    await world.apply(delegating())
    gone = world.applied.console_client_id
    await world.invoke("DeleteUserPoolClient", {"UserPoolId": world.applied.pool_id, "ClientId": gone})
    await world.apply(delegating())
    assert (await found(world)).id != gone


async def test_goes_with_its_pool(world):
    """A replaced pool gets one of its own."""
    await world.apply(delegating())
    before = await found(world)
    wanted = manifest("ADMINS", auth={"delegation": RULES, "login": ("phone_number",)})
    await world.apply(wanted, allow_destructive=True)
    after = await found(world)
    assert after.pool_id == world.applied.pool_id != before.pool_id
    async with world.services.database.read() as tx:
        assert await clients.find(tx, before.id) is None
