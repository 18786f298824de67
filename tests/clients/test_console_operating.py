"""The operator's pages in Chromium, with and without JavaScript, on a whole server; the debugger against the real doors."""

import dataclasses
import html
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from acceptance.conftest import SETTINGS
from app.running import PASSWORD, serving
from clients import browser
from clients.browser import Tab
from clients.console_tour import enter
from pages.console.live import FIELDS, Live, write_project
from playwright.async_api import Browser, StorageState

from poolhouse.pages.console import registry

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("console-live")]
PAGES = {
    "overview": "/overview",
    "overview-30-days": "/overview?days=30",
    "functions": "/functions",
    "function": "/function?name=promote",
    "function-mailer": "/function?name=mailer",
    "triggers": "/triggers",
    "keys": "/keys",
    "keys-rotate": "/keys/rotate",
    "keys-replace": "/keys/replace",
    "debugger": "/debugger?kind=function&who=promote&what=AdminAddUserToGroup&on={customer}&group=ADMINS&behalf={support}",
    "log": "/log?operation=AddUserToGroup",
    "audit": "/audit",
    "view-as": "/view-as?user={support}",
}
# Pages of something that only a test of its own makes, and those that are files or need a mail of markup.
AIMLESS = {"/client", "/client/delete", "/group/run", "/group/report", "/import", "/import/report", "/messages/preview"}
AIMLESS |= {"/audit/file"}
ABOUT = dict.fromkeys(("/group", "/group/edit", "/group/delete", "/group/bulk", "/group/remove"), "CUSTOMERS")
ABOUT["/function"] = "promote"
DOCS = Path(__file__).parents[2] / "docs" / "screenshots"
DOCUMENTED = {"overview-light", "function-light", "debugger-light", "audit-light"}
# Built of what another page is built of, with other numbers: looked at for their width alone.
LIKE_OTHERS = {"overview-30-days", "function-mailer"}
DELEGATED = {"overview-delegate": "/overview", "view-as-delegate": "/view-as?user={customer}"}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = write_project(tmp_path_factory.mktemp("console"))
    with serving(dataclasses.replace(SETTINGS, database=f"sqlite:///{folder}/test.db"), folder) as running:
        made = Live(running)
        made.live_in()
        yield made


@pytest_asyncio.fixture(params=[True, False], ids=["script", "no-script"], loop_scope="session")
async def tab(request: pytest.FixtureRequest, live: Live, chromium: Browser) -> AsyncIterator[Tab]:
    """The operator's."""
    state = await signed_in(live, chromium, "operator")
    async with browser.tab(chromium, java_script_enabled=request.param, storage_state=state) as opened:
        opened.has_script = request.param
        yield opened


def filled(live: Live, path: str) -> str:
    return live.at(path.format(**{name: person.email for name, person in live.people.items()}))


async def signed_in(live: Live, chromium: Browser, name: str) -> StorageState:
    """The cookies of the operator or of somebody of the pool; each signs in once."""
    if name not in live.states:
        async with browser.tab(chromium) as tab:
            if name == "operator":
                await enter(tab, live.link())
            else:
                await tab.page.goto(f"{live.running.url}/console/sign-in")
                await tab.fill(username=live.people[name].email, password=PASSWORD)
                await tab.page.get_by_role("button", name="Sign in", exact=True).click()
                await tab.page.get_by_role("button", name="Sign out").first.wait_for()
            live.states[name] = await tab.context.storage_state()
    return live.states[name]


async def picture(tab: Tab, name: str) -> None:
    """What fits on the screen, into the folder that SCREENSHOTS names; SCREENSHOTS=docs keeps what the docs show."""
    folder = os.environ.get("SCREENSHOTS")
    if folder == "docs" and name in DOCUMENTED:
        await tab.page.screenshot(path=DOCS / f"console-{name}.png")
    elif folder and folder != "docs":
        await tab.page.screenshot(path=Path(folder) / f"console-{name}.png")


async def seen(tab: Tab, name: str) -> None:
    """One picture is enough: they look the same without a script."""
    if tab.has_script:
        await tab.page.mouse.wheel(0, -10_000)
        await picture(tab, name)


