"""The hosted pages in Chromium, on the way from and to an app that uses aws-amplify v6 with PKCE."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from clients import tls, web_app
from clients.browser import Tab
from clients.development import PASSWORD, Backend, new_email
from clients.pools import TOTP, Authenticator, Pool, new_pool, other

NEW = "Better-Horse-9"
pytestmark = pytest.mark.asyncio(loop_scope="session")


class App:
    """The app's own page, and the pool that it sends its users to."""

    def __init__(self, window: Tab, pool: Pool, origin: str) -> None:
        self.window = window
        self.pool = pool
        self.origin = origin

    async def leave(self) -> None:
        """To the hosted sign-in page."""
        await self.window.page.goto(f"{self.origin}/redirect.html")
        await self.window.click("Sign in")
        await self.window.heading("Sign in")
        assert not self.window.page.url.startswith(self.origin)

    async def back(self, email: str) -> None:
        """Amplify has exchanged the code and knows the user."""
        await self.window.heading(f"Hello {email}")
        await self.window.sees("State: basket-7")

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        await self.window.fill(username=email, password=password)
        await self.window.click("Sign in")

    async def sign_out(self) -> None:
        """By way of the hosted pages, which end their session too."""
        async with self.window.page.expect_event("load"):
            await self.window.click("Sign out")
        await self.window.page.get_by_role("button", name="Sign in").wait_for()


@pytest_asyncio.fixture(loop_scope="session")
async def app(backend: Backend, window: Tab, tmp_path: Path) -> AsyncIterator[App]:
    with web_app.serve(backend.project) as site:
        async with tls.front(backend.url, tmp_path) as domain:
            page = f"{site.origin}/redirect.html"
            pool = new_pool(backend, **oauth_client(page))
            site.app |= {"userPoolId": pool.id, "userPoolClientId": pool.client, "oauth": oauth(domain, page)}
            yield App(window, pool, site.origin)


def oauth_client(page: str) -> dict[str, Any]:
    return {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "email", "aws.cognito.signin.user.admin"],
        "CallbackURLs": [page],
        "LogoutURLs": [page],
        "SupportedIdentityProviders": ["COGNITO"],
        "PreventUserExistenceErrors": "ENABLED",
    }


def oauth(domain: str, page: str) -> dict[str, Any]:
    scopes = ["openid", "email", "aws.cognito.signin.user.admin"]
    both = {"redirectSignIn": [page], "redirectSignOut": [page]}
    return {"domain": domain, "scopes": scopes, "responseType": "code", **both}


async def test_sign_up_to_sign_out(backend: Backend, app: App, window: Tab) -> None:
    """A new account, its code, back in the app with tokens, a refresh, and a sign-out that ends the hosted session."""
    email = new_email()
    await app.leave()
    await window.click("Create an account")
    await window.heading("Create your account")
    await window.fill(username=email, password=PASSWORD)
    await window.click("Create account")
    await window.heading("Confirm your account")
    code = backend.code(email)
    await window.fill(code=other(code))
    await window.click("Confirm account")
    await window.page.get_by_role("alert").wait_for()
    assert app.pool.status_of(email) == "UNCONFIRMED"
    await window.fill(code=code)
    await window.click("Confirm account")
    await window.sees("Your account is confirmed. Sign in to go on.")
    await app.sign_in(email)
    await app.back(email)
    await window.click("Refresh")
    await window.sees("Refreshed")
    await app.sign_out()
    await app.leave()


async def test_signed_in_already(backend: Backend, app: App, window: Tab) -> None:
    """The hosted session answers for a browser that is known: no password is asked."""
    user = app.pool.new_user()
    await app.leave()
    await app.sign_in(user.email)
    await app.back(user.email)
    await window.page.evaluate("localStorage.clear()")
    await window.page.goto(f"{app.origin}/redirect.html")
    await window.click("Sign in")
    await app.back(user.email)


async def test_wrong_and_forgotten_password(backend: Backend, app: App, window: Tab) -> None:
    """A wrong password is told, a code from the inbox replaces it."""
    user = app.pool.new_user()
    await app.leave()
    await app.sign_in(user.email, NEW)
    await window.sees("Incorrect username or password.")
    await window.click("Forgot your password?")
    await window.heading("Forgot your password?")
    await window.fill(username=user.email)
    await window.click("Send code")
    await window.heading("Choose a new password")
    await window.fill(code=backend.code(user.email), password=NEW)
    await window.click("Change password")
    await window.sees("Your password was changed. Sign in with the new one.")
    await app.sign_in(user.email)
    await window.sees("Incorrect username or password.")
    await app.sign_in(user.email, NEW)
    await app.back(user.email)


async def test_authenticator_app(backend: Backend, app: App, window: Tab) -> None:
    """Set up in the first sign-in of a pool that requires it; the next sign-in asks for a code."""
    app.pool.require("ON", **TOTP)
    user = app.pool.new_user()
    await app.leave()
    await app.sign_in(user.email)
    await window.heading("Set up your authenticator app")
    phone = Authenticator(await window.page.get_by_label("Key").inner_text())
    await window.fill(code=phone.code())
    await window.click("Finish set-up")
    await app.back(user.email)
    await app.sign_out()
    await app.leave()
    await app.sign_in(user.email)
    code = phone.code()
    await window.fill(code=other(code))
    await window.page.keyboard.press("Enter")
    await window.page.get_by_role("alert").wait_for()
    await window.fill(code=code)
    await window.page.keyboard.press("Enter")
    await app.back(user.email)


async def test_invited(backend: Backend, app: App, window: Tab) -> None:
    """A temporary password is replaced on the way."""
    email = app.pool.invited("Temporary-9")
    await app.leave()
    await app.sign_in(email, "Temporary-9")
    await window.heading("Choose your password")
    await window.fill(password=PASSWORD)
    await window.click("Continue")
    await app.back(email)
    assert app.pool.status_of(email) == "CONFIRMED"


async def test_keyboard_only(backend: Backend, app: App, window: Tab) -> None:
    """Sign-in without a mouse: the focus begins in the form, goes its way in order, and can always be seen."""
    user = app.pool.new_user()
    await app.leave()
    keyboard, seen = window.page.keyboard, []
    await window.page.wait_for_function("document.activeElement !== document.body")
    for typed in (user.email, PASSWORD, None, None):
        seen.append(await window.page.evaluate(FOCUSED))
        if typed:
            await keyboard.type(typed)
        await keyboard.press("Tab" if len(seen) < 4 else "Enter")
    assert [name for name, _ in seen] == ["username", "password", "Forgot your password?", "Sign in"]
    assert all(outline == "solid" for _, outline in seen)
    await app.back(user.email)


FOCUSED = """() => {
  const { name, innerText } = document.activeElement;
  return [name || innerText, getComputedStyle(document.activeElement).outlineStyle];
}"""
