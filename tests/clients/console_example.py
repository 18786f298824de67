"""A project whose pool delegates its administration, with people in it, for the console in a real browser."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from clients.browser import Tab, tab
from clients.console_tour import enter
from clients.development import EXAMPLE, Backend, Development, User
from playwright.async_api import Browser, StorageState

from poolhouse.cli.console_links import new_link

AUTH = """
from amplify.data.add_user_to_group.resource import add_user_to_group

from poolhouse import define_auth

auth = define_auth(
    login_with={"email": True},
    groups=["ADMINS", "SUPPORT", "EDITORS", "CUSTOMERS"],
    user_attributes={"custom:team": {"data_type": "String", "mutable": True}},
    access=lambda allow: [allow.resource(add_user_to_group).to(["addUserToGroup"])],
    delegation=lambda allow: [
        allow.group("ADMINS").to(["manageUsers", "manageGroupMembership", "listUsers", "listGroups"]),
        allow.group("SUPPORT").to(
            [
                "getUser",
                "listUsers",
                "listGroups",
                "listGroupsForUser",
                "addUserToGroup",
                "removeUserFromGroup",
                "disableUser",
                "enableUser",
                "resetUserPassword",
                "updateUserAttributes",
            ],
            members_of=["CUSTOMERS", "EDITORS"],
            assigns=["EDITORS"],
        ),
    ],
)
"""
SPARE = "SPARE"
"""A group that no rule of the delegation names."""
PEOPLE = (
    ("Ada Lovelace", "analytics"),
    ("Grace Hopper", "compilers"),
    ("Katherine Johnson", "orbits"),
    ("Mary Jackson", "wind tunnels"),
    ("Radia Perlman", "bridges"),
    ("Annie Easley", "rockets"),
    ("Hedy Lamarr", "radio"),
    ("Karen Spärck Jones", "search"),
    ("Barbara Liskov", "types"),
    ("Frances Allen", "compilers"),
    ("Sophie Wilson", "processors"),
    ("Evelyn Boyd Granville", "orbits"),
)


class ConsoleBackend:
    """The running server, and the browser states of an operator, a delegate and an outsider."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.support = backend.new_user("SUPPORT", name="support")
        self.customer = backend.new_user("CUSTOMERS", name="customer")
        self.outsider = backend.new_user(name="outsider")
        self.states: dict[str, StorageState] = {}

    @property
    def url(self) -> str:
        return self.backend.url

    def at(self, path: str) -> str:
        return f"{self.url}/console/{self.backend.pool_id}{path}"

    async def link(self) -> str:
        """What `poolhouse console-link` prints."""
        return await asyncio.to_thread(new_link, self.backend.project, None, None)

    async def state(self, browser: Browser, who: str) -> StorageState:
        """The cookies of somebody who signed in; each signs in once."""
        if who not in self.states:
            async with tab(browser) as window:
                if who == "operator":
                    await enter(window, await self.link())
                else:
                    await self.sign_in(window, getattr(self, who))
                self.states[who] = await window.context.storage_state()
        return self.states[who]

    async def sign_in(self, window: Tab, user: User) -> None:
        """On the pool's own pages, as people do."""
        await window.page.goto(self.at("/overview"))
        await window.click("Sign in")
        await window.fill(username=user.email, password=user.password)
        await window.page.get_by_role("button", name="Sign in", exact=True).click()
        await window.page.wait_for_url(self.at("/overview"))


@contextmanager
def running(folder: Path) -> Iterator[ConsoleBackend]:
    example, project = folder / "example", folder / "project"
    shutil.copytree(EXAMPLE, example / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    (example / "amplify" / "auth" / "resource.py").write_text(AUTH)
    project.mkdir()
    server = Development(project, example=example / "amplify")
    try:
        with closing(server.backend()) as backend:
            _people(backend)
            backend.root.create_group(UserPoolId=backend.pool_id, GroupName=SPARE, Precedence=9)
            yield ConsoleBackend(backend)
    finally:
        server.stop()


def _people(backend: Backend) -> None:
    """A list that is worth looking at."""
    for place, (name, team) in enumerate(PEOPLE):
        first, _, last = name.partition(" ")
        email = f"{first}.{last}@example.com".lower().replace(" ", "-").replace("ä", "a")
        given = {"email": email, "email_verified": "true", "name": name, "given_name": first, "family_name": last}
        entries = [{"Name": key, "Value": value} for key, value in (given | {"custom:team": team}).items()]
        backend.root.admin_create_user(
            UserPoolId=backend.pool_id, Username=email, UserAttributes=entries, MessageAction="SUPPRESS"
        )
        if place % 4:
            backend.root.admin_set_user_password(
                UserPoolId=backend.pool_id, Username=email, Password="Correct-Horse-9", Permanent=True
            )
        if place % 3 == 0:
            backend.root.admin_add_user_to_group(UserPoolId=backend.pool_id, Username=email, GroupName="CUSTOMERS")
    backend.root.admin_disable_user(UserPoolId=backend.pool_id, Username="hedy.lamarr@example.com")