async def too_wide(tab: Tab) -> list[str]:
    """What makes the page itself scroll sideways."""
    found = await tab.page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 200))"""
    )
    return list(found)


# --- what it looks like ------------------------------------------------------------------------------------


async def test_every_page(live: Live, chromium: Browser) -> None:
    """Nothing serious for axe in light and dark, nothing wider than a phone; a picture of each."""
    state = await signed_in(live, chromium, "operator")
    async with browser.tab(chromium, viewport={"width": 1280, "height": 1000}, storage_state=state) as tab:
        await look_around(tab, live, PAGES)


async def test_every_page_of_a_delegate(live: Live, chromium: Browser) -> None:
    state = await signed_in(live, chromium, "support")
    async with browser.tab(chromium, viewport={"width": 1280, "height": 1000}, storage_state=state) as tab:
        await look_around(tab, live, DELEGATED)
        assert (await tab.page.goto(live.at("/keys"))).status == 403


async def look_around(tab: Tab, live: Live, pages: dict[str, str]) -> None:
    for name, path in pages.items():
        await tab.page.set_viewport_size({"width": 1280, "height": 1000})
        answer = await tab.page.goto(filled(live, path), wait_until="domcontentloaded")
        assert answer is not None
        assert answer.status == 200, name
        if name not in LIKE_OTHERS:
            assert await tab.barriers() == [], name
        for scheme in ("dark", "light"):
            await tab.page.emulate_media(color_scheme=scheme)
            await picture(tab, f"{name}-{scheme}")
        await tab.page.set_viewport_size({"width": 360, "height": 740})
        assert await too_wide(tab) == [], name
        await picture(tab, f"{name}-phone")


# --- what can be done --------------------------------------------------------------------------------------


async def test_keys_are_rotated(live: Live, tab: Tab) -> None:
    """The effect is told before, the result after it; tokens of before stay good."""
    token = live.people["admin"].token
    await tab.page.goto(live.at("/keys"))
    await tab.click("Rotate the keys")
    await tab.sees("Nobody is signed out.")
    await tab.page.get_by_role("button", name="Rotate the keys", exact=True).click()
    await tab.sees("2 new keys sign from now on.")
    assert await tab.page.get_by_text("Signs now").count() == 2
    assert live.call(token, "addAsAnybody")


async def test_keys_are_replaced(live: Live, tab: Tab) -> None:
    """Only for whoever types the pool's name; then tokens of before are refused, and those of a new sign-in are good."""
    old = live.person("ADMINS").token
    await tab.page.goto(live.at("/keys"))
    await tab.click("Replace now …")
    await tab.sees("All access and ID tokens that are out there stop working.")
    button = tab.page.get_by_role("button", name="Replace the keys now", exact=True)
    assert await button.is_disabled() == tab.has_script
    await tab.fill(confirm=await tab.page.locator("label[for=f-confirm] code").inner_text())
    live.sign_in_again()
    await button.click()
    await tab.sees("2 new keys sign from now on. The old ones are gone")
    assert await tab.page.get_by_text("Signs now").count() == 2
    assert not live.call(old, "addAsAnybody")
    assert live.call(live.person("ADMINS").token, "addAsAnybody")


async def test_the_trail_is_downloaded(live: Live, tab: Tab) -> None:
    """What is filtered is what comes."""
    await tab.page.goto(live.at("/audit?operation=EnterConsole&scope=server"))
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("link", name="JSON Lines").click()
    rows = (await (await download.value).path()).read_text(encoding="utf-8").splitlines()
    assert {json.loads(row)["operation"] for row in rows} == {"EnterConsole"}


async def test_the_log_follows(live: Live, tab: Tab) -> None:
    """By itself with a script, until it is paused; by the link without one."""
    await tab.page.goto(live.at("/log?operation=AdminUserGlobalSignOut"))
    rows = tab.page.get_by_role("rowheader", name="AdminUserGlobalSignOut")
    before = await rows.count()
    live.admin("AdminUserGlobalSignOut", Username=live.person().sub)
    pause = tab.page.get_by_role("button", name="Pause")
    if await pause.count():
        await rows.nth(before).wait_for()
        await pause.click()
        await tab.page.get_by_role("button", name="Go on").wait_for()
    else:
        await tab.click("Reload")
        await rows.nth(before).wait_for()
    assert await rows.count() == before + 1


async def test_a_run_and_its_lines(live: Live, tab: Tab) -> None:
    """From the list over the function to the lines of a run that failed; markup in them is text."""
    await tab.page.goto(live.at("/functions"))
    await tab.page.get_by_role("link", name="promote", exact=True).click()
    row = tab.page.get_by_role("row").filter(has_text="ValueError").first
    await row.get_by_role("link").click()
    await tab.sees("promoting")
    assert await tab.page.get_by_text("<b>there is no such group</b>").count() >= 1
    await seen(tab, "run")


