"""Every page of the console in Chromium, scripts on and off, for a delegate, an outsider, and nobody signed in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from clients.browser import tab
from clients.console_example import SPARE, ConsoleBackend
from clients.development import User
from playwright.async_api import Browser, Page, expect

from poolhouse.pages.console.page import Page as Registered
from poolhouse.pages.console.registry import PAGES

# What the delegate may open, with every button and button-like link of its content. None has no page of its own, and is
# used by the tests of the actions. Whatever is in the registry and not here has to be refused to him.
WITHIN: dict[str, set[str] | None] = {
    "/overview": set(),
    "/users": {"Search"},
    "/user": {"Add", "Copy", "Disable …", "Edit the attributes", "Reset password"},
    "/user/attributes": {"Cancel", "Save changes"},
    "/user/disable": {"Cancel", "Disable"},
    "/user/enable": {"Cancel", "Enable"},
    "/user/groups/remove": {"Cancel", "Remove"},
    "/user/reset-password": {"Cancel", "Reset password"},
    "/groups": set(),
    "/group": {"Add to EDITORS", "Many at once"},
    "/group/bulk": {"Cancel", "See what would happen"},
    "/group/remove": {"Cancel", "Remove from EDITORS"},
    "/view-as": {"View"},
    **dict.fromkeys(("/group/report", "/group/run", "/user/groups/add")),
}
# What forms need to change something if they were carried out; each one types what has to be typed, too.
FORCED = {
    "/groups/new": {"name": "INTRUDERS", "step": "do"},
    "/group/edit": {"precedence": "0", "description": "mine", "step": "do"},
    "/users/new": {"email": "intruder@example.com", "username": "intruder@example.com"},
    "/user/set-password": {"password": "Other-Horse-99", "kind": "permanent"},
    "/clients/new": {"name": "Intruder"},
    "/messages/edit": {"code_sms": "{####}", "step": "do"},
    "/moving/import": {"name": "Intruder", "form": "csv"},
}
REFUSED = ["Not for you", "Your groups do not let you do anything on this page."]
ODD = ["Not this way", "This page cannot be asked for in this way.", "Back to the console"]
CLOSED = [
    "This console is not open to you",
    "Your account is in no group that may administer this pool. Ask somebody who runs it.",
]
# What a page shows; `main` without line breaks of its own reads the same whether it is drawn or only parsed.
SEEN = """(page) => ({
  text: page.querySelector("main").innerText.split("\\n").map((line) => line.trim()).filter(Boolean),
  entries: [...page.querySelectorAll("nav[aria-label=Console] a")].map((link) => link.textContent.trim()),
  buttons: [...new Set([...page.querySelectorAll("main button, main a.button")].map((one) => one.textContent.trim()))],
  links: [...page.querySelectorAll("main tbody th a")].map((link) => link.href),
})"""
# Sent by the open page itself, with its cookies and, for forms, the proof that it carries.
ASK = f"""async (asked) => Promise.all(asked.map(async ([url, fields]) => {{
  const csrf = document.querySelector("input[name=csrf]")?.value ?? "";
  const form = fields && {{ method: "POST", body: new URLSearchParams({{ ...fields, csrf }}) }};
  const answer = await fetch(url, form ?? {{}});
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return {{ status: answer.status, url: answer.url, ...({SEEN})(page) }};
}}))"""
pytestmark = pytest.mark.asyncio(loop_scope="session")


class Seen(NamedTuple):
    """An answer: the lines of its content, the navigation, the buttons, and whom or what its table lists."""

    status: int
    url: str
    text: list[str]
    entries: list[str]
    buttons: list[str]
    links: list[str]

    @property
    def names(self) -> set[str]:
        return {parse_qs(urlsplit(link).query)["name"][0] for link in self.links}


@pytest.fixture(scope="module")
def server(console_backend: ConsoleBackend) -> ConsoleBackend:
    return console_backend


@pytest.fixture(scope="module")
def people(server: ConsoleBackend) -> list[User]:
    """Three customers; the last one is stronger than the delegate."""
    made = [server.backend.new_user("CUSTOMERS") for _ in range(3)]
    server.backend.add(made[-1], "ADMINS")
    return made


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@asynccontextmanager
async def visiting(server: ConsoleBackend, chromium: Browser, who: str, *, script: bool) -> AsyncIterator[Page]:
    """Signed in on the pool's own pages, once for all tests."""
    state = await server.state(chromium, who)
    async with tab(chromium, java_script_enabled=script, storage_state=state) as window:
        yield window.page


