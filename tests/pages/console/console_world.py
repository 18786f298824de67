"""The console over a pool with people in it, as an operator's, a delegate's and an outsider's browser see it."""

import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from operations.stage import PASSWORD, Stage, build
from starlette.routing import Router

from poolhouse.access.delegation import Rules
from poolhouse.define.manifest import VERSION, Delegate, Delegation, Manifest
from poolhouse.operations.backend import Applied
from poolhouse.operations.backend.console_client import NAME, client_settings
from poolhouse.operations.console import links
from poolhouse.operations.context import Services
from poolhouse.pages.console import console_routes
from poolhouse.pages.hosted import hosted_routes
from poolhouse.protocols.oauth import oauth_routes
from poolhouse.store import clients, delegations
from poolhouse.store.clients import Client

BASE = "http://127.0.0.1:4500"
GROUPS = {"ADMINS": 1, "SUPPORT": 5, "EDITORS": 10, "CUSTOMERS": 20}
SUPPORT_MAY = (
    "ListUsersInGroup",
    "ListGroups",
    "AdminGetUser",
    "AdminListGroupsForUser",
    "AdminListUserSessions",
    "AdminRevokeUserSession",
    "AdminAddUserToGroup",
    "AdminRemoveUserFromGroup",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminUpdateUserAttributes",
)
RULES = Rules(
    Delegation(
        (Delegate("SUPPORT", ("support",), SUPPORT_MAY, members_of=("CUSTOMERS",), assigns=("EDITORS",)),),
        protected=("ADMINS",),
    ),
    groups=tuple(GROUPS),
)
ADMIN, SUPPORT, CUSTOMER, STRANGER = (f"{name}@example.com" for name in ("admin", "support", "customer", "stranger"))
PEOPLE = {ADMIN: "ADMINS", SUPPORT: "SUPPORT", CUSTOMER: "CUSTOMERS", STRANGER: None}


@dataclass
class Console:
    """`browser` keeps cookies. `applied` is what the server says that its definitions became."""

    stage: Stage
    services: Services
    routed: Router
    applied: list[Applied]
    browser: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.browser = self.new_browser()

    def new_browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.routed), base_url=BASE)

    def at(self, path: str) -> str:
        return f"/console/{self.stage.pool}{path}"

    # --- ways in ---

    def link(self) -> str:
        return links.link(self.services.vault, BASE, self.services.clock())

    async def enter(self) -> httpx.Response:
        """Sign in as the operator."""
        page = await self.browser.get(self.link())
        return await self.browser.post("/console/enter", data=hidden(page))

    async def sign_in(self, email: str, *, start: str = "/console/sign-in") -> httpx.Response:
        """Sign in as somebody of the pool; the answer of the way back."""
        page = await self._walk(await self.browser.get(start), until="/login")
        query = urlsplit(str(page.url)).query
        fields = {**hidden(page), "username": email, "password": PASSWORD}
        return await self.browser.get((await self.browser.post(f"/login?{query}", data=fields)).headers["location"])

    async def _walk(self, response: httpx.Response, *, until: str) -> httpx.Response:
        for _ in range(6):
            if response.status_code == 200:
                assert response.url.path == until, response.url
                return response
            response = await self.browser.get(response.headers["location"])
        raise AssertionError(f"{until} never came")

    # --- pages ---

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.browser.get(self.at(path), params=query)

    async def post(self, path: str, fields: dict[str, Any], *, csrf: str | None = None, **query: str) -> httpx.Response:
        """A form of the session that the browser has."""
        proof = await self.csrf() if csrf is None else csrf
        return await self.browser.post(self.at(path), params=query, data={"csrf": proof, **fields})

    async def csrf(self) -> str:
        return hidden(await self.get("/users"))["csrf"]

    async def followed(self, response: httpx.Response) -> httpx.Response:
        """The page behind a form that was carried out."""
        assert response.status_code == 303, response.text
        return await self.browser.get(response.headers["location"])

    # --- people ---

    async def name(self, email: str) -> str:
        """The username, which is an id in this pool."""
        return (await self.stage.user(email))["Username"]

    async def state(self, email: str) -> dict[str, Any]:
        """Everything that an action could have changed."""
        found = await self.stage.user(email)
        held = await self.stage.admin("AdminListGroupsForUser", Username=email)
        return found | {"groups": sorted(group["GroupName"] for group in held["Groups"])}

    async def count(self) -> int:
        return len((await self.stage.admin("ListUsers"))["Users"])


def hidden(page: httpx.Response) -> dict[str, str]:
    """Every hidden member of the page's forms."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
    return {name: html.unescape(value) for name, value in found}


def alert(page: httpx.Response) -> str:
    """What the page complains of; "" when it does not."""
    found = re.search(r'role="alert"[^>]*>(?:<strong>[^<]*</strong><p>)?([^<]*)<', page.text)
    return html.unescape(found.group(1)) if found else ""


def told(page: httpx.Response) -> str:
    """What the page says that was done."""
    found = re.search(r'role="status"><p>([^<]*)', page.text)
    return html.unescape(found.group(1)).strip() if found else ""


def listed(page: httpx.Response) -> list[str]:
    """The users in a list, as people call them."""
    found = re.findall(r'<a class="person"[^>]*>.*?</span><span>([^<]*)', page.text)
    return [html.unescape(text) for text in found]


def actions(page: httpx.Response) -> list[str]:
    """The buttons of a user's page."""
    bar = page.text.partition('aria-label="Actions"')[2].partition("</nav>")[0]
    return re.findall(r">([^<>]+)</a>", bar)


def path_of(response: httpx.Response) -> str:
    return urlsplit(response.headers["location"]).path


async def make_console(services: Services, invoke: Any, *, people: bool = True, **settings: Any) -> Console:
    """With `people` there is one of each kind, and support may look after customers."""
    stage = await build(services, invoke, **settings)
    client = Client("consoleclientofthetestpool", stage.pool, NAME, client_settings(services.settings), None, 1, 1)
    async with services.database.write() as tx:
        await clients.add(tx, client)
        await delegations.put(tx, stage.pool, msgspec.json.encode(RULES).decode(), 1)
    manifest = Manifest(version=VERSION, name="app")
    applied = [Applied(backend="app", manifest=manifest, pool_id=stage.pool, console_client_id=client.id)]
    routes = [*oauth_routes(services), *hosted_routes(services), *console_routes(services, lambda: applied[0])]
    console = Console(stage, services, Router(routes), applied)
    if people:
        await _people(stage)
    return console


async def _people(stage: Stage) -> None:
    for name, precedence in GROUPS.items():
        await stage.admin("CreateGroup", GroupName=name, Precedence=precedence)
    for email, group in PEOPLE.items():
        await stage.person(email)
        if group is not None:
            await stage.admin("AdminAddUserToGroup", Username=email, GroupName=group)
