"""The front ends that `poolhouse init --frontend` writes: built by their compilers, and used in Chromium against the server.

Next's page is checked by TypeScript alone, and Expo and `ng build` are not installed: React Native runs as
react-native-web, and Angular's own compiler makes the code that Vite packs.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from clients import web_app
from clients.admin_queries_example import seed
from clients.browser import Tab
from clients.development import MODULES, Backend, User
from clients.javascript import NODE

from poolhouse.cli.starting import started

RICHARD = User("richard", "richard")
LABELS = {"username": "User name", "password": "Password", "group": "Group"}
NATIVE_ENTRY = """\
import { AppRegistry } from "react-native";
import App from "../App";

AppRegistry.registerComponent("admin", () => App);
AppRegistry.runApplication("admin", { rootTag: document.getElementById("root") });
"""
in_browser = pytest.mark.asyncio(loop_scope="session")


def begun(folder: Path, template: str, frontend: str, backend: Backend) -> Path:
    """The front end in a folder of its own, beside what a running `poolhouse dev` has written."""
    started(folder, template, frontend).write()
    shutil.copy(backend.project / "poolhouse_local.js", folder)
    shutil.copytree(backend.project / ".amplify", folder / ".amplify")
    (folder / "node_modules").symlink_to(MODULES)
    return folder


def node(folder: Path, script: str, *arguments: str) -> None:
    done = subprocess.run([NODE, MODULES / script, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tsc(folder: Path) -> None:
    node(folder, "typescript/bin/tsc", "--noEmit")


def vite(folder: Path) -> Path:
    web_app.vite("build", str(folder), "--logLevel", "error", "--target", "esnext", "--minify", "false")
    return folder / "dist"


def angular(folder: Path) -> Path:
    """`ngc` compiles the templates, strictly; the libraries are linked when they run."""
    out = folder / "out"
    node(folder, "@angular/compiler-cli/bundles/src/bin/ngc.js", "-p", "tsconfig.json", "--outDir", str(out))
    page = (folder / "src" / "index.html").read_text()
    scripts = '<script type="module">import "@angular/compiler"; import "/src/main.js";</script>'
    (out / "index.html").write_text(page.replace("</body>", f"{scripts}</body>"))
    (out / "node_modules").symlink_to(MODULES)
    return vite(out)


def react_native(folder: Path) -> Path:
    """The same page on the web's components, without Expo around it."""
    (folder / "src" / "entry.tsx").write_text(NATIVE_ENTRY)
    (folder / "tsconfig.json").write_text('{"compilerOptions": {"jsx": "react-jsx"}}')
    (folder / "vite.config.js").write_text(
        'export default { resolve: { alias: { "react-native": "react-native-web" } } };'
    )
    (folder / "index.html").write_text('<div id="root"></div><script type="module" src="/src/entry.tsx"></script>')
    return vite(folder)


def react(folder: Path) -> Path:
    tsc(folder)
    return vite(folder)


BUILDS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "react": ("admin-actions", react),
    "vue": ("admin-queries", vite),
    "angular": ("admin-actions", angular),
    "react-native": ("admin-queries", react_native),
}


@pytest.fixture(params=BUILDS)
def built(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Backend, str]]:
    """The template, the server and the origin of the app."""
    if not MODULES.exists():
        pytest.fail("The JavaScript packages are missing: run scripts/node-packages.")
    template, build = BUILDS[request.param]
    backend = request.getfixturevalue("sqlite_backend" if template == "admin-actions" else "sqlite_queries")
    with ExitStack() as serving:
        folder = build(begun(tmp_path / "app", template, request.param, backend))
        yield template, backend, serving.enter_context(web_app.serve_folder(folder))


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


def test_next(sqlite_queries: Backend, tmp_path: Path) -> None:
    """Layout and page are React's; what Next adds to them is not installed."""
    tsc(begun(tmp_path / "app", "admin-queries", "next", sqlite_queries))
