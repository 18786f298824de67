"""The ways into the console and out of it, and what ends a session."""

import re
from dataclasses import replace

import httpx
import pytest
from cases import each
from pages.console.console_world import (
    ADMIN,
    BASE,
    CUSTOMER,
    STRANGER,
    SUPPORT,
    alert,
    hidden,
    listed,
    make_console,
    path_of,
)
from starlette.routing import Router

from poolhouse.operations import audit
from poolhouse.pages.console import console_routes
from poolhouse.store import delegations

HOUR = 3600


async def is_in(console) -> bool:
    return (await console.get("/users")).status_code == 200


# --- the operator ------------------------------------------------------------------------------------------


async def test_link_opens_the_console(console):
    """A button first, then the console; who came in is on record."""
    page = await console.browser.get(console.link())
    assert (page.status_code, await is_in(console)) == (200, False)
    entered = await console.browser.post("/console/enter", data=hidden(page))
    assert (entered.status_code, entered.headers["location"]) == (303, "/console")
    assert await is_in(console)
    events = await audit.events(console.services, operation="EnterConsole")
    assert [event.actor for event in events] == ["arn:aws:iam::000000000000:root"]


async def test_preview_of_a_link_uses_nothing_up(console):
    """Whatever opens links before people do asks with GET or HEAD."""
    link = console.link()
    for _ in range(3):
        await console.new_browser().get(link)
        await console.new_browser().head(link)
    page = await console.browser.get(link)
    assert (await console.browser.post("/console/enter", data=hidden(page))).status_code == 303


async def test_link_is_good_once(console):
    link = console.link()
    page = await console.browser.get(link)
    await console.browser.post("/console/enter", data=hidden(page))
    other = console.new_browser()
    again = await other.get(link)
    assert (again.status_code, "does not work any more" in again.text) == (403, True)
    refused = await other.post("/console/enter", data={**hidden(page), "csrf": hidden(again).get("csrf", "")})
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)


async def test_link_is_good_for_five_minutes(console, clock):
    page = await console.browser.get(console.link())
    clock.advance(seconds=301)
    assert (await console.browser.post("/console/enter", data=hidden(page))).status_code == 403
    assert not await is_in(console)


@each("token", ["", "x", "A" * 200, "\0"])
async def test_made_up_link(console, token):
    page = await console.browser.get("/console/enter", params={"token": token})
    assert page.status_code == 403
    assert (await console.browser.post("/console/enter", data={**hidden(page), "token": token})).status_code == 403
    assert not await is_in(console)


async def test_enter_needs_the_page_in_this_browser(console):
    """Somebody else's link in a form of another browser opens nothing."""
    page = await console.browser.get(console.link())
    other = console.new_browser()
    assert (await other.post("/console/enter", data=hidden(page))).status_code == 403
    crossed = await console.browser.post(
        "/console/enter", data=hidden(page), headers={"origin": "https://evil.example"}
    )
    assert crossed.status_code == 403
    assert (await console.browser.post("/console/enter", data=hidden(page))).status_code == 303


async def test_operator_is_idle(operator, clock):
    """Half an hour without a request ends the session; with requests it goes on, for eight hours."""
    clock.advance(seconds=1700)
    assert await is_in(operator)
    clock.advance(seconds=1700)
    assert await is_in(operator)
    clock.advance(seconds=1801)
    assert not await is_in(operator)


async def test_operator_works_eight_hours(operator, clock):
    for _ in range(19):
        clock.advance(seconds=1500)
        assert await is_in(operator)
    clock.advance(seconds=400)
    assert not await is_in(operator)


async def test_sign_out_ends_copies_of_the_cookie(operator):
    kept = dict(operator.browser.cookies)
    page = await operator.get("/users")
    assert (await operator.browser.post("/console/sign-out", data=hidden(page))).headers["location"] == "/console"
    assert not await is_in(operator)
    copy = operator.new_browser()
    copy.cookies.update(kept)
    assert (await copy.get(operator.at("/users"))).status_code == 303


async def test_sign_out_needs_its_proof(operator):
    assert (await operator.browser.post("/console/sign-out", data={"csrf": "x"})).status_code == 403
    assert await is_in(operator)


