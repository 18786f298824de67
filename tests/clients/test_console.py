"""The console in Chromium: lists, a user's page and its actions, with the script and without it, as an operator, a
delegate and an outsider; light and dark, narrow and wide, and what axe says of it.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from clients.browser import Tab, tab
from clients.console_example import ConsoleBackend
from clients.console_tour import enter
from clients.development import PASSWORD
from playwright.async_api import Browser

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
DOCS = Path(__file__).parents[2] / "docs" / "screenshots"
DOCUMENTED = {"users-light", "user-light", "user-dark", "user-delete-light", "users-dark-phone"}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(console_backend: ConsoleBackend) -> ConsoleBackend:
    return console_backend


@asynccontextmanager
async def signed_in(server: ConsoleBackend, browser: Browser, who: str, *, script: bool = True) -> AsyncIterator[Tab]:
    state = await server.state(browser, who)
    async with tab(browser, storage_state=state, java_script_enabled=script, viewport=WIDE) as opened:
        yield opened


async def inspect(window: Tab, name: str) -> None:
    """Nothing grave for axe on a wide light screen and on a dark phone, nothing wider than that; pictures of all four
    when they are asked for.
    """
    page = window.page
    assert await window.barriers(["light"]) == [], name
    if os.environ.get("SCREENSHOTS"):
        await pictures(window, name)
    await page.set_viewport_size(NARROW)
    assert await page.evaluate(OVERFLOW) == 0, name
    assert await window.barriers(["dark"]) == [], f"{name}, narrow"
    await page.set_viewport_size(WIDE)
    await page.emulate_media(color_scheme="light")


async def pictures(window: Tab, name: str) -> None:
    for size, suffix in ((WIDE, ""), (NARROW, "-phone")):
        await window.page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            await window.page.emulate_media(color_scheme=scheme)
            await look(window, f"{name}-{scheme}{suffix}")


async def look(window: Tab, name: str) -> None:
    """A picture into the folder that SCREENSHOTS names; with SCREENSHOTS=docs those that the documentation shows."""
    folder = os.environ.get("SCREENSHOTS")
    if folder == "docs" and name in DOCUMENTED:
        await window.page.screenshot(path=DOCS / f"console-{name}.png")
    elif folder and folder != "docs":
        await window.page.screenshot(path=Path(folder) / f"console-{name}.png")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_find_a_user_and_disable_him(server: ConsoleBackend, chromium: Browser, script: bool) -> None:
    """Search, open, disable with the name typed, enable again: the same with and without the script."""
    email = server.customer.email
    async with signed_in(server, chromium, "operator", script=script) as window:
        page = window.page
        await page.goto(server.at("/users"))
        await page.get_by_label("Search").fill(email)
        if not script:
            await page.get_by_role("button", name="Search").click()
        await page.wait_for_url(f"**q={email.replace('@', '%40')}**")
        await page.get_by_role("row").get_by_role("link", name=email).click()
        await window.heading(email)
        await page.get_by_role("link", name="Disable").click()
        button = page.get_by_role("button", name="Disable")
        assert await button.is_disabled() == script
        await page.get_by_label("To go on, type").fill(email)
        await button.click()
        await window.sees("is disabled: signed out everywhere")
        assert server.backend.root.admin_get_user(UserPoolId=server.backend.pool_id, Username=email)["Enabled"] is False
        await page.get_by_role("link", name="Enable", exact=True).click()
        await page.get_by_role("button", name="Enable").click()
        await window.sees("may sign in again")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_invite_and_delete(server: ConsoleBackend, chromium: Browser, script: bool) -> None:
    email = f"invited-{script}@example.com".lower()
    async with signed_in(server, chromium, "operator", script=script) as window:
        page = window.page
        await page.goto(server.at("/users"))
        await page.get_by_role("link", name="New user").click()
        await page.get_by_label("E-mail address").fill(email)
        await page.get_by_role("button", name="Create user").click()
        await window.sees("an invitation is on its way")
        assert server.backend.messages(email)[0]["purpose"] == "invitation"
        await page.get_by_role("link", name="Delete").click()
        await page.get_by_label("To go on, type").fill(email)
        await page.get_by_role("button", name="Delete").click()
        await window.sees(f"{email} was deleted.")
        await window.heading("Users")


async def test_filters_apply_when_they_change(server: ConsoleBackend, chromium: Browser) -> None:
    async with signed_in(server, chromium, "operator") as window:
        await window.page.goto(server.at("/users"))
        await window.page.get_by_label("Access").select_option("no")
        await window.page.wait_for_url("**enabled=no**")
        assert await window.page.locator("tbody tr").count() == 1
        await window.sees("hedy.lamarr@example.com")


async def test_keyboard(server: ConsoleBackend, chromium: Browser) -> None:
    """The first stop is the way past the navigation; the focus can be seen wherever it goes."""
    async with signed_in(server, chromium, "operator") as window:
        page = window.page
        await page.goto(server.at("/users"))
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        for _ in range(12):
            await page.keyboard.press("Tab")
            outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", await page.evaluate("document.activeElement.outerHTML")


async def test_menu_on_a_phone(server: ConsoleBackend, chromium: Browser) -> None:
    """Opens without any script of ours, and leads on."""
    async with signed_in(server, chromium, "operator", script=False) as window:
        await window.page.set_viewport_size(NARROW)
        await window.page.goto(server.at("/user?name=ada.lovelace@example.com"))
        menu = window.page.get_by_role("navigation", name="Console")
        assert not await menu.is_visible()
        await window.page.get_by_role("button", name="Menu").click()
        await look(window, "menu-phone")
        await menu.get_by_role("link", name="Users").click()
        await window.heading("Users")


async def test_delegate_sees_his_circle(server: ConsoleBackend, chromium: Browser) -> None:
    """Signed in on the pool's own pages; customers and nobody else, and only the buttons that work."""
    async with signed_in(server, chromium, "support") as window:
        page = window.page
        await page.goto(server.at("/users"))
        await window.sees(server.customer.email)
        assert await page.get_by_text(server.outsider.email).count() == 0
        await inspect(window, "delegate-users")
        await page.get_by_role("link", name=server.customer.email).click()
        await window.heading(server.customer.email)
        assert await page.get_by_role("link", name="Delete").count() == 0
        await page.get_by_label("Add to a group").select_option("EDITORS")
        await page.get_by_role("button", name="Add").click()
        await window.sees("is a member of EDITORS now")
        await inspect(window, "delegate-user")
        await page.get_by_role("link", name="Remove from EDITORS").click()
        await page.get_by_role("button", name="Remove").click()
        await window.sees("is no member of EDITORS any more")


