"""What the sign-in page offers beside the password: codes without a script, and passkeys with our own one."""

import html
import json
import re

import pytest
from cases import each
from oauth_world import answered, hidden, make_world
from operations.authenticators import Authenticator
from operations.choices_stage import complete, policy
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD

ALL = {"EMAIL_OTP": "E-mail me a code", "WEB_AUTHN": "Use a passkey"}
NOT_FOR_YOU = "This does not work for your account. Sign in another way."


async def changed(world, *factors, relying_party="localhost"):
    """The pool allows these first factors from now on."""
    await world.stage.admin("UpdateUserPool", **EMAIL_ATTRIBUTES, **policy(*factors))
    configured = {"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": relying_party}}
    await world.stage.admin("SetUserPoolMfaConfig", **configured)


EMAIL_ATTRIBUTES = {"AutoVerifiedAttributes": EMAIL_POOL["AutoVerifiedAttributes"]}


@pytest.fixture
async def world(services, invoke):
    """Pages at localhost, which is the pool's relying party."""
    made = await make_world(services, invoke, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"])
    made.browser.base_url = "http://localhost:4500"
    await changed(made, "PASSWORD", "EMAIL_OTP", "WEB_AUTHN")
    return made


def offered(page):
    return dict(
        re.findall(r'<button class="second" name="way" value="(\w+)" formnovalidate>([^<]+)</button>', page.text)
    )


def alert(page):
    found = re.search(r'role="alert" id="problem".*?<p>(.*?)</p>', page.text, re.DOTALL)
    return found.group(1) if found else ""


async def chosen(world, way, name=EMAIL):
    page = await world.show("/login")
    return await world.post(page, "/login", {"username": name, "password": "", "way": way})


async def registered(world):
    """A passkey of the user, as the app registered it."""
    answer = await world.stage.by_password()
    access = answer["AuthenticationResult"]["AccessToken"]
    started = await world.stage.public("StartWebAuthnRegistration", AccessToken=access)
    authenticator = Authenticator()
    await complete(world.stage, access, authenticator.make(started["CredentialCreationOptions"]))
    return authenticator


@each(
    "factors, relying_party, wanted",
    [
        (["PASSWORD"], "localhost", {}),
        (["PASSWORD", "EMAIL_OTP"], "localhost", {"EMAIL_OTP": "E-mail me a code"}),
        (["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"], "localhost", ALL),
        (["PASSWORD", "WEB_AUTHN"], "example.com", {}),
    ],
)
async def test_what_is_offered(world, factors, relying_party, wanted):
    """As the pool allows; a passkey only where browsers would let this address use it."""
    await changed(world, *factors, relying_party=relying_party)
    page = await world.show("/login")
    assert offered(page) == wanted
    assert "script-src" not in page.headers["content-security-policy"]


async def test_nothing_beside_the_password_of_apps_without_the_flow(services, invoke):
    """An app that does not list USER_AUTH has no other first factor here either, whatever the pool allows."""
    world = await make_world(services, invoke, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    await changed(world, "PASSWORD", "EMAIL_OTP", "WEB_AUTHN")
    assert offered(await world.show("/login")) == {}
    before = await world.stage.mail()
    page = await chosen(world, "EMAIL_OTP")
    assert alert(page) == NOT_FOR_YOU
    assert await world.stage.mail() == before


async def test_nothing_beside_the_password_where_a_second_factor_is_demanded(world):
    totp = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    await world.stage.admin("SetUserPoolMfaConfig", MfaConfiguration="ON", **totp)
    assert offered(await world.show("/login")) == {}


async def test_sign_in_with_a_code(world):
    """Without a password, and whatever flows the client itself may start."""
    page = await chosen(world, "EMAIL_OTP")
    assert "a***@e***" in page.text
    wrong = await world.post(page, "/login", {"code": "000000"})
    assert alert(wrong) in {
        "Invalid code or auth state for the user.",
        "That code is not right. Check it and try again.",
    }
    done = await world.post(wrong, "/login", {"code": await world.stage.code()})
    assert answered(done)["state"] == "s-1"


async def test_code_for_nobody(world):
    """The page for a name that nobody has is one of those that a real user may see."""
    pages = [await chosen(world, "EMAIL_OTP", f"a{number}@example.com") for number in range(8)]
    assert {(page.status_code, alert(page)) for page in pages} <= {(200, ""), (400, NOT_FOR_YOU)}
    assert any(page.status_code == 200 and "a***@e***" in page.text for page in pages)


async def test_sign_in_with_a_passkey(world):
    """The script may run on this page alone; what it sends signs in."""
    authenticator = await registered(world)
    page = await chosen(world, "WEB_AUTHN")
    assert page.headers["content-security-policy"].endswith("script-src 'self'")
    options = json.loads(html.unescape(re.search(r'data-options="([^"]+)"', page.text).group(1)))
    credential = json.dumps(authenticator.sign(options))
    done = await world.post(page, "/login", {"credential": credential})
    assert answered(done)["state"] == "s-1"


async def test_passkey_that_does_not_fit(world):
    """The sign-in begins anew; nobody is signed in."""
    await registered(world)
    page = await chosen(world, "WEB_AUTHN")
    options = json.loads(html.unescape(re.search(r'data-options="([^"]+)"', page.text).group(1)))
    refused = await world.post(page, "/login", {"credential": json.dumps(Authenticator().sign(options))})
    assert (refused.status_code, alert(refused)) == (400, "The passkey was not accepted.")
    assert not any("session" in name for name in world.browser.cookies)


async def test_script(world):
    """Static, from our own address, and told apart by its content."""
    await registered(world)
    page = await chosen(world, "WEB_AUTHN")
    (address,) = re.findall(r'<script src="([^"]+)" defer>', page.text)
    script = await world.browser.get(address)
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert "navigator.credentials.get" in script.text
    assert "noscript" in page.text
    assert " disabled>Continue with passkey</button>" in page.text  # until the script can answer


@each(
    "way, name, words",
    [
        ("WEB_AUTHN", "", "Enter who you are first."),
        ("PASSWORD", EMAIL, NOT_FOR_YOU),
        ("SMS_OTP", EMAIL, NOT_FOR_YOU),
        ("<b>", EMAIL, NOT_FOR_YOU),
    ],
)
async def test_ways_that_are_refused(world, way, name, words):
    page = await chosen(world, way, name)
    assert (page.status_code, alert(page)) == (400, words)
    assert "step" not in hidden(page)


async def test_password_still_signs_in(world):
    assert answered(await world.sign_in(EMAIL, PASSWORD))["state"] == "s-1"
