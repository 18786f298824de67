"""The page of the keys: which one signs, and a rotation that says what it does before and after."""

import html

from operations.console.test_keys import fill
from operations.stage import claims, refused
from pages.console.console_world import alert, told
from pages.console.sites import as_operator, make_site

from poolhouse.operations import audit
from poolhouse.operations.console import keys
from poolhouse.store import pools


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


async def test_a_refused_rotation(services, invoke):
    """Too many at once: nothing is made, and the page says why."""
    site = await as_operator(await make_site(services, invoke))
    await fill(services, site.stage.pool)
    page = await site.post("/keys/rotate", {})
    assert "Rotate again tomorrow" in alert(page)
    assert len(await keys.of_pool(services, site.stage.pool)) == 2 * keys.MOST_KEYS


async def test_replacement(services, invoke):
    """Said before, refused without the pool's name, done with it, told after it, and recorded."""
    site = await as_operator(await make_site(services, invoke))
    old = (await site.stage.srp("admin@example.com"))["AuthenticationResult"]["AccessToken"]
    asked = html.unescape((await site.get("/keys/replace")).text)
    assert all(sentence in asked for sentence in keys.REPLACEMENT)
    before = await keys.of_pool(services, site.stage.pool)
    odd = await site.post("/keys/replace", {"confirm": "another pool"})
    assert (odd.status_code, "not the user pool's name" in alert(odd)) == (400, True)
    assert await keys.of_pool(services, site.stage.pool) == before
    async with services.database.read() as tx:
        name = (await pools.get(tx, site.stage.pool)).name
    page = await site.followed(await site.post("/keys/replace", {"confirm": f" {name} "}))
    assert told(page) == "2 new keys sign from now on. The old ones are gone, and their tokens are refused."
    assert (page.text.count("Signs now"), page.text.count("Verifies only")) == (2, 0)
    assert (await refused(site.stage.public("GetUser", AccessToken=old))).code == "NotAuthorizedException"
    event = (await audit.events(services, operation=keys.REPLACE))[0]
    assert (event.result, event.pool_id, event.body["way"]) == ("ok", site.stage.pool, "console")
