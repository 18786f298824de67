"""Confirming an account with the link of a mail: what the mail says, what opening it does, and what the button does."""

import re

import pytest
from oauth_world import World, hidden, make_world
from operations.stage import EMAIL, EMAIL_POOL, build, refused

LINK = {"DefaultEmailOption": "CONFIRM_WITH_LINK"}


@pytest.fixture
async def world(services, invoke) -> World:
    """An app that does not sign in with these pages, in a pool that confirms with links."""
    world = await make_world(services, invoke)
    world.stage = await build(services, invoke, nth=1, **EMAIL_POOL, VerificationMessageTemplate=LINK)
    return world


async def link(world: World) -> str:
    """The path of the last mail's link."""
    body = (await world.stage.mail())[-1]["body"]
    found = re.search(r'<a href="http://127\.0\.0\.1:4500(/confirmUser\?[^"]+)">Verify Email</a>', body)
    assert found, body
    return found[1].replace("&amp;", "&")


async def status(world: World) -> str:
    return (await world.stage.user())["UserStatus"]


async def test_the_button_confirms(world):
    """Opening the link changes nothing, however often; the button confirms the account and verifies the address."""
    made = await world.stage.sign_up()
    assert made["CodeDeliveryDetails"] == {
        "AttributeName": "email",
        "DeliveryMedium": "EMAIL",
        "Destination": "a***@e***",
    }
    path = await link(world)
    code = (await world.stage.mail())[-1]["code"]
    assert path == f"/confirmUser?client_id={world.client}&user_name={made['UserSub']}&confirmation_code={code}"
    for _ in range(3):
        page = await world.browser.get(path)
        assert page.status_code == 200
    assert await status(world) == "UNCONFIRMED"
    done = await world.browser.post(path, data={**hidden(page), "code": code})
    assert "You are confirmed" in done.text
    assert await status(world) == "CONFIRMED"
    assert (await world.stage.user())["attributes"]["email_verified"] == "true"


async def test_once(world):
    """The link of a confirmed account does nothing more."""
    await world.stage.sign_up()
    path, code = await link(world), await world.stage.code()
    page = await world.browser.get(path)
    await world.browser.post(path, data={**hidden(page), "code": code})
    again = await world.browser.post(path, data={**hidden(page), "code": code})
    assert again.status_code == 400
    assert "You are confirmed" not in again.text


async def test_no_form_of_somebody_else(world):
    """A confirmation that another site sends, or another browser, is refused."""
    await world.stage.sign_up()
    path, code = await link(world), await world.stage.code()
    page = await world.browser.get(path)
    forged = {"username": EMAIL, "code": code}
    assert (await world.browser.post(path, data=forged)).status_code == 403
    assert (await world.app.post(path, data={**hidden(page), "code": code})).status_code == 403
    assert await status(world) == "UNCONFIRMED"


async def test_a_new_link_replaces_the_old_one(world):
    await world.stage.sign_up()
    old, first = await link(world), await world.stage.code()
    await world.stage.public("ResendConfirmationCode", ClientId=world.client, Username=EMAIL)
    new, second = await link(world), await world.stage.code()
    if first == second:
        return
    page = await world.browser.get(old)
    wrong = await world.browser.post(old, data={**hidden(page), "code": first})
    assert (wrong.status_code, await status(world)) == (400, "UNCONFIRMED")
    page = await world.browser.get(new)
    await world.browser.post(new, data={**hidden(page), "code": second})
    assert await status(world) == "CONFIRMED"


async def test_a_link_expires(world, clock):
    await world.stage.sign_up()
    path, code = await link(world), await world.stage.code()
    clock.advance(days=1)
    page = await world.browser.get(path)
    assert (await world.browser.post(path, data={**hidden(page), "code": code})).status_code == 400
    assert await status(world) == "UNCONFIRMED"


async def test_only_confirmations_are_links(world):
    """Codes for a new address or a new password are codes."""
    await world.stage.person()
    token = (await world.stage.tokens())["AccessToken"]
    await world.stage.public("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
    assert re.fullmatch(r"Your confirmation code is \d{6}", (await world.stage.mail())[-1]["body"])


async def test_other_pages_stay_closed(world):
    """An app that does not sign in with these pages gets no sign-in page by this."""
    assert (await world.browser.get(f"/forgotPassword?client_id={world.client}")).status_code == 400
    assert (await world.browser.get("/confirmUser?client_id=unknown")).status_code == 400


async def test_own_words(services, invoke):
    template = {**LINK, "EmailMessageByLink": "<p>Hi {username}, {##press##}</p>", "EmailSubjectByLink": "Welcome"}
    stage = await build(services, invoke, **EMAIL_POOL, VerificationMessageTemplate=template)
    sub = (await stage.sign_up())["UserSub"]
    [letter] = await stage.mail()
    assert letter["subject"] == "Welcome"
    assert re.fullmatch(rf'<p>Hi {sub}, <a href="http://[^"]+">press</a></p>', letter["body"])
    described = (await stage.admin("DescribeUserPool"))["UserPool"]
    assert described["VerificationMessageTemplate"] == template


async def test_code_of_a_link_confirms_through_the_api_too(world):
    await world.stage.sign_up()
    assert await world.stage.confirm() == {}
    assert (await refused(world.stage.confirm(code="123456"))).code == "NotAuthorizedException"
