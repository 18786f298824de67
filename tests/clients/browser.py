"""Chromium for the tests that need a browser: finding it, starting it, looking at it, and holding it to its end."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

from clients.development import descendants
from clients.javascript import SCRIPTS
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")  # those of scripts/browser
# The address bar's pop-ups are web pages, which every window loads at once: half a second of CPU for what nobody opens.
POP_UPS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
# What Playwright turns off: of two lists the browser takes the last one.
OFF = (
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync", "HttpsUpgrades"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("NetworkTimeServiceQuerying", "OptimizationHints", "PreconnectToSearch", "TcpPortRandomizationWin"),
    "ThirdPartyStoragePartitioning",
)
ARGUMENTS = (
    f"--disable-features={','.join((*OFF, *POP_UPS))}",
    "--no-sandbox",  # containers rarely allow the sandbox, and root never
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Of what is in order nothing is wanted.
_RUN = """async (rules) => {
  const asked = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  return JSON.stringify((await axe.run(document, asked)).violations);
}"""
_COLOURS = ("color-contrast", "link-in-text-block")
PATIENCE = 15_000  # milliseconds for one step; the machine may be busy


def executable() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "There is no Chromium: run scripts/browser."
    return found


@asynccontextmanager
async def running() -> AsyncIterator[Browser]:
    """The browser and its driver; neither leaves a process behind."""
    others = set(descendants(os.getpid()))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS])
        roots = set(descendants(os.getpid())) - others
        yield browser
        family = roots.union(*map(descendants, roots))
        await browser.close()
    for _ in range(100):
        if not _alive(family):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"processes of the browser are left: {_alive(family)}")


def _alive(pids: set[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


class Tab:
    """A page in a context of its own, with what went wrong in it."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        # The browser reports refused requests too; those are asserted where they are asked for.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(message.text)

    async def fill(self, **fields: str) -> None:
        """Inputs by their names."""
        for name, value in fields.items():
            await self.page.locator(f'input[name="{name}"]').fill(value)

    async def click(self, name: str) -> None:
        """A button or a link, by what it says."""
        page = self.page
        await page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name)).click()

    async def sees(self, text: str) -> None:
        await self.page.get_by_text(text).first.wait_for()

    async def heading(self, text: str) -> None:
        await self.page.get_by_role("heading", name=text, exact=True).wait_for()

    async def look(self, name: str) -> None:
        """A screenshot into the folder that SCREENSHOTS names, when it names one."""
        if folder := os.environ.get("SCREENSHOTS"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    async def barriers(self, schemes: Sequence[Literal["light", "dark"]] = ("light", "dark")) -> list[str]:
        """What axe-core finds serious or critical, in light and in dark; in the second scheme only colours differ."""
        found = []
        for place, scheme in enumerate(schemes):
            await self.page.emulate_media(color_scheme=scheme)
            found += [f"{scheme}: {barrier}" for barrier in await _axe(self.page, _COLOURS if place else None)]
        return found


@asynccontextmanager
async def tab(browser: Browser, **context: Any) -> AsyncIterator[Tab]:
    """Fresh cookies and storage; a page that threw or that its own policy stopped fails the test."""
    opened = await browser.new_context(ignore_https_errors=True, reduced_motion="reduce", **context)
    opened.set_default_timeout(PATIENCE)
    made = Tab(opened, await opened.new_page())
    try:
        yield made
    finally:
        await opened.close()
    assert made.problems == [], made.problems


async def _axe(page: Page, rules: Sequence[str] | None = None) -> list[str]:
    """Evaluated by the driver, so that the page's own policy stays as it is; once for each page that was loaded."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe_source())
    found = json.loads(await page.evaluate(_RUN, rules))
    grave = [violation for violation in found if violation["impact"] in {"serious", "critical"}]
    return [f"{violation['id']}: {[node['html'] for node in violation['nodes']]}" for violation in grave]


@cache
def _axe_source() -> str:
    return (SCRIPTS / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
