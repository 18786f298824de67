"""Passkeys on the hosted pages in Chromium: made there, used there with PKCE, refused there; and accounts without any
password.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from clients import tls, web_app
from clients.browser import Tab
from clients.development import PASSWORD, Backend, User, new_email
from clients.pools import CHOICE, PASSWORDLESS, Pool, new_pool
from clients.test_hosted_pages import App, oauth, oauth_client
from clients.virtual_authenticators import Device, devices

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Hosted(App):
    """The app, with the page where its users make passkeys."""

    def __init__(self, window: Tab, pool: Pool, origin: str, domain: str) -> None:
        super().__init__(window, pool, origin)
        self._add = f"https://{domain}/passkeys/add?client_id={pool.client}&redirect_uri={origin}/redirect.html"

    async def add_passkey(self) -> None:
        """As the app links to the page."""
        await self.window.page.goto(self._add)

    async def make(self, user: User, device: Device) -> None:
        """A passkey on this device, behind a sign-in with the password; in the end nobody is signed in."""
        before = len(await device.passkeys())
        await self.add_passkey()
        await self.sign_in(user.email)
        await self.window.heading("Create a passkey")
        await self.window.click("Create passkey")
        await self.window.page.wait_for_url(f"{self.origin}/redirect.html")
        assert len(await device.passkeys()) == before + 1
        await self.window.context.clear_cookies()

    async def by_passkey(self, email: str) -> None:
        await self.leave()
        await self.window.fill(username=email)
        await self.window.click("Use a passkey")


@pytest_asyncio.fixture(loop_scope="session")
async def app(backend: Backend, window: Tab, tmp_path: Path) -> AsyncIterator[Hosted]:
    """The server's pages are at localhost, which is the pool's relying party."""
    with web_app.serve(backend.project) as site:
        async with tls.front(backend.url, tmp_path) as address:
            page, domain = f"{site.origin}/redirect.html", address.replace("127.0.0.1", "localhost")
            pool = new_pool(backend, PASSWORDLESS, **oauth_client(page), ExplicitAuthFlows=CHOICE)
            site.app |= {"userPoolId": pool.id, "userPoolClientId": pool.client, "oauth": oauth(domain, page)}
            yield Hosted(window, pool, site.origin, domain)


def stored(app: Hosted, user: User) -> list[str]:
    """The user's ways to sign in, as the pool has them."""
    asked = {"UserPoolId": app.pool.id, "Username": user.email}
    return list(app.pool.backend.root.admin_get_user_auth_factors(**asked)["ConfiguredUserAuthFactors"])


async def test_made_and_used(app: Hosted, window: Tab) -> None:
    """From the app's link by way of the sign-in to a passkey; then from the app to its tokens with nothing but that."""
    user, device = app.pool.new_user(), await (await devices(window)).attach()
    await app.make(user, device)
    assert "WEB_AUTHN" in stored(app, user)
    await app.by_passkey(user.email)
    await app.back(user.email)
    await app.add_passkey()
    await window.click("Create passkey")
    await window.sees("This device has a passkey for this account.")
    assert len(await device.passkeys()) == 1


async def test_passkey_of_another_user(app: Hosted, window: Tab) -> None:
    """Refused in words, with the other ways to sign in at hand; nobody is signed in."""
    found = await devices(window)
    ada, eve = app.pool.new_user("ada"), app.pool.new_user("eve")
    first = await found.attach()
    await app.make(ada, first)
    await first.put_away()
    await app.make(eve, await found.attach())
    await app.by_passkey(ada.email)
    await window.sees("The passkey was not accepted.")
    assert all("session" not in cookie["name"] for cookie in await window.context.cookies())
    await window.fill(username=ada.email, password=PASSWORD)
    await window.click("Sign in")
    await app.back(ada.email)


async def test_device_without_a_passkey(app: Hosted, window: Tab) -> None:
    """The page says that nothing happened and leads back to the other ways."""
    found = await devices(window)
    user, device = app.pool.new_user(), await found.attach()
    await app.make(user, device)
    await device.put_away()
    await found.attach()
    await app.by_passkey(user.email)
    await window.sees("No passkey was used.")
    await window.click("Sign in another way")
    await app.sign_in(user.email)
    await app.back(user.email)


async def test_account_without_a_password(backend: Backend, app: Hosted, window: Tab) -> None:
    """One code makes the account and signs in; the next sign-in is by a code too."""
    email = new_email()
    await app.leave()
    await window.click("Create an account")
    await window.fill(username=email)
    await window.click("Sign up without a password")
    await window.heading("Confirm your account")
    await window.fill(code=backend.code(email))
    await window.click("Confirm account")
    await app.back(email)
    await app.sign_out()
    await app.leave()
    await window.fill(username=email)
    await window.click("E-mail me a code")
    await window.heading("Check your e-mail")
    await window.fill(code=backend.code(email, wanted=2))
    await window.click("Continue")
    await app.back(email)
