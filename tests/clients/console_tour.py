"""The operator's way through the console in a browser, with scripts or without."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clients import browser
from clients.browser import Tab
from clients.development import Backend
from playwright.async_api import Browser, StorageState

from poolhouse.cli.console_links import new_link

WIDE = {"width": 1280, "height": 900}
# The narrowest width that content has to fit without scrolling both ways (WCAG 1.4.10).
NARROW = {"width": 320, "height": 640}
# What does not fit, by its markup; nothing where the page does not scroll sideways.
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > width);
  return wide.map((one) => one.outerHTML.slice(0, 120));
}"""


class Operator:
    """Signed in to one pool; `scripted` says whether pages run scripts."""

    def __init__(self, tab: Tab, backend: Backend, pool: str, *, scripted: bool) -> None:
        self.tab = tab
        self.page = tab.page
        self.backend = backend
        self.pool = pool
        self.scripted = scripted

    def own(self, name: str) -> str:
        """A name that the other browser does not use; pictures show the plain one."""
        return name if self.scripted else f"{name}-2"

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.backend.url}/console/{self.pool}{path}", wait_until="domcontentloaded")

    async def click(self, name: str) -> None:
        """A button or a link of the page's content, by what it says."""
        main = self.page.locator("main")
        await main.get_by_role("button", name=name, exact=True).or_(main.get_by_role("link", name=name)).first.click()

    async def says(self, text: str) -> None:
        await self.page.get_by_text(text).first.wait_for()

    async def inspect(self, heading: str, name: str) -> None:
        """What axe finds, whether it fits a narrow screen, and how it looks; once, in the browser with scripts."""
        await self.tab.heading(heading)
        if not self.scripted:
            return
        barriers = await self.tab.barriers()
        assert barriers == [], (name, barriers)
        await self.tab.look(f"{name}-dark")
        await self.page.emulate_media(color_scheme="light")
        await self.tab.look(f"{name}-light")
        await self.page.set_viewport_size(NARROW)
        wide = await self.page.evaluate(OVERFLOW)
        assert wide == [], (name, wide)
        await self.tab.look(f"{name}-phone")
        await self.page.set_viewport_size(WIDE)


_entered: dict[str, StorageState] = {}


@asynccontextmanager
async def operator(chromium: Browser, backend: Backend, pool: str, *, scripted: bool) -> AsyncIterator[Operator]:
    """Comes with a link, presses the button behind it, and is in; to each server once, and then with that session."""
    context = {"java_script_enabled": scripted, "viewport": WIDE, "accept_downloads": True}
    async with browser.tab(chromium, **context, storage_state=_entered.get(backend.url)) as tab:
        if backend.url not in _entered:
            await enter(tab, await asyncio.to_thread(new_link, backend.project, None, None))
            _entered[backend.url] = await tab.context.storage_state()
        yield Operator(tab, backend, pool, scripted=scripted)


async def enter(tab: Tab, link: str) -> None:
    await tab.page.goto(link)
    await tab.page.locator("main form button").first.click()
    await tab.page.wait_for_url("**/console/*/*")
