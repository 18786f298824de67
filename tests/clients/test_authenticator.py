"""@aws-amplify/ui-react's withAuthenticator, built with Vite and used in Chromium, from another origin than the server's."""

from collections.abc import Iterator

import pytest
from clients import web_app
from clients.browser import Tab
from clients.development import PASSWORD, Backend, new_email
from clients.pools import other
from clients.web_app import Site

NEW = "Better-Horse-9"
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def site(backend: Backend) -> Iterator[Site]:
    with web_app.serve(backend.project) as served:
        yield served


async def sign_in(window: Tab, email: str, password: str = PASSWORD) -> None:
    await window.fill(username=email, password=password)
    await window.click("Sign in")


async def test_sign_up_to_sign_out(backend: Backend, site: Site, window: Tab) -> None:
    """Sign-up, a wrong and the right code; confirmed means signed in; after a reload still; sign-out."""
    email = new_email()
    await window.page.goto(site.origin)
    await window.page.get_by_role("tab", name="Create Account").click()
    await window.fill(email=email, password=PASSWORD, confirm_password=PASSWORD)
    await window.click("Create Account")
    code = backend.code(email)
    await window.fill(confirmation_code=other(code))
    await window.click("Confirm")
    await window.sees("Invalid verification code provided, please try again.")
    assert backend.status_of(email) == "UNCONFIRMED"
    await window.fill(confirmation_code=code)
    await window.look("authenticator-confirm")
    await window.click("Confirm")
    await window.heading(f"Hello {email}")
    await window.page.reload()
    await window.sees("Groups: none")
    await window.click("Sign out")
    await window.page.get_by_role("tab", name="Sign In").wait_for()
    assert await window.page.evaluate("localStorage.length") == 0


async def test_sign_in(backend: Backend, site: Site, window: Tab) -> None:
    """A wrong password is told in the server's words; the right one shows the member's group."""
    user = backend.new_user("ADMINS")
    await window.page.goto(site.origin)
    await sign_in(window, user.email, NEW)
    await window.sees("Incorrect username or password.")
    await sign_in(window, user.email)
    await window.sees("Groups: ADMINS")


async def test_recovery(backend: Backend, site: Site, window: Tab) -> None:
    """A forgotten password is replaced with a code from the inbox."""
    user = backend.new_user()
    await window.page.goto(site.origin)
    await window.click("Forgot your password?")
    await window.fill(username=user.email)
    await window.click("Send code")
    await window.page.locator('input[name="confirmation_code"]').wait_for()
    code = backend.code(user.email)
    await window.fill(confirmation_code=code, password=NEW, confirm_password=NEW)
    await window.click("Submit")
    await window.page.get_by_role("tab", name="Sign In").wait_for()
    await sign_in(window, user.email, NEW)
    await window.heading(f"Hello {user.email}")


async def test_invited(backend: Backend, site: Site, window: Tab) -> None:
    """A temporary password leads to the form for one's own, and then to the proof of an address that nobody proved."""
    email = new_email("invited")
    backend.root.admin_create_user(
        UserPoolId=backend.pool_id, Username=email, TemporaryPassword="Temporary-9", MessageAction="SUPPRESS"
    )
    await window.page.goto(site.origin)
    await sign_in(window, email, "Temporary-9")
    await window.fill(password=PASSWORD, confirm_password=PASSWORD)
    await window.click("Change Password")
    await window.heading("Account recovery requires verified contact information")
    await window.page.get_by_label("Email").check()
    await window.click("Verify")
    await window.page.locator('input[name="confirmation_code"]').wait_for()
    await window.fill(confirmation_code=backend.code(email))
    await window.click("Submit")
    await window.heading(f"Hello {email}")
    assert backend.status_of(email) == "CONFIRMED"
