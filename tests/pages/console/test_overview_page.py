"""The overview: numbers and charts for the operator, what he may see for a delegate, nothing for anybody else."""

import re

from operations.stage import refused
from pages.console.defined import ADMIN, CUSTOMER, SUPPORT
from pages.console.sites import EVIL, OPERATORS_ONLY, as_delegate, as_nobody, as_operator, make_site


def numbers(page) -> dict[str, str]:
    found = re.findall(
        r'<li class="card">\s*<span class="quiet">(?:<a [^>]*>)?([^<]*).*?<b>([^<]*)</b>', page.text, re.DOTALL
    )
    return dict(found)


async def test_the_operator_sees_the_server(services, invoke):
    """Users, what waits, sign-ins and refusals, and what the server is; never where its database is."""
    site = await as_operator(await make_site(services, invoke))
    verified = [{"Name": "email_verified", "Value": "true"}]
    await site.stage.admin("AdminUpdateUserAttributes", Username=CUSTOMER, UserAttributes=verified)
    await site.stage.admin("AdminResetUserPassword", Username=CUSTOMER)
    page = await site.get("/overview")
    assert page.status_code == 200
    told = numbers(page)
    assert (told["Users"], told["Groups"], told["Messages waiting"]) == ("4", "3", "1")
    assert {"Sign-ins in 24 hours", "Refused calls in 24 hours"} <= told.keys()
    for fact in ("Poolhouse ", "SQLite" if "sqlite" in str(type(services.database)).lower() else "PostgreSQL"):
        assert fact in page.text
    assert page.text.count('<svg viewBox="0 0 100 100"') >= 2
    assert services.settings.public_url in page.text


async def test_sign_ins_and_refusals_are_counted(services, invoke):
    """As the trail counts them: tiles of a day, bars by hour and by day, and a table that says the same."""
    site = await make_site(services, invoke)
    await as_delegate(site)
    assert (await site.get("/view-as", user=ADMIN)).status_code == 400
    from poolhouse.operations import audit

    await audit.flush(services)
    while await audit.link(services):
        pass
    site.browser = site.new_browser()
    page = await (await as_operator(site)).get("/overview", days="7")
    told = numbers(page)
    assert (told["Sign-ins in 24 hours"], told["Refused calls in 24 hours"]) == ("1", "1")
    assert "1 signed in and 0 refused in 7 days, by hour" in page.text
    assert "by day" in (await site.get("/overview", days="30")).text
    assert "by hour" in (await site.get("/overview", days="999999")).text


async def test_a_delegate_sees_what_he_may(services, invoke):
    """Counts of users because he may list them, the rules of his groups; nothing of the server."""
    site = await as_delegate(await make_site(services, invoke))
    page = await site.get("/overview")
    assert numbers(page) == {"Users": "4"}
    assert "allow.group(&#34;SUPPORT&#34;)" in page.text
    assert "allow.group(&#34;ADMINS&#34;)" not in page.text
    for hidden in ("Python", "Sign-ins", "Messages waiting", "Database", services.settings.issuer(site.stage.pool)):
        assert hidden not in page.text


async def test_pages_of_the_operator_are_his_alone(services, invoke):
    """A delegate is refused on each, and sees no entry for it; without a session there is only the way in."""
    site = await make_site(services, invoke)
    for path in (*OPERATORS_ONLY, "/overview", "/view-as", "/audit"):
        assert (await site.browser.get(site.at(path))).headers["location"].startswith("/console?then=")
    await as_delegate(site)
    for path in OPERATORS_ONLY:
        answer = await site.browser.get(site.at(path))
        assert answer.status_code == 403, path
        assert f'href="{site.at(path)}"' not in answer.text
    for path in ("/keys/rotate", "/audit/verify"):
        assert (await site.post(path, {})).status_code == 403


async def test_an_outsider_sees_nothing(services, invoke):
    """Signed in to the pool, but no rule names his groups."""
    site = await as_nobody(await make_site(services, invoke))
    for path in (*OPERATORS_ONLY, "/overview", "/view-as", "/audit"):
        answer = await site.browser.get(site.at(path))
        assert answer.status_code in (303, 403), path
        assert "card chart" not in answer.text


async def test_names_are_text(services, invoke):
    """A pool's name is somebody's text."""
    site = await make_site(services, invoke)
    await site.stage.admin("CreateGroup", GroupName="<b>x")
    async with services.database.write() as tx:
        from poolhouse.store import pools

        pool = await pools.get(tx, site.stage.pool)
        await pools.change(tx, pool._replace(name=EVIL))
    page = await (await as_operator(site)).get("/overview")
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert "&lt;script&gt;alert" in page.text
    assert (await refused(site.stage.admin("AdminGetUser", Username=f"{SUPPORT}x"))).code == "UserNotFoundException"
