"""The web front ends that `poolhouse init --frontend` writes: built by their own toolchains, and used in Chromium.

Each is built as `npm run build` builds it, from the files that init wrote and no other, with the packages that they name.
Expo exports its app for the web: what it builds for iOS and Android is not run here.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients import frontends
from clients.admin_queries_example import seed
from clients.browser import Tab
from clients.built import NODE
from clients.development import Backend, User

from poolhouse.cli.starting import Frontend, started

RICHARD = User("richard", "richard")
LABELS = {"username": "User name", "password": "Password", "group": "Group"}
in_browser = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(params=frontends.APPS)
def built(request: pytest.FixtureRequest) -> Iterator[tuple[str, Backend, str]]:
    """The template, the server and the origin of the app."""
    frontend: Frontend = request.param
    app = frontends.APPS[frontend]
    if not (app.packages / "node_modules").exists():
        pytest.fail("The JavaScript packages are missing: run scripts/node-packages.")
    backend = request.getfixturevalue("sqlite_backend" if app.template == "admin-actions" else "sqlite_queries")
    with frontends.serving(frontend, backend) as origin:
        yield app.template, backend, origin


async def fill(window: Tab, **fields: str) -> None:
    for name, value in fields.items():
        label = LABELS.get(name, "User id (sub)")
        field = f'input[name="{name}"], input[placeholder="{label}"], input[placeholder="User name"]'
        await window.page.locator(field).first.fill(value)


async def click(window: Tab, name: str) -> None:
    await window.page.get_by_role("button", name=name).click()


async def use(window: Tab, origin: str, caller: User, user: str) -> None:
    """Sign in as the caller, and add the user to the group that the page proposes."""
    await window.page.goto(origin)
    await fill(window, username=caller.email)
    await window.page.locator('input[type="password"]').fill(caller.password)
    await click(window, "Sign in")
    await window.page.get_by_role("status").get_by_text("Signed in").wait_for()
    await fill(window, user=user)
    await click(window, "Add to group")


@in_browser
async def test_who_may_and_who_may_not(built: tuple[str, Backend, str], window: Tab) -> None:
    """A member is refused and nothing happens; an admin is told that it is done, and it is."""
    template, backend, origin = built
    if template == "admin-actions":
        admin, member, group = backend.new_user("ADMINS"), backend.new_user(), "ADMINS"
        refusal = "Unauthorized"
    else:
        seed.seed(backend.root, backend.pool_id)
        backend.remove(RICHARD, "Editors")
        admin, member, group = (
            User("alice", "alice", seed.PASSWORD),
            User("richard", "richard", seed.PASSWORD),
            "Editors",
        )
        refusal = "User does not have permissions"
    await use(window, origin, member, member.sub)
    await window.page.get_by_role("alert").get_by_text(refusal).wait_for()
    assert backend.groups_of(member) == []
    await use(window, origin, admin, member.sub)
    await window.page.get_by_role("status").get_by_text(f"Added {member.sub} to {group}").wait_for()
    await window.look(f"frontend-{template}")
    assert backend.groups_of(member) == [group]


@pytest.mark.parametrize("frontend", frontends.APPS)
def test_the_packages_are_those_of_the_app(tmp_path: Path, frontend: Frontend) -> None:
    """Each range of the package.json that init writes holds the version that the app is tested with."""
    app = frontends.APPS[frontend]
    started(tmp_path, app.template, frontend).write()
    written = json.loads((tmp_path / "package.json").read_text())
    locked = json.loads((app.packages / "package-lock.json").read_text())["packages"]
    ranges = written["dependencies"] | written["devDependencies"]
    tested = {name: locked[f"node_modules/{name}"]["version"] for name in ranges}
    script = """
      const { satisfies } = require("semver");
      const [ranges, tested] = process.argv.slice(1).map((text) => JSON.parse(text));
      const outside = Object.keys(ranges).filter((name) => !satisfies(tested[name], ranges[name]));
      process.stdout.write(JSON.stringify(outside));
    """
    command = [NODE, "--eval", script, json.dumps(ranges), json.dumps(tested)]
    done = subprocess.run(command, cwd=frontends.PACKAGES, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
