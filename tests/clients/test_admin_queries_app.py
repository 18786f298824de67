"""The example's React app, built by Vite and used in Chromium from an origin of its own, and its aws-amplify v5 form."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clients import admin_queries_example
from clients.admin_queries_example import FOLDER, seed
from clients.browser import Tab
from clients.development import MODULES, Backend, User
from clients.javascript import Script, Thrown

RICHARD = User("richard", "richard")
EDITORS = ["richard", *seed.EDITORS]
REFUSED = "User does not have permissions to perform administrative tasks"
in_browser = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def backend(queries: Backend) -> Backend:
    """richard is not yet an editor."""
    queries.remove(RICHARD, "Editors")
    return queries


@pytest.fixture
def app(backend: Backend, tmp_path: Path) -> Iterator[str]:
    with admin_queries_example.serve(backend, tmp_path) as origin:
        yield origin


async def sign_in(window: Tab, app: str, name: str) -> None:
    await window.page.goto(app)
    await window.fill(username=name, password=seed.PASSWORD)
    await window.click("Sign in")
    await window.heading("Editors")


async def listed(window: Tab, told: str) -> list[str]:
    """Clicks, waits for what is told, and reads the names."""
    await window.click("List Editors")
    await window.page.get_by_role("status").get_by_text(told).wait_for()
    return await window.page.get_by_role("rowheader").all_text_contents()


@in_browser
async def test_both_buttons(backend: Backend, app: str, window: Tab) -> None:
    """An admin adds richard to the Editors, who then are shown, ten at a time."""
    await window.page.goto(app)
    await window.heading("Admin Queries")
    await window.look("admin-queries-sign-in")
    assert await window.barriers() == []
    await sign_in(window, app, "alice")
    assert backend.groups_of(RICHARD) == []
    await window.click("Add to Group")
    await window.sees("Success adding richard to Editors")
    assert backend.groups_of(RICHARD) == ["Editors"]
    pages = [await listed(window, "There are more") for _ in range(2)]
    await window.look("admin-queries-list")
    pages.append(await listed(window, "This is the last page"))
    assert [len(page) for page in pages] == [10, 10, 6]
    assert sorted(name for page in pages for name in page) == sorted(EDITORS)
    assert await window.barriers() == []


@in_browser
async def test_who_is_no_admin(backend: Backend, app: str, window: Tab) -> None:
    """Both buttons are refused, in words, and nothing happens."""
    await sign_in(window, app, "richard")
    for button in ("Add to Group", "List Editors"):
        await window.click(button)
        await window.page.get_by_role("alert").get_by_text(f"{REFUSED} (403)").wait_for()
    await window.look("admin-queries-refused")
    assert await window.page.get_by_role("table").count() == 0
    assert await window.barriers() == []
    assert backend.groups_of(RICHARD) == []


@in_browser
async def test_nobody_signs_up(app: str, window: Tab) -> None:
    """An administrators' app offers sign-in only."""
    await window.page.goto(app)
    await window.page.locator('input[name="password"]').wait_for()
    assert await window.page.get_by_text("Create Account").count() == 0


@pytest.fixture
def page_of_v5(backend: Backend, script: Callable[..., Script], tmp_path: Path) -> Script:
    """The example's file for aws-amplify v5, in a project that has this version."""
    module = tmp_path / "adminQueries.mjs"
    module.write_text((FOLDER / "app" / "v5" / "adminQueries.js").read_text())
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "aws-amplify").symlink_to(MODULES / "aws-amplify-v5")
    api = backend.outputs["custom"]["API"]["AdminQueries"]
    awsconfig = {
        "Auth": {
            "region": "us-east-1",
            "userPoolId": backend.pool_id,
            "userPoolWebClientId": backend.client_id,
            "endpoint": backend.url,
        },
        "API": {"endpoints": [{"name": "AdminQueries", "endpoint": api["endpoint"], "region": api["region"]}]},
    }
    return script("admin_queries5.mjs", json.dumps(awsconfig), str(module))


def test_the_form_of_v5(backend: Backend, page_of_v5: Script) -> None:
    """The page's calls: richard is added, and three pages hold all editors once."""
    page_of_v5("signIn", "alice", seed.PASSWORD)
    assert page_of_v5("addToGroup") == {"message": "Success adding richard to Editors"}
    assert backend.groups_of(RICHARD) == ["Editors"]
    pages = [page_of_v5("listEditors", 10)["Users"] for _ in range(3)]
    assert [len(page) for page in pages] == [10, 10, 6]
    assert sorted(user["Username"] for page in pages for user in page) == sorted(EDITORS)


def test_the_form_of_v5_by_who_is_no_admin(backend: Backend, page_of_v5: Script) -> None:
    page_of_v5("signIn", "richard", seed.PASSWORD)
    for call in (["addToGroup"], ["listEditors", 10]):
        with pytest.raises(Thrown, match="status code 403"):
            page_of_v5(*call)
    assert backend.groups_of(RICHARD) == []