def address(server: ConsoleBackend, page: Registered) -> str:
    """With whatever a page of the registry asks for, so that there would be something to see."""
    group = SPARE if page.path in {"/group/edit", "/group/delete"} else "EDITORS"
    name = group if page.path.startswith("/group") else server.customer.sub
    key = "1" if page.path.startswith("/audit") else server.backend.client_id
    asked = {"name": name, "user": server.customer.sub, "id": key, "kind": "confirm"}
    return server.at(f"{page.path}?{urlencode(asked)}")


async def opened(page: Page, url: str) -> Seen:
    answer = await page.goto(url, wait_until="domcontentloaded")
    assert answer is not None
    return Seen(answer.status, page.url, **await page.evaluate(f"() => ({SEEN})(document)"))


async def every_page(window: Page, server: ConsoleBackend, pages: Sequence[Registered]) -> dict[str, Seen]:
    """Those of the navigation are gone to, the others are asked for from there."""
    found = {page.path: await opened(window, address(server, page)) for page in pages if page.nav}
    rest = [page for page in pages if not page.nav]
    answers = await window.evaluate(ASK, [(address(server, page), None) for page in rest])
    return found | {page.path: Seen(**answer) for page, answer in zip(rest, answers, strict=True)}


async def every_form(window: Page, server: ConsoleBackend, pages: Sequence[Registered]) -> dict[str, Seen]:
    """Each as the one page that is open can send it."""
    forms = {page.path: address(server, page) for page in pages if page.posted}
    asked = []
    described = server.backend.root.describe_user_pool(UserPoolId=server.backend.pool_id)
    typed = {"/group": SPARE, "/keys/": described["UserPool"]["Name"]}
    for path, url in forms.items():
        confirm = next((name for start, name in typed.items() if path.startswith(start)), server.customer.email)
        asked.append((url, {"confirm": confirm, **FORCED.get(path, {})}))
    return {path: Seen(**answer) for path, answer in zip(forms, await window.evaluate(ASK, asked), strict=True)}


def state(server: ConsoleBackend) -> list[Any]:
    """All that a form of the console could change."""
    root, pool = server.backend.root, {"UserPoolId": server.backend.pool_id}
    groups = root.list_groups(**pool)["Groups"]
    return [
        groups,
        [root.list_users_in_group(**pool, GroupName=group["GroupName"])["Users"] for group in groups],
        root.list_users(**pool)["Users"],
        root.list_user_pool_clients(**pool)["UserPoolClients"],
        root.describe_user_pool(**pool)["UserPool"],
        root.list_user_import_jobs(**pool, MaxResults=9)["UserImportJobs"],
        httpx.get(f"{server.url}/{server.backend.pool_id}/.well-known/jwks.json").json(),
    ]


def members(server: ConsoleBackend, group: str) -> set[str]:
    found = server.backend.root.list_users_in_group(UserPoolId=server.backend.pool_id, GroupName=group)["Users"]
    return {user["Username"] for user in found}


async def test_people_sign_in(server: ConsoleBackend, chromium: Browser, script: bool) -> None:
    """On the pool's own pages with PKCE, and back to the page that they asked for."""
    asked: list[dict[str, list[str]]] = []
    async with tab(chromium, java_script_enabled=script) as window:
        window.page.on("request", lambda sent: asked.append(parse_qs(urlsplit(sent.url).query)))
        await server.sign_in(window, server.support)
    assert ["S256"] in [query.get("code_challenge_method") for query in asked]


async def test_delegate_on_every_page(server: ConsoleBackend, chromium: Browser, script: bool) -> None:
    """Within his delegation the buttons that it permits; without, a refusal of the page and of its form."""
    assert WITHIN.keys() <= {page.path for page in PAGES}
    before, outside = state(server), [page for page in PAGES if page.path not in WITHIN]
    entries = [page.nav.label for page in PAGES if page.nav and page.path in WITHIN]
    async with visiting(server, chromium, "support", script=script) as window:
        for page in PAGES:
            buttons = WITHIN.get(page.path)
            if buttons is not None:
                found = await opened(window, address(server, page))
                assert (page.path, found.status, set(found.buttons)) == (page.path, 200, buttons)
                assert found.entries == entries
        pages = await every_page(window, server, outside)
        forms = await every_form(window, server, outside)
    for page in outside:
        wanted = refusal(address(server, page), REFUSED, "Back to the console", entries)
        assert forms.get(page.path, wanted) == wanted
        assert pages[page.path] == (wanted if page.shown else wanted._replace(status=405, text=ODD))
    assert state(server) == before


def refusal(url: str, text: list[str], way: str, entries: Sequence[str] = ()) -> Seen:
    """What it says, one way on, and nothing else."""
    return Seen(403, url, [*text, way], [*entries], [way], [])


