"""/passkeys/add: whoever is signed in in this browser makes a passkey and goes back to the app; nobody else does."""

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from cases import each
from oauth_world import CALLBACK, make_world
from operations.authenticators import Authenticator
from operations.choices_stage import policy
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD

ATTRIBUTES = {"AutoVerifiedAttributes": EMAIL_POOL["AutoVerifiedAttributes"]}
ANY = ["ALLOW_USER_PASSWORD_AUTH"]


async def allowed(world, *factors, relying_party="localhost"):
    await world.stage.admin("UpdateUserPool", **ATTRIBUTES, **policy(*factors))
    configured = {"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": relying_party}}
    await world.stage.admin("SetUserPoolMfaConfig", **configured)


@pytest.fixture
async def world(services, invoke):
    """Pages at localhost, which is the pool's relying party."""
    made = await make_world(services, invoke, ExplicitAuthFlows=ANY, DefaultRedirectURI="http://localhost:3000/")
    made.browser.base_url = "http://localhost:4500"
    await allowed(made, "PASSWORD", "WEB_AUTHN")
    return made


async def opened(world, **more):
    """As an app links to the page."""
    return await world.browser.get("/passkeys/add", params={"client_id": world.client, "redirect_uri": CALLBACK} | more)


async def signed_in(world):
    """The page, which asks for the sign-in first."""
    sent_off = await opened(world)
    assert sent_off.status_code == 303
    login = await world.browser.get(sent_off.headers["location"])
    done = await posted(world, login, username=EMAIL, password=PASSWORD)
    assert done.headers["location"].startswith("/passkeys/add?")
    return await world.browser.get(done.headers["location"])


async def posted(world, page, **fields):
    """The page's own form."""
    form = page.text.partition("<form")[2].partition("</form>")[0]
    target = html.unescape(re.search(r'action="([^"]+)"', form).group(1))
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    return await world.browser.post(target, data={**hidden, **fields})


def made(page, authenticator=None):
    options = json.loads(html.unescape(re.search(r'data-options="([^"]+)"', page.text).group(1)))
    return json.dumps((authenticator or Authenticator()).make(options))


async def passkeys(world):
    access = (await world.stage.by_password())["AuthenticationResult"]["AccessToken"]
    return (await world.stage.public("ListWebAuthnCredentials", AccessToken=access))["Credentials"]


def alert(page):
    found = re.search(r'role="alert" id="problem".*?<p>(.*?)</p>', page.text, re.DOTALL)
    return found.group(1) if found else ""


async def test_from_sign_in_to_passkey(world):
    """The sign-in leads on to the page and gives the app nothing; the passkey leads back."""
    page = await signed_in(world)
    assert page.headers["content-security-policy"].endswith("script-src 'self'")
    assert " disabled>Create passkey</button>" in page.text  # until the script can answer
    authenticator = Authenticator()
    done = await posted(world, page, credential=made(page, authenticator))
    assert (done.status_code, done.headers["location"]) == (303, CALLBACK)
    assert [each["CredentialId"] for each in await passkeys(world)] == [authenticator.id]


async def test_signed_in_already(world):
    """No sign-in is asked for; without an address the app's default one is gone back to."""
    await world.sign_in()
    page = await opened(world, redirect_uri="")
    done = await posted(world, page, credential=made(page))
    assert done.headers["location"] == "http://localhost:3000/"


async def test_an_app_that_takes_tokens(services, invoke):
    """The way back is checked as for any sign-in of the app, whichever flow it uses."""
    world = await make_world(services, invoke, AllowedOAuthFlows=["implicit"], ExplicitAuthFlows=ANY)
    world.browser.base_url = "http://localhost:4500"
    await allowed(world, "PASSWORD", "WEB_AUTHN")
    query = parse_qs(urlsplit((await opened(world)).headers["location"]).query)
    assert (query["response_type"], query["then"]) == (["token"], ["passkey"])


@pytest.fixture
async def form(world):
    return await signed_in(world)


@each(
    "credential, words",
    [
        ("", "Your browser sent no passkey."),
        ("{", "Your browser sent no passkey."),
        ("[" * 9_000, "Your browser sent no passkey."),
        ("1" * 20_001, "Credential is not the answer of an authenticator."),
        ('{"id": "AAAA"}', "Credential is not the answer of an authenticator."),
    ],
)
async def test_what_is_no_passkey(world, form, credential, words):
    refused = await posted(world, form, credential=credential)
    assert (refused.status_code, alert(refused)) == (400, words)
    assert await passkeys(world) == []


