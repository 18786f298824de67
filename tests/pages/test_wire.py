"""What the hosted pages send: cookies, headers, escaped text, marks for readers and password managers."""

import dataclasses
import re

import pytest
from cases import each
from oauth_world import make_world
from operations.stage import EMAIL, PASSWORD

from poolhouse.pages import icon

PAGES = ["/login", "/signup", "/confirmUser", "/forgotPassword", "/confirmForgotPassword"]
EVIL = "\"'><img src=x onerror=alert(1)>"


@pytest.fixture
async def world(services, invoke):
    return await make_world(services, invoke)


async def test_cookies(world):
    """HttpOnly, Lax, named per pool; the session for an hour."""
    page = await world.show("/login")
    done = await world.post(page, "/login", {"username": EMAIL, "password": PASSWORD})
    cookies = page.headers.get_list("set-cookie") + done.headers.get_list("set-cookie")
    assert len(cookies) == 3
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert world.stage.pool in cookie.partition("=")[0]
    assert [("Max-Age=3600" in cookie) == ("session" in cookie) for cookie in cookies] == [True, True, True]


async def test_cookies_over_tls(services, invoke):
    """Behind https they are Secure and bound to the host by their prefix."""
    settings = dataclasses.replace(services.settings, public_url="https://id.example.com")
    world = await make_world(dataclasses.replace(services, settings=settings), invoke)
    (cookie,) = (await world.show("/login")).headers.get_list("set-cookie")
    assert cookie.startswith("__Host-poolhouse-visit-")
    assert "Secure" in cookie


@each("path", [*PAGES, "/error", "/nowhere-client"])
async def test_headers(world, path):
    """Never stored, framed or scripted; forms may lead to the app only."""
    query = world.query() if path != "/nowhere-client" else "client_id=unknown"
    page = await world.browser.get(f"{path.replace('/nowhere-client', '/login')}?{query}")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-frame-options"] == "DENY"
    if path in PAGES:
        assert "form-action 'self' https:" in policy
    assert "img-src 'self'" in policy
    assert f'<link rel="icon" href="{icon.url()}" type="image/svg+xml">' in page.text
    assert not re.search(r"<script|style=|<style|javascript:|\son\w+=", page.text)


async def test_form_action_of_an_apps_own_scheme(world):
    page = await world.show("/login", redirect_uri="myapp://back")
    assert page.headers["content-security-policy"].endswith("form-action 'self' myapp:")
    local = await world.show("/login", redirect_uri="http://localhost:3000/")
    assert local.headers["content-security-policy"].endswith("form-action 'self' http://localhost:3000")


@pytest.mark.parametrize("path", PAGES)
async def test_everything_is_escaped(services, invoke, path):
    """Names of apps, hints, states, names and codes of links, and typed values."""
    world = await make_world(services, invoke)
    more = {
        "login_hint": EVIL,
        "state": EVIL,
        "nonce": EVIL,
        "lang": EVIL,
        "user_name": EVIL,
        "confirmation_code": EVIL,
    }
    page = await world.show(path, **more)
    posted = await world.post(page, path, {"username": EVIL, "code": EVIL, "attribute.name": EVIL}, **more)
    for text in (page.text, posted.text):
        assert "<img" not in text
        assert not re.search(r"""["']>\s*<img""", text)
        assert "\"'>" not in text


async def test_stored_names_are_escaped(services, invoke):
    """A name that another way in accepted does not run on the pages."""
    world = await make_world(services, invoke, username_pool=True)
    await world.stage.sign_up("<b>ada</b>", UserAttributes=[{"Name": "email", "Value": "b@example.com"}])
    page = await world.sign_in("<b>ada</b>")
    assert "Confirm your account" in page.text
    assert "&lt;b&gt;ada" in page.text
    assert "<b>ada" not in page.text


async def test_fields_for_password_managers_and_readers(world):
    """Labels, autocomplete tokens, one heading, the language, and a problem that is announced."""
    page = (await world.show("/login")).text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert page.count("<h1") == 1
    assert '<html lang="en">' in page
    sign_up = (await world.show("/signup")).text
    assert 'autocomplete="new-password"' in sign_up
    confirm = (await world.show("/confirmUser")).text
    assert 'autocomplete="one-time-code"' in confirm
    for text in (page, sign_up, confirm):
        named = set(re.findall(r'<label for="([^"]+)"', text))
        assert named == set(re.findall(r'<input[^>]* id="([^"]+)"', text))


async def test_style_sheet(world):
    page = (await world.show("/login")).text
    address = re.search(r'rel="stylesheet" href="([^"]+)"', page).group(1)
    sheet = await world.browser.get(address)
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["cache-control"]


@each("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods(world, method):
    assert (await world.browser.request(method, f"/login?{world.query()}")).status_code == 405
    assert (await world.browser.get(f"/resendcode?{world.query()}")).status_code == 405


async def test_bodies_are_bounded(world):
    large = await world.browser.post(f"/login?{world.query()}", data={"username": "x" * 40_000})
    in_json = await world.browser.post(f"/login?{world.query()}", json={})
    assert (large.status_code, in_json.status_code) == (413, 415)
