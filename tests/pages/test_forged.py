"""Forms that did not come from our own page in the same browser do nothing."""

import re

import pytest
from oauth_world import OAUTH, hidden, make_world
from operations.stage import EMAIL, PASSWORD


@pytest.fixture
async def world(services, invoke):
    return await make_world(services, invoke)


def alert(page) -> str:
    """What the page complains of; "" when it does not."""
    found = re.search(r'role="alert".*?<p>(.*?)</p>', page.text, re.DOTALL)
    return found.group(1) if found else ""


@pytest.mark.parametrize(
    "forgery", ["none", "other browser", "other client", "old", "changed", "cross-site", "no cookie"]
)
async def test_forged_forms_do_nothing(world, clock, forgery):
    """Login CSRF included: the right password in a forged form signs nobody in."""
    page = await world.show("/login")
    proof, headers, sender = hidden(page)["proof"], {}, world.browser
    if forgery == "none":
        proof = ""
    elif forgery == "other browser":
        proof = hidden(await world.app.get(f"/login?{world.query()}"))["proof"]
    elif forgery == "other client":
        await world.stage.new_client(**OAUTH)
    elif forgery == "old":
        clock.advance(seconds=3601)
    elif forgery == "changed":
        proof = proof[:-2] + ("AA" if proof[-2:] != "AA" else "BB")
    elif forgery == "cross-site":
        headers = {"sec-fetch-site": "cross-site"}
    elif forgery == "no cookie":
        sender = world.app
    data = {"proof": proof, "username": EMAIL, "password": PASSWORD}
    response = await sender.post(f"/login?{world.query()}", data=data, headers=headers)
    assert (response.status_code, "location" in response.headers) == (403, False)
    assert not any("session" in name for name in sender.cookies)
    assert "open for too long" in alert(response)


@pytest.mark.parametrize(
    "path", ["/signup", "/confirmUser", "/resendcode", "/forgotPassword", "/confirmForgotPassword"]
)
async def test_no_page_takes_a_form_without_proof(world, path):
    await world.stage.sign_up("new@example.com")
    sent = len(await world.stage.mail("new@example.com"))
    data = {"username": "new@example.com", "password": PASSWORD, "code": await world.stage.code("new@example.com")}
    response = await world.browser.post(f"{path}?{world.query()}", data=data)
    assert response.status_code == 403
    assert len(await world.stage.mail("new@example.com")) == sent
    assert (await world.stage.user("new@example.com"))["UserStatus"] == "UNCONFIRMED"


async def test_signing_in_changes_the_browsers_secret(world):
    """A form or cookie that somebody planted before the sign-in is worth nothing after it."""
    page = await world.show("/login")
    await world.post(page, "/login", {"username": EMAIL, "password": PASSWORD})
    again = await world.post(page, "/login", {"username": EMAIL, "password": PASSWORD})
    assert again.status_code == 403