async def test_cookies(services, console):
    """HttpOnly, Lax, for the whole host; over TLS also Secure, with the prefix that binds them to it."""
    page = await console.browser.get(console.link())
    entered = await console.browser.post("/console/enter", data=hidden(page))
    cookie = next(c for c in entered.headers.get_list("set-cookie") if c.startswith("poolhouse-console="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


async def test_changed_cookie(operator):
    name, value = "poolhouse-console", operator.browser.cookies["poolhouse-console"]
    for changed in (value[:-2] + "AA", value[2:], "", "x" * 5000):
        browser = operator.new_browser()
        browser.cookies.set(name, changed)
        assert (await browser.get(operator.at("/users"))).status_code == 303


# --- people ------------------------------------------------------------------------------------------------


async def test_delegate_signs_in_with_the_pools_own_pages(console):
    """Code, PKCE and state; the tokens never reach the browser."""
    back = await console.sign_in(SUPPORT)
    assert (back.status_code, back.headers["location"]) == (303, "/console")
    page = await console.get("/users")
    assert listed(page) == [CUSTOMER]
    assert "Delegated access" in page.text
    assert not any("eyJ" in value for value in console.browser.cookies.values())


async def test_page_that_was_asked_for_comes_after_the_sign_in(console):
    asked = await console.get("/users", q="cust")
    start = re.search(r'href="(/console/sign-in\?[^"]+)"', (await console.followed(asked)).text).group(1)
    back = await console.sign_in(SUPPORT, start=start.replace("&amp;", "&"))
    assert back.headers["location"] == console.at("/users?q=cust")


@pytest.mark.parametrize(
    "then", ["https://evil.example/", "//evil.example", "/console//evil.example", "/login", "/console/\\x"]
)
async def test_nobody_is_sent_elsewhere_after_the_sign_in(console, then):
    await console.browser.get("/console", params={"then": then})
    start = await console.browser.get("/console/sign-in", params={"then": then})
    assert start.headers["location"].startswith("/oauth2/authorize?")
    back = await console.sign_in(SUPPORT, start=f"/console/sign-in?then={then}")
    assert back.headers["location"] == "/console"


@pytest.mark.parametrize("who", [ADMIN, CUSTOMER, STRANGER])
async def test_nobody_without_a_rule_sees_anything(console, who):
    """Also not a member of the strongest group, as no rule speaks of it."""
    assert (await console.sign_in(who)).status_code == 303
    for path in ("/users", "/user", "/users/new"):
        page = await console.get(path, name=await console.name(CUSTOMER))
        assert (page.status_code, "not open to you" in page.text, SUPPORT in page.text) == (403, True, False)
    assert "Sign out" in page.text


async def test_callback_of_a_sign_in_that_was_not_begun_here(console):
    """Login CSRF: the state belongs to the browser that began it."""
    other = console.new_browser()
    page = await console._walk(await console.browser.get("/console/sign-in"), until="/login")
    query = str(page.url).partition("?")[2]
    fields = {**hidden(page), "username": SUPPORT, "password": "Correct-Horse9"}
    callback = (await console.browser.post(f"/login?{query}", data=fields)).headers["location"]
    assert callback.startswith(f"{BASE}/console/callback?code=")
    refused = await other.get(callback)
    assert (refused.status_code, alert(refused) != "") == (403, True)
    assert (await console.browser.get(callback)).status_code == 303
    assert (await console.browser.get(callback)).status_code == 403


async def test_refusal_on_the_way_back(console):
    way = await console.browser.get("/console/sign-in")
    state = re.search(r"state=([^&]+)", way.headers["location"]).group(1)
    refused = await console.browser.get(f"/console/callback?error=access_denied&error_description=No+way&state={state}")
    assert (refused.status_code, alert(refused)) == (403, "No way")


async def test_sign_out_of_a_person(support):
    """The pool's pages forget him too, so that one click does not bring him back."""
    page = await support.get("/users")
    out = await support.browser.post("/console/sign-out", data=hidden(page))
    assert path_of(out) == "/logout"
    home = await support.browser.get(out.headers["location"])
    assert home.headers["location"] == f"{BASE}/console"
    again = await support._walk(await support.browser.get("/console/sign-in"), until="/login")
    assert again.status_code == 200


@pytest.mark.parametrize("what", ["revoked", "disabled", "deleted", "left the group", "rule taken away", "signed out"])
async def test_what_ends_a_persons_session_at_once(support, what):
    admin = support.stage.admin
    assert await is_in(support)
    if what == "revoked":
        session = (await admin("AdminListUserSessions", Username=SUPPORT))["Sessions"][-1]["SessionId"]
        await admin("AdminRevokeUserSession", Username=SUPPORT, SessionId=session)
    elif what == "disabled":
        await admin("AdminDisableUser", Username=SUPPORT)
    elif what == "deleted":
        await admin("AdminDeleteUser", Username=SUPPORT)
    elif what == "left the group":
        await admin("AdminRemoveUserFromGroup", Username=SUPPORT, GroupName="SUPPORT")
    elif what == "rule taken away":
        async with support.services.database.write() as tx:
            await delegations.remove(tx, support.stage.pool)
    else:
        await admin("AdminUserGlobalSignOut", Username=SUPPORT)
    page = await support.get("/users")
    assert page.status_code in {303, 403}
    assert CUSTOMER not in page.text


async def test_person_works_as_long_as_his_tokens(support, clock):
    for _ in range(19):
        clock.advance(seconds=1500)
        assert await is_in(support)
    clock.advance(seconds=400)
    assert not await is_in(support)


async def test_person_sees_no_other_pool(support, invoke):
    other = (await invoke("CreateUserPool", {"PoolName": "others"}))["UserPool"]["Id"]
    assert (await support.browser.get(f"/console/{other}/users")).status_code == 404
    assert (await support.browser.get("/console/pools")).status_code == 403


async def test_nobody_signs_in_without_a_delegation(console):
    console.applied[0] = replace(console.applied[0], console_client_id=None)
    page = await console.browser.get("/console")
    assert (page.status_code, 'href="/console/sign-in' in page.text) == (200, False)
    assert (await console.browser.get("/console/sign-in")).status_code == 404


async def test_cookies_over_tls(services, invoke):
    """Secure, and with the prefix that binds them to this very host."""
    settings = replace(services.settings, public_url="https://id.example.com")
    console = await make_console(replace(services, settings=settings), invoke)
    page = await console.browser.get(console.link())
    made = page.headers["set-cookie"]
    assert made.startswith("__Host-poolhouse-console-door=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(made.split("; "))


async def test_new_root_key_ends_the_sessions_under_the_old_one(operator):
    """Of the same database and master key."""
    kept = dict(operator.browser.cookies)
    settings = replace(operator.services.settings, root_access_key_id="AKIATESTOTHERTESTOTHER")
    services = replace(operator.services, settings=settings)
    routed = Router(console_routes(services, lambda: operator.applied[0]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=routed), base_url=BASE) as browser:
        browser.cookies.update(kept)
        assert (await browser.get(operator.at("/users"))).status_code == 303
    assert await is_in(operator)