async def test_outsider_sees_nothing(server: ConsoleBackend, chromium: Browser) -> None:
    async with signed_in(server, chromium, "outsider") as window:
        await window.page.goto(server.at("/users"))
        await window.heading("This console is not open to you")
        assert await window.page.get_by_text(server.customer.email).count() == 0
        await inspect(window, "outsider")
        await window.page.get_by_role("button", name="Sign out").first.click()
        await window.heading("Poolhouse console")
        del server.states["outsider"]  # that session is over


async def test_every_page_of_users(server: ConsoleBackend, chromium: Browser) -> None:
    """What axe says of them, and how they look."""
    ada = "ada.lovelace@example.com"
    server.backend.root.admin_set_user_password(
        UserPoolId=server.backend.pool_id, Username=ada, Password=PASSWORD, Permanent=True
    )
    async with signed_in(server, chromium, "operator") as window:
        page = window.page
        for path, name in (
            ("/users", "users"),
            ("/users?q=nobody-at-all", "users-nobody"),
            ("/users/new", "user-new"),
            (f"/user?name={ada}", "user"),
            (f"/user/attributes?name={ada}", "user-attributes"),
            (f"/user/delete?name={ada}", "user-delete"),
            (f"/user/set-password?name={ada}", "user-set-password"),
            ("/user?name=nobody@example.com", "user-missing"),
        ):
            await page.goto(server.at(path), wait_until="domcontentloaded")
            await inspect(window, name)
        await page.goto(f"{server.url}/console/pools")
        await inspect(window, "pools")


async def test_every_way_in(server: ConsoleBackend, chromium: Browser) -> None:
    async with tab(chromium, viewport=WIDE) as window:
        await window.page.goto(f"{server.url}/console")
        await inspect(window, "welcome")
        link = await server.link()
        await enter(window, link)
        await window.page.goto(link)
        await window.heading("This link does not work any more")
        await inspect(window, "link-used")