async def test_a_question_is_asked(live: Live, tab: Tab) -> None:
    await tab.page.goto(live.at("/debugger"))
    await tab.fill(who=live.people["support"].email, on=live.people["admin"].email)
    await tab.page.get_by_label("Operation, field or route").select_option("AdminDisableUser")
    await tab.page.get_by_role("button", name="Ask").click()
    await tab.sees("Refused")
    await tab.sees("which outranks their own groups")


async def test_the_trail_is_verified(live: Live, tab: Tab) -> None:
    await tab.page.goto(live.at("/audit"))
    await tab.click("Verify the trail")
    await tab.sees("The trail is what was written")
    await seen(tab, "audit-verify")


async def test_an_event_is_opened(live: Live, tab: Tab) -> None:
    """Filtered to what was refused, then one whole."""
    await tab.page.goto(live.at("/audit?operation=AdminAddUserToGroup"))
    await tab.page.get_by_role("link", name="AdminAddUserToGroup").first.click()
    await tab.heading("Circumstances")
    await seen(tab, "audit-event")


@pytest.mark.parametrize("who", ["operator", "support"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_user_is_looked_at(live: Live, chromium: Browser, who: str, script: bool) -> None:
    """What the customer may do, and nobody is signed in by it."""
    state = await signed_in(live, chromium, who)
    async with browser.tab(chromium, java_script_enabled=script, storage_state=state) as tab:
        await tab.page.goto(live.at("/view-as"))
        await tab.fill(user=live.people["customer"].email)
        await tab.page.get_by_role("button", name="View").click()
        await tab.sees("Nothing is delegated to him.")


async def test_every_page_with_and_without_scripts(live: Live, tab: Tab) -> None:
    """All of them, those that change something too, by the words of their headings; nothing is refused."""
    for page in registry.PAGES:
        if page.shown is None or page.path in AIMLESS:
            continue
        path = f"{page.path}?name={ABOUT.get(page.path, '{customer}')}&user={{customer}}&id=1"
        answer = await tab.page.goto(filled(live, path), wait_until="domcontentloaded")
        assert answer is not None
        assert (page.path, answer.status) == (page.path, 200)
        assert await tab.page.get_by_role("heading", level=1).count() == 1, page.path
        entries = await tab.page.locator("nav[aria-label=Console] a").count()
        assert entries == sum(one.nav is not None for one in registry.PAGES), page.path
        assert await tab.page.get_by_text("That did not work").count() == 0, page.path


# --- the debugger and the doors ----------------------------------------------------------------------------


class Operator:
    """Asks the debugger over HTTP."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.http = httpx.Client(base_url=live.running.url)
        page = self.http.get(live.link())
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        self.http.post("/console/enter", data={name: html.unescape(value) for name, value in fields.items()})

    def told(self, kind: str, who: str, what: str) -> bool:
        page = self.http.get(self.live.at("/debugger"), params={"kind": kind, "who": who, "what": what})
        found = re.search(r'<h2 id="verdict"><span class="badge \w+">(\w+)<', page.text)
        assert found, page.text
        return found.group(1) == "Allowed"


@pytest.fixture(scope="module")
def operator(live: Live) -> Iterator[Operator]:
    made = Operator(live)
    yield made
    made.http.close()


async def test_fields_as_the_debugger_says(live: Live, operator: Operator) -> None:
    """Every kind of user, by token and by credentials of the identity pool, and functions, at every field."""
    seen = set()
    for name, person in live.people.items():
        for field in FIELDS:
            for kind, key in (("user", person.token), ("identity", person.key)):
                told = operator.told(kind, person.email, f"Mutation.{field}")
                assert told == live.call(key, field), (name, kind, field, told)
                seen.add((kind, told))
    for function in ("promote", "cleaner"):
        assert operator.told("function", function, "Mutation.addUserToGroup") is False
        assert live.call(live.function_key(function), "addUserToGroup") is False
    assert seen == {("user", True), ("user", False), ("identity", True), ("identity", False)}


async def test_routes_as_the_debugger_says(live: Live, operator: Operator) -> None:
    """Every kind of user at routes of Admin Queries: the authorizer, then the function's own source."""
    seen = set()
    for name, person in live.people.items():
        for route in ("getUser", "listUsers", "listGroups", "disableUser"):
            told = operator.told("user", person.email, f"AdminQueries ANY /{route}")
            status = live.rest(person.session.access_token, route)
            assert told == (status not in (401, 403)), (name, route, told, status)
            seen.add(told)
    assert seen == {True, False}
