"""The hosted pages as a browser sees them: every flow, forged forms, cookies, headers, escaping."""

import base64
import re

import pytest
from cases import each
from oauth_world import answered, hidden, make_world
from operations.factors_stage import enrol
from operations.stage import EMAIL, PASSWORD
from sqlalchemy import select

from poolhouse.crypto import totp
from poolhouse.store.schema import token_families
from poolhouse.store.statement import Statement


@pytest.fixture
async def world(services, invoke):
    return await make_world(services, invoke)


def alert(page) -> str:
    """What the page complains of; "" when it does not."""
    found = re.search(r'role="alert".*?<p>(.*?)</p>', page.text, re.DOTALL)
    return found.group(1) if found else ""


def app_code(secret: str, now: int) -> str:
    """What an authenticator app shows."""
    return totp.code(base64.b32decode(secret), totp.step_of(now))


# --- signing in --------------------------------------------------------------------------------------------


async def test_sign_in_needs_no_flow_of_the_client(services, invoke):
    """A password on our own page is ours to check, with a client that has a secret and allows SRP alone."""
    world = await make_world(services, invoke, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"], GenerateSecret=True)
    response = await world.sign_in()
    assert response.status_code == 303
    assert answered(response)["state"] == "s-1"


async def test_wrong_password_and_unknown_user_look_alike(world):
    """Same status, same words, the typed name kept, the password not."""
    wrong = await world.sign_in(password="Wrong-Horse9")
    unknown = await world.sign_in("nobody@example.com")
    assert (wrong.status_code, unknown.status_code) == (400, 400)
    assert alert(wrong) == alert(unknown) == "Incorrect username or password."
    assert f'value="{EMAIL}"' in wrong.text
    assert "Wrong-Horse9" not in wrong.text
    assert not any("session" in name for name in world.browser.cookies)


async def test_guessing_is_slowed_down(world):
    """The same counter as the API's: after five wrong passwords the right one waits as well."""
    for _ in range(5):
        await world.sign_in(password="Wrong-Horse9")
    response = await world.sign_in()
    assert (response.status_code, alert(response)) == (429, "Password attempts exceeded")


@each("name", ["\0", "a\0b@example.com", "x" * 500, "\r\n", " "])
async def test_odd_names_are_refused(world, name):
    assert (await world.sign_in(name)).status_code == 400


async def test_tokens_of_the_page_itself_end_at_once(world):
    """The sign-in behind the page leaves no living family but the app's own."""
    await world.sign_in()
    async with world.services.database.read() as tx:
        rows = await tx.all(Statement(select(token_families.c.revoked)), {})
    assert [row[0] is not None for row in rows] == [True]


async def test_disabled_user(world):
    await world.stage.admin("AdminDisableUser", Username=EMAIL)
    response = await world.sign_in()
    assert (response.status_code, alert(response)) == (400, "User is disabled.")


async def test_invited_user_chooses_a_password(world):
    """The temporary password leads to the new-password step; a weak one is refused and may be replaced."""
    await world.stage.admin(
        "AdminCreateUser", Username="eve@example.com", TemporaryPassword="Temporary-1x", MessageAction="SUPPRESS"
    )
    page = await world.sign_in("eve@example.com", "Temporary-1x")
    assert "Choose your password" in page.text
    weak = await world.post(page, "/login", {"password": "weak"})
    assert (weak.status_code, "Choose your password" in weak.text) == (400, True)
    done = await world.post(weak, "/login", {"password": "Brand-New-Horse1"})
    assert "code" in answered(done)
    assert (await world.stage.user("eve@example.com"))["UserStatus"] == "CONFIRMED"


async def test_step_of_another_browser_is_refused(world):
    """A step is bound to the browser that began it, even with a form of the other browser's own."""
    await world.stage.admin(
        "AdminCreateUser", Username="eve@example.com", TemporaryPassword="Temporary-1x", MessageAction="SUPPRESS"
    )
    page = await world.sign_in("eve@example.com", "Temporary-1x")
    own = await world.app.get(f"/login?{world.query()}")
    fields = {**hidden(own), "step": hidden(page)["step"], "password": "Brand-New-Horse1"}
    response = await world.app.post(f"/login?{world.query()}", data=fields)
    assert response.status_code == 400
    assert (await world.stage.user("eve@example.com"))["UserStatus"] == "FORCE_CHANGE_PASSWORD"


async def test_authenticator_app(world, clock):
    """The code step: wrong code stays there, right code leads back; without a code there is no way around it."""
    await world.stage.admin(
        "SetUserPoolMfaConfig", MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    access = (await world.stage.tokens())["AccessToken"]
    secret = (await world.stage.public("AssociateSoftwareToken", AccessToken=access))["SecretCode"]
    await world.stage.public("VerifySoftwareToken", AccessToken=access, UserCode=app_code(secret, clock()))
    await world.stage.public(
        "SetUserMFAPreference",
        AccessToken=access,
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    clock.advance(seconds=60)
    page = await world.sign_in()
    assert "authenticator app" in page.text
    assert (await world.authorize()).headers["location"].startswith("/login?")
    wrong = await world.post(page, "/login", {"code": "000000"})
    assert (wrong.status_code, "authenticator app" in wrong.text) == (400, True)
    done = await world.post(wrong, "/login", {"code": app_code(secret, clock())})
    assert "code" in answered(done)


async def test_authenticator_set_up_inside_sign_in(world, clock):
    """A pool that demands a second factor has it set up on the page."""
    await world.stage.admin(
        "SetUserPoolMfaConfig", MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    page = await world.sign_in()
    secret = re.search(r'aria-label="Key">([A-Z2-7 ]+)<', page.text).group(1).replace(" ", "")
    wrong = await world.post(page, "/login", {"code": "000000"})
    assert (wrong.status_code, alert(wrong)) == (400, "That code is not right. Check it and try again.")
    done = await world.post(wrong, "/login", {"code": app_code(secret, clock())})
    assert "code" in answered(done)


async def test_mail_set_up_inside_sign_in(world):
    """Where both are possible the page asks which; a mail that comes back is the second factor."""
    await world.stage.admin(
        "AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=[{"Name": "email_verified", "Value": "false"}]
    )
    await world.stage.admin(
        "SetUserPoolMfaConfig",
        MfaConfiguration="ON",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        EmailMfaConfiguration={},
    )
    page = await world.sign_in()
    assert page.text.count('type="radio"') == 2
    odd = await world.post(page, "/login", {"choice": "SMS_MFA"})
    assert odd.status_code == 400
    address = await world.post(page, "/login", {"choice": "EMAIL_OTP"})
    code = await world.post(address, "/login", {"email": EMAIL})
    assert "a***@e***" in code.text
    done = await world.post(code, "/login", {"code": await world.stage.code()})
    assert "code" in answered(done)


async def test_phone_set_up_inside_sign_in(world):
    """A number that is typed on the page gets a code, and is the second factor when it comes back."""
    await world.stage.admin("SetUserPoolMfaConfig", MfaConfiguration="ON", SmsMfaConfiguration={})
    page = await world.sign_in()
    assert 'name="phone_number"' in page.text
    odd = await world.post(page, "/login", {"phone_number": "12345"})
    assert odd.status_code == 400
    page = await world.sign_in()
    code = await world.post(page, "/login", {"phone_number": "+15551239934"})
    assert "+*******9934" in code.text
    done = await world.post(code, "/login", {"code": await world.stage.code("+15551239934")})
    assert "code" in answered(done)
    known = (await world.stage.user())["attributes"]
    assert (known["phone_number"], known["phone_number_verified"]) == ("+15551239934", "true")


async def test_choice_of_second_factors(world, clock):
    """With two factors and no preference the page asks which one."""
    factors = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "EmailMfaConfiguration": {}}
    await world.stage.admin("SetUserPoolMfaConfig", MfaConfiguration="OPTIONAL", **factors)
    await enrol(world.stage)
    both = {"SoftwareTokenMfaSettings": {"Enabled": True}, "EmailMfaSettings": {"Enabled": True}}
    await world.stage.admin("AdminSetUserMFAPreference", Username=EMAIL, **both)
    page = await world.sign_in()
    asked = await world.post(page, "/login", {"choice": "EMAIL_OTP"})
    done = await world.post(asked, "/login", {"code": await world.stage.code()})
    assert "code" in answered(done)


# --- accounts ----------------------------------------------------------------------------------------------


async def test_sign_up_confirm_sign_in(world):
    """All of it on the pages, the code from the inbox."""
    page = await world.show("/signup")
    fields = {"username": "new@example.com", "password": PASSWORD}
    confirm = await world.post(page, "/signup", fields)
    assert "n***@e***" in confirm.text
    wrong = await world.post(confirm, "/confirmUser", {"code": "000000x"})
    assert (wrong.status_code, bool(alert(wrong))) == (400, True)
    again = await world.post(confirm, "/resendcode", {})
    assert "new code" in again.text
    code = await world.stage.code("new@example.com")
    done = await world.post(again, "/confirmUser", {"code": code})
    assert "Your account is confirmed" in done.text
    assert "code" in answered(await world.sign_in("new@example.com"))


async def test_sign_up_refused(world):
    page = await world.show("/signup")
    weak = await world.post(page, "/signup", {"username": "new@example.com", "password": "weak"})
    taken = await world.post(page, "/signup", {"username": EMAIL, "password": PASSWORD})
    odd = await world.post(page, "/signup", {"username": "no address", "password": PASSWORD})
    assert [weak.status_code, taken.status_code, odd.status_code] == [400, 400, 400]
    assert alert(taken) == "User already exists"
    assert "weak" not in weak.text
    assert 'value="new@example.com"' in weak.text
    listed = (await world.stage.admin("ListUsers"))["Users"]
    assert len(listed) == 1


async def test_sign_up_cannot_write_what_clients_may_not(world):
    """Extra members of the form are attributes like any other: the operation refuses them."""
    page = await world.show("/signup")
    fields = {"username": "new@example.com", "password": PASSWORD, "attribute.email_verified": "true"}
    assert (await world.post(page, "/signup", fields)).status_code == 400
    assert len((await world.stage.admin("ListUsers"))["Users"]) == 1


async def test_sign_up_closed(world):
    await world.stage.admin(
        "UpdateUserPool", AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}, AutoVerifiedAttributes=["email"]
    )
    assert (await world.show("/signup")).status_code == 403
    assert "/signup" not in (await world.show("/login")).text


async def test_unconfirmed_user_is_led_to_the_code(world):
    await world.stage.sign_up("new@example.com")
    page = await world.sign_in("new@example.com")
    assert "Confirm your account" in page.text
    done = await world.post(page, "/confirmUser", {"code": await world.stage.code("new@example.com")})
    assert "Your account is confirmed" in done.text


async def test_link_of_a_message_only_fills_the_form_in(world):
    """A scanner that opens the link confirms nobody; the button does, without an authorization request."""
    await world.stage.sign_up("new@example.com")
    code = await world.stage.code("new@example.com")
    link = f"/confirmUser?client_id={world.client}&user_name=new%40example.com&confirmation_code={code}"
    page = await world.browser.get(link)
    assert (await world.stage.user("new@example.com"))["UserStatus"] == "UNCONFIRMED"
    done = await world.browser.post(f"/confirmUser?client_id={world.client}", data={**hidden(page), "code": code})
    assert "You are confirmed" in done.text
    assert (await world.stage.user("new@example.com"))["UserStatus"] == "CONFIRMED"


async def test_forgotten_password(world):
    page = await world.show("/forgotPassword")
    reset = await world.post(page, "/forgotPassword", {"username": EMAIL})
    code = await world.stage.code()
    fields = {"username": EMAIL, "code": code, "password": "Brand-New-Horse1"}
    wrong = await world.post(reset, "/confirmForgotPassword", {**fields, "code": "000000x"})
    assert wrong.status_code == 400
    done = await world.post(reset, "/confirmForgotPassword", fields)
    assert "Your password was changed" in done.text
    assert "code" in answered(await world.sign_in(password="Brand-New-Horse1"))


async def test_forgotten_password_tells_nobody_who_exists(world):
    page = await world.show("/forgotPassword")
    known = await world.post(page, "/forgotPassword", {"username": EMAIL})
    unknown = await world.post(page, "/forgotPassword", {"username": "zoe@example.com"})
    plain = re.compile(r'value="[^"]*"|[\w*]+@[\w.*]+|<span[^>]*>\w</span>')
    assert known.status_code == unknown.status_code == 200
    assert plain.sub("", known.text) == plain.sub("", unknown.text)