async def test_a_page_that_was_open_for_too_long(world, clock):
    """The same page again, whose options are new."""
    page = await signed_in(world)
    clock.advance(seconds=301)
    again = await posted(world, page, credential=made(page))
    assert (again.status_code, alert(again)) == (400, "That took too long. Try again.")
    assert (await posted(world, again, credential=made(again))).status_code == 303
    assert len(await passkeys(world)) == 1


async def test_once(world):
    """What registered once registers nothing again, in the same browser."""
    page = await signed_in(world)
    credential = made(page)
    await posted(world, page, credential=credential)
    again = await posted(world, page, credential=credential)
    assert (again.status_code, alert(again)) == (400, "That took too long. Try again.")
    assert len(await passkeys(world)) == 1


async def test_another_users_page(world):
    """A passkey that was begun for one user does not become another one's."""
    page = await signed_in(world)
    await world.stage.person("bob@example.com")
    await world.browser.get(f"/logout?client_id={world.client}&logout_uri=https://app.example.com/bye")
    await world.sign_in("bob@example.com")
    bobs = await opened(world)
    refused = await posted(world, bobs, credential=made(page))
    assert alert(refused) == "That took too long. Try again."
    assert await passkeys(world) == []


@pytest.mark.parametrize("end", ["signed out", "disabled", "other password", "expired"])
async def test_somebody_whose_session_has_ended(world, clock, end):
    """The form leads to the sign-in, and makes nothing."""
    page = await signed_in(world)
    clock.advance(seconds=1)
    if end == "signed out":
        await world.stage.admin("AdminUserGlobalSignOut", Username=EMAIL)
    elif end == "disabled":
        await world.stage.admin("AdminDisableUser", Username=EMAIL)
    elif end == "other password":
        await world.stage.admin("AdminSetUserPassword", Username=EMAIL, Password=PASSWORD, Permanent=True)
    else:
        clock.advance(seconds=3598)
        page = await opened(world)
        clock.advance(seconds=2)
    done = await posted(world, page, credential=made(page))
    assert (done.status_code, done.headers["location"].partition("?")[0]) == (303, "/login")
    if end == "disabled":
        await world.stage.admin("AdminEnableUser", Username=EMAIL)
    assert await passkeys(world) == []


async def test_a_forged_form(world):
    """Another site's form shows the page and makes nothing, whatever credential it brings."""
    page = await signed_in(world)
    data = {"credential": made(page)}
    forged = await world.browser.post(f"/passkeys/add?client_id={world.client}&redirect_uri={CALLBACK}", data=data)
    assert (forged.status_code, forged.headers["location"].partition("?")[0]) == (303, "/passkeys/add")
    assert await passkeys(world) == []


async def test_a_user_with_as_many_as_possible(world):
    page = await signed_in(world)
    for _ in range(20):
        assert (await posted(world, page, credential=made(page))).status_code == 303
        page = await opened(world)
    assert (page.status_code, alert(page)) == (429, "A user can have at most 20 passkeys.")
    assert "<script" not in page.text
    assert len(await passkeys(world)) == 20


@pytest.mark.parametrize(
    ("factors", "relying_party", "more", "words"),
    [
        (["PASSWORD"], "localhost", {}, "This app does not use passkeys."),
        (["PASSWORD", "WEB_AUTHN"], "example.com", {}, "Passkeys of this app cannot be made at this address."),
        (
            ["PASSWORD", "WEB_AUTHN"],
            "localhost",
            {"redirect_uri": "https://evil.example.com/"},
            "The address to return to is not registered for this app.",
        ),
        (["PASSWORD", "WEB_AUTHN"], "localhost", {"client_id": "nobodys"}, "The app that sent you here is not known."),
    ],
)
async def test_links_that_do_not_work(world, factors, relying_party, more, words):
    await world.sign_in()
    await allowed(world, *factors, relying_party=relying_party)
    page = await opened(world, **more)
    assert (page.status_code, "location" in page.headers) == (400, False)
    assert words in page.text