async def test_delegate_sees_his_circle(server: ConsoleBackend, chromium: Browser, script: bool) -> None:
    """The customers and nobody else; of another group neither its members nor a button."""
    async with visiting(server, chromium, "support", script=script) as window:
        assert (await opened(window, server.at("/users"))).names == members(server, "CUSTOMERS")
        for group in ("ADMINS", "CUSTOMERS", SPARE, "SUPPORT"):
            found = await opened(window, server.at(f"/group?name={group}"))
            wanted = members(server, group) if group == "CUSTOMERS" else set()
            assert (group, found.status, found.buttons, found.names) == (group, 200, [], wanted)
        for who in (server.outsider, server.support):
            found = await opened(window, server.at(f"/user?name={who.sub}"))
            assert (found.status, found.text[0], found.buttons) == (403, "That was refused", ["Back to the console"])
            assert who.email not in " ".join(found.text)


async def test_delegate_on_members(server: ConsoleBackend, chromium: Browser, people: list[User], script: bool) -> None:
    """One more and one less, on the group's page and on the user's; a stronger one neither comes in nor goes out."""
    user, *_, strong = people
    async with visiting(server, chromium, "support", script=script) as window:
        await window.goto(server.at("/groups"))
        await window.get_by_role("link", name="EDITORS").click()
        await submit(window, "Add to EDITORS", f"{user.sub} is now a member of EDITORS", user=user.sub)
        assert members(server, "EDITORS") == {user.sub}
        await submit(window, "Add to EDITORS", "a member of ADMINS, which outranks their own groups", user=strong.sub)
        assert members(server, "EDITORS") == {user.sub}
        await window.goto(server.at(f"/user?name={user.sub}"))
        await window.get_by_role("link", name="Remove from EDITORS").click()
        await submit(window, "Remove", "is no member of EDITORS any more")
        assert members(server, "EDITORS") == set()
        await window.get_by_label("Add to a group").select_option("EDITORS")
        await submit(window, "Add", "is a member of EDITORS now")
        assert members(server, "EDITORS") == {user.sub}
        await window.goto(server.at(f"/group/remove?name=EDITORS&user={user.sub}"))
        await submit(window, "Remove from EDITORS", f"{user.sub} is no longer a member of EDITORS")
        server.backend.add(strong, "EDITORS")
        await window.goto(server.at(f"/group/remove?name=EDITORS&user={strong.sub}"))
        await submit(window, "Remove from EDITORS", "a member of ADMINS, which outranks their own groups")
    assert members(server, "EDITORS") == {strong.sub}
    server.backend.remove(strong, "EDITORS")


async def test_delegate_on_a_user(server: ConsoleBackend, chromium: Browser, people: list[User], script: bool) -> None:
    """Attributes, a reset password, out and in again: each says what it will do and what it did, and is read back."""
    user, name = people[1], "Ida" if script else "Eda"
    root, pool = server.backend.root, server.backend.pool_id

    def now() -> Any:
        found = root.admin_get_user(UserPoolId=pool, Username=user.sub)
        known = {entry["Name"]: entry["Value"] for entry in found["UserAttributes"]}
        return found["UserStatus"], found["Enabled"], known.get("name"), known.get("custom:team")

    async with visiting(server, chromium, "support", script=script) as window:
        await window.goto(server.at(f"/user?name={user.sub}"))
        await window.get_by_role("link", name="Edit the attributes").click()
        await submit(window, "Save changes", "Changed name, custom:team.", **{"a-name": name, "a-custom:team": name})
        assert now() == ("CONFIRMED", True, name, name)
        await window.get_by_role("link", name="Edit the attributes").click()
        await expect(window.locator("main")).to_contain_text("You may change what is here, but remove nothing.")
        await submit(window, "Save changes", "may not perform AdminDeleteUserAttributes", **{"a-name": ""})
        await window.goto(server.at(f"/user?name={user.sub}"))
        await window.get_by_role("link", name="Reset password").click()
        await expect(window.locator("main")).to_contain_text("The password stops working now.")
        await submit(window, "Reset password", "A code to choose a new one is on its way")
        assert now() == ("RESET_REQUIRED", True, name, name)
        await window.get_by_role("link", name="Disable …").click()
        await expect(window.locator("main")).to_contain_text("signed out everywhere and cannot sign in until enabled")
        await submit(window, "Disable", "is disabled: signed out everywhere", confirm=user.email)
        assert now()[1] is False
        await window.get_by_role("link", name="Enable", exact=True).click()
        await submit(window, "Enable", "may sign in again.")
        assert now()[1] is True
    root.admin_set_user_password(UserPoolId=pool, Username=user.sub, Password=user.password, Permanent=True)


