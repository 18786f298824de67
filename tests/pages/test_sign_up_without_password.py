"""An account without a password, on the hosted pages: offered where codes can stand in for it, and nowhere else."""

import re

import pytest
from oauth_world import answered, make_world
from operations.choices_stage import policy
from operations.stage import EMAIL_POOL, PASSWORD

BUTTON = "Sign up without a password"
NEW = "new@example.com"
ATTRIBUTES = {"AutoVerifiedAttributes": EMAIL_POOL["AutoVerifiedAttributes"]}
FLOWS = ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"]


async def opened(services, invoke, *factors, flows=FLOWS):
    world = await make_world(services, invoke, ExplicitAuthFlows=flows)
    await world.stage.admin("UpdateUserPool", **ATTRIBUTES, **policy(*factors))
    return world


@pytest.fixture
async def world(services, invoke):
    return await opened(services, invoke, "PASSWORD", "EMAIL_OTP")


def alert(page):
    found = re.search(r'role="alert" id="problem".*?<p>(.*?)</p>', page.text, re.DOTALL)
    return found.group(1) if found else ""


async def signed_up(world, name=NEW, **fields):
    page = await world.show("/signup")
    return await world.post(page, "/signup", {"username": name, "password": "", "without": "password", **fields})


async def test_one_code_signs_up_and_in(world):
    """The code that proves the address is the only one on the way to the app."""
    page = await signed_up(world)
    wrong = await world.post(page, "/confirmUser", {"code": "000000"})
    assert (await world.stage.user(NEW))["UserStatus"] == "UNCONFIRMED"
    done = await world.post(wrong, "/confirmUser", {"code": await world.stage.code(NEW)})
    assert answered(done)["state"] == "s-1"
    found = await world.stage.user(NEW)
    assert found["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in found["UserAttributes"]
    assert len(await world.stage.mail(NEW)) == 1


async def test_a_second_code(world):
    """A code that was asked for again does the same."""
    page = await signed_up(world)
    again = await world.browser.post(
        f"/resendcode?{world.query()}",
        data=dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)),
    )
    done = await world.post(again, "/confirmUser", {"code": await world.stage.code(NEW)})
    assert answered(done)["state"] == "s-1"


async def test_a_code_for_another_address(world):
    """The code of an address that was replaced confirms, but no other code could follow it: sign-in begins anew."""
    page, changed = await signed_up(world), [{"Name": "email", "Value": "newer@example.com"}]
    sub = (await world.stage.user(NEW))["Username"]
    await world.stage.admin("AdminUpdateUserAttributes", Username=sub, UserAttributes=changed)
    done = await world.post(page, "/confirmUser", {"username": sub, "code": await sign_up_code(world)})
    assert "Your account is confirmed. Sign in to go on." in done.text
    assert (await world.stage.user(sub))["attributes"]["email_verified"] == "false"


async def sign_up_code(world):
    return next(each["code"] for each in await world.stage.mail(NEW) if each["purpose"] == "sign_up")


async def test_with_a_password_as_before(world):
    """Whoever chose a password is asked for it."""
    page = await world.post(await world.show("/signup"), "/signup", {"username": NEW, "password": PASSWORD})
    confirmed = await world.post(page, "/confirmUser", {"code": await world.stage.code(NEW)})
    assert "Your account is confirmed. Sign in to go on." in confirmed.text


async def test_no_name(world):
    page = await signed_up(world, "")
    assert (page.status_code, alert(page)) == (400, "Enter who you are first.")


@pytest.mark.parametrize(
    ("factors", "flows"),
    [
        (["PASSWORD"], FLOWS),
        (["PASSWORD", "WEB_AUTHN"], FLOWS),
        (["PASSWORD", "SMS_OTP"], FLOWS),
        (["PASSWORD", "EMAIL_OTP"], ["ALLOW_USER_PASSWORD_AUTH"]),
    ],
)
async def test_where_it_is_not_offered(services, invoke, factors, flows):
    """Nor taken from a form that asks for it all the same."""
    world = await opened(services, invoke, *factors, flows=flows)
    assert BUTTON not in (await world.show("/signup")).text
    page = await signed_up(world)
    assert page.status_code == 400
    assert alert(page)
    login = await world.sign_in(NEW, PASSWORD)
    assert alert(login) == "Incorrect username or password."


async def test_where_it_is_offered(world):
    assert BUTTON in (await world.show("/signup")).text
