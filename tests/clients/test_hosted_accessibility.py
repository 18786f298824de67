"""Every hosted page, as axe-core and a narrow screen see it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from clients.browser import Tab
from clients.development import PASSWORD, Backend, new_email
from clients.pools import CHOICE, PASSWORDLESS, TOTP, Pool, new_pool, other
from clients.virtual_authenticators import devices

MAIL = {"EmailMfaConfiguration": {}}
BACK = "https://app.example.com/back"
OAUTH = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
    "CallbackURLs": [BACK],
    "SupportedIdentityProviders": ["COGNITO"],
}
# The narrowest width that content has to fit without scrolling both ways (WCAG 1.4.10).
NARROW = {"width": 320, "height": 640}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
pytestmark = pytest.mark.asyncio(loop_scope="session")


class Visitor:
    """Goes from page to page and looks at each one."""

    def __init__(self, window: Tab, pool: Pool, back: str = BACK) -> None:
        self.window = window
        self.pool = pool
        self.back = back

    async def open(self, path: str) -> None:
        asked = f"response_type=code&client_id={self.pool.client}&redirect_uri={self.back}&scope=openid"
        # Passkeys belong to localhost.
        server = self.pool.backend.url.replace("127.0.0.1", "localhost")
        await self.window.page.goto(f"{server}{path}?{asked}")

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        await self.open("/login")
        await self.window.fill(username=email, password=password)
        await self.window.click("Sign in")

    async def inspect(self, heading: str, name: str) -> None:
        page = self.window.page
        await self.window.heading(heading)
        assert await self.window.barriers() == [], name
        await self.window.look(f"{name}-dark")
        wide = page.viewport_size
        await page.set_viewport_size(NARROW)
        assert await page.evaluate(OVERFLOW) == 0, name
        await page.emulate_media(color_scheme="light")
        await self.window.look(f"{name}-narrow")
        await page.set_viewport_size(wide)
        await self.window.look(name)


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(sqlite_backend: Backend, window: Tab) -> AsyncIterator[Visitor]:
    """The pages are the same on either database."""
    yield Visitor(window, new_pool(sqlite_backend, **OAUTH))


async def test_sign_up(visitor: Visitor, window: Tab) -> None:
    """Sign-in, with a mistake too; sign-up, with a mistake too; the code."""
    await visitor.open("/login")
    await visitor.inspect("Sign in", "login")
    await visitor.sign_in("nobody@example.com")
    await visitor.inspect("Sign in", "login-refused")
    await visitor.open("/signup")
    await visitor.inspect("Create your account", "sign-up")
    await window.fill(username=new_email(), password="short")
    await window.click("Create account")
    await window.page.get_by_role("alert").wait_for()
    await visitor.inspect("Create your account", "sign-up-refused")
    await window.fill(password=PASSWORD)
    await window.click("Create account")
    await visitor.inspect("Confirm your account", "confirm")


async def test_recovery(visitor: Visitor, window: Tab) -> None:
    """Both pages of a forgotten password, the temporary password, and a link that does not work."""
    await visitor.open("/forgotPassword")
    await visitor.inspect("Forgot your password?", "forgot")
    await window.fill(username=visitor.pool.new_user().email)
    await window.click("Send code")
    await visitor.inspect("Choose a new password", "reset")
    await visitor.sign_in(visitor.pool.invited("Temporary-9"), "Temporary-9")
    await visitor.inspect("Choose your password", "new-password")
    await window.page.goto(f"{visitor.pool.backend.url}/login?client_id=nobodys")
    await visitor.inspect("This link does not work", "message")


async def test_second_factors(visitor: Visitor, window: Tab) -> None:
    """Choosing what to set up, both set-ups, and a code."""
    pool, backend = visitor.pool, visitor.pool.backend
    pool.require("ON", **TOTP, **MAIL)
    user = pool.new_user()
    unverified = [{"Name": "email_verified", "Value": "false"}]
    backend.root.admin_update_user_attributes(UserPoolId=pool.id, Username=user.sub, UserAttributes=unverified)
    await visitor.sign_in(user.email)
    await visitor.inspect("How do you want to confirm?", "choose")
    await window.click("Continue")
    await visitor.inspect("Set up your authenticator app", "set-up")
    await window.click("Start again")
    await visitor.sign_in(user.email)
    await window.page.get_by_label("Message to my e-mail address").check()
    await window.click("Continue")
    await visitor.inspect("Where do we send codes?", "set-up-email")
    await window.click("Send code")
    await visitor.inspect("Check your e-mail", "code")
    await window.fill(code=other(backend.code(user.email)))
    await window.click("Continue")
    await window.page.get_by_role("alert").wait_for()
    await visitor.inspect("Check your e-mail", "code-refused")


async def test_without_a_password(sqlite_backend: Backend, window: Tab) -> None:
    """Sign-in and sign-up with other ways beside the password, a code, a passkey that is made, used and missing."""
    back = f"{sqlite_backend.url.replace('127.0.0.1', 'localhost')}/health/live"  # a page that is really there
    pool = new_pool(sqlite_backend, PASSWORDLESS, **OAUTH | {"CallbackURLs": [back]}, ExplicitAuthFlows=CHOICE)
    visitor = Visitor(window, pool, back)
    user, found = visitor.pool.new_user(), await devices(window)
    device = await found.attach()
    await visitor.open("/signup")
    await visitor.inspect("Create your account", "sign-up-ways")
    await visitor.open("/login")
    await visitor.inspect("Sign in", "login-ways")
    await window.fill(username=user.email)
    await window.click("E-mail me a code")
    await visitor.inspect("Check your e-mail", "first-code")
    await visitor.open("/passkeys/add")
    await window.fill(username=user.email, password=PASSWORD)
    await window.click("Sign in")
    await visitor.inspect("Create a passkey", "add-passkey")
    await window.click("Create passkey")
    await window.page.wait_for_url(back)
    await visitor.open("/passkeys/add")
    await window.click("Create passkey")
    await window.sees("You have one already")
    await visitor.inspect("Create a passkey", "add-passkey-known")
    await device.put_away()
    await found.attach()
    await visitor.open("/login")
    await window.fill(username=user.email)
    await window.click("Use a passkey")
    await window.sees("No passkey was used.")
    await visitor.inspect("Use your passkey", "passkey-missing")