async def test_delegate_on_a_stronger_user(
    server: ConsoleBackend, chromium: Browser, people: list[User], script: bool
) -> None:
    """A customer who is an administrator too: no button, and the page that is asked for all the same does nothing."""
    strong = people[-1]
    async with visiting(server, chromium, "support", script=script) as window:
        found = await opened(window, server.at(f"/user?name={strong.sub}"))
        assert (found.status, found.buttons) == (403, ["Back to the console"])
        assert "a member of ADMINS, which outranks their own groups" in " ".join(found.text)
        for action in ("disable", "reset-password", "attributes"):
            found = await opened(window, server.at(f"/user/{action}?name={strong.sub}"))
            assert (action, found.status, found.buttons) == (action, 403, ["Back to the console"])
    assert server.backend.status_of(strong.sub) == "CONFIRMED"


async def test_remove_stands_beside_those_who_can_be_removed(
    server: ConsoleBackend, chromium: Browser, people: list[User], script: bool
) -> None:
    """A stronger member is listed without a button; the other one goes, after the page that says what it means."""
    weak, *_, strong = people
    for user in (weak, strong):
        server.backend.add(user, "EDITORS")
    async with visiting(server, chromium, "support", script=script) as window:
        await window.goto(server.at("/group?name=EDITORS"))
        rows = window.locator("tbody tr")
        await expect(rows).to_have_count(2)
        assert await rows.filter(has_text=strong.email).get_by_role("link", name="Remove").count() == 0
        await rows.filter(has_text=weak.email).get_by_role("link", name="Remove").click()
        await expect(window.locator("main")).to_contain_text("loses everything that only EDITORS may do")
        await submit(window, "Remove from EDITORS", "is no longer a member of EDITORS")
    assert members(server, "EDITORS") == {strong.sub}
    server.backend.remove(strong, "EDITORS")


async def test_delegate_on_a_list(server: ConsoleBackend, chromium: Browser, people: list[User], script: bool) -> None:
    """Each name is decided by itself: the stronger one is foretold as refused, and is."""
    async with visiting(server, chromium, "support", script=script) as window:
        await window.goto(server.at("/group?name=EDITORS"))
        await window.get_by_role("link", name="Many at once").click()
        await window.get_by_label("Names").fill("\n".join(user.sub for user in people))
        await submit(window, "See what would happen", "2 will be added, 1 refused")
        assert members(server, "EDITORS") == set()
        await submit(window, "Add 3 names", "3 of 3 done: 2 added, 1 refused.")
        await expect(window.locator("tbody tr").nth(2)).to_contain_text("a member of ADMINS, which outranks")
        async with window.expect_download() as download:
            await window.get_by_role("link", name="Download the report").click()
        rows = (await (await download.value).path()).read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[2] for row in rows[1:]] == ["added", "added", "refused"]
    assert members(server, "EDITORS") == {user.sub for user in people[:2]}
    for user in people[:2]:
        server.backend.remove(user, "EDITORS")


async def submit(window: Page, button: str, told: str, **fields: str) -> None:
    """Fill in, press, and read what became of it."""
    for name, value in fields.items():
        await window.locator(f'main input[name="{name}"]').fill(value)
    await window.get_by_role("button", name=button, exact=True).click()
    await expect(window.locator("main")).to_contain_text(told)


async def test_outsider_on_every_page(server: ConsoleBackend, chromium: Browser, script: bool) -> None:
    """No page, no form, no navigation: the same refusal everywhere, and a way out."""
    before = state(server)
    async with visiting(server, chromium, "outsider", script=script) as window:
        pages = await every_page(window, server, PAGES)
        forms = await every_form(window, server, PAGES)
    for page in PAGES:
        wanted = refusal(address(server, page), CLOSED, "Sign out")
        assert (pages[page.path], forms.get(page.path, wanted)) == (wanted, wanted)
    assert state(server) == before


async def test_nobody_on_every_page(server: ConsoleBackend, chromium: Browser, script: bool) -> None:
    """Pages lead to the sign-in, which leads back to them; forms are refused."""
    before = state(server)
    async with tab(chromium, java_script_enabled=script) as window:
        pages = await every_page(window.page, server, PAGES)
        forms = await every_form(window.page, server, PAGES)
    for page in PAGES:
        found, then = pages[page.path], address(server, page).removeprefix(server.url)
        assert (found.status, found.text[0], found.links) == (200, "Poolhouse console", [])
        assert found.url == f"{server.url}/console?{urlencode({'then': then})}"
    for path, found in forms.items():
        assert (path, found.status, found.text[0]) == (path, 403, "You are signed out")
    assert state(server) == before
