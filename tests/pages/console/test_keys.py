"""The page of the keys: which one signs, and a rotation that says what it does before and after."""

from operations.stage import claims
from pages.console.console_world import alert, told
from pages.console.sites import as_operator, make_site

from poolhouse.operations import audit
from poolhouse.operations.console import keys


async def test_keys_are_listed(services, invoke):
    site = await as_operator(await make_site(services, invoke))
    page = await site.get("/keys")
    for key in await keys.of_pool(services, site.stage.pool):
        assert f"<code>{key.kid.replace('+', '&#43;')}</code>" in page.text or key.kid in page.text
    assert page.text.count("Signs now") == 2
    assert f"{services.settings.issuer(site.stage.pool)}/.well-known/jwks.json" in page.text


async def test_rotation(services, invoke):
    """Said before, done by the form, told after it, and recorded; tokens of before stay good."""
    site = await as_operator(await make_site(services, invoke))
    before = (await site.stage.srp("admin@example.com"))["AuthenticationResult"]["AccessToken"]
    asked = await site.get("/keys/rotate")
    assert "Nobody is signed out." in asked.text
    assert len(await keys.of_pool(services, site.stage.pool)) == 2
    page = await site.followed(await site.post("/keys/rotate", {}))
    assert told(page).startswith("2 new keys sign from now on.")
    assert (page.text.count("Signs now"), page.text.count("Verifies only")) == (2, 2)
    answer = await site.stage.public("GetUser", AccessToken=before)
    assert answer["Username"] == claims(before)["username"]
    event = (await audit.events(services, operation=keys.OPERATION))[0]
    assert (event.result, event.pool_id, event.body["way"], event.body["rule"]) == (
        "ok",
        site.stage.pool,
        "console",
        "root",
    )


async def test_a_refused_rotation(services, invoke, clock):
    """Too many at once: nothing is made, and the page says why."""
    site = await as_operator(await make_site(services, invoke))
    ctx_keys = len(await keys.of_pool(services, site.stage.pool))
    for _ in range(keys.MOST_KEYS - 1):
        await site.post("/keys/rotate", {})
    refused = await site.post("/keys/rotate", {})
    assert "Rotate again tomorrow" in alert(refused)
    assert len(await keys.of_pool(services, site.stage.pool)) == ctx_keys * keys.MOST_KEYS
