"""Admin Queries called by a page of another origin in Chromium: what a browser lets the page see."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clients import web_app
from clients.admin_queries_example import seed
from clients.browser import Tab
from clients.development import Backend, User

from poolhouse.client import sign_in

RICHARD = User("richard", "richard")
ASK = """async ([address, method, headers, body]) => {
  try {
    const answer = await fetch(address, { method, headers, body });
    const text = await answer.text();
    return [answer.status, text ? JSON.parse(text) : null, answer.headers.get("x-amzn-requestid") !== null];
  } catch (error) {
    return [error.name];
  }
}"""
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    """A page of an origin that the server knows nothing about."""
    (tmp_path / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><title>Elsewhere</title>')
    with web_app.serve_folder(tmp_path) as origin:
        yield origin


class Elsewhere:
    """The page, and what it may read of the API's answers."""

    def __init__(self, window: Tab, backend: Backend) -> None:
        self.window, self.root = window, backend.outputs["custom"]["API"]["AdminQueries"]["endpoint"]

    async def asks(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> list[Any]:
        answer = await self.window.page.evaluate(ASK, [f"{self.root}{path}", method, headers, body])
        # The browser's own words about a call that its rules stopped are no error of the page.
        self.window.problems.clear()
        return list(answer)


@pytest.fixture
def token(queries: Backend) -> str:
    return sign_in(queries.outputs, "alice", seed.PASSWORD).access_token


async def test_every_answer_can_be_read(queries: Backend, page: str, window: Tab, token: str) -> None:
    """200, 400, 401, 403 and 404 with their bodies: none looks like a broken network; the preflight lets Flutter's and
    Swift's headers through.
    """
    queries.remove(RICHARD, "Editors")
    await window.page.goto(page)
    elsewhere, known = Elsewhere(window, queries), {"authorization": token, "content-type": "application/json"}
    more = {**known, "x-amz-user-agent": "amplify-flutter", "x-amz-date": "20240102T030405Z"}
    body = '{"username":"richard","groupname":"Editors"}'
    added = [200, {"message": "Success adding richard to Editors"}, True]
    assert await elsewhere.asks("POST", "/addUserToGroup", more, body) == added
    assert queries.groups_of(RICHARD) == ["Editors"]
    assert (await elsewhere.asks("GET", "/listUsersInGroup?groupname=Editors", known))[0] == 200
    refusals = {
        ("GET", "/getUser", token): [400, {"message": "username is required"}, True],
        ("GET", "/getUser", ""): [401, {"message": "Unauthorized"}, True],
        ("GET", "/getUser", "[object Object]"): [401, {"message": "Unauthorized"}, True],
        ("GET", "/nothing", token): [404, {"message": "Not Found"}, True],
        ("DELETE", "", token): [403, None, True],
    }
    for (method, path, given), wanted in refusals.items():
        status, told, has_id = await elsewhere.asks(method, path, {"authorization": given})
        assert [status, told if wanted[1] else None, has_id] == wanted, path


async def test_a_strange_header_is_stopped_by_the_browser(queries: Backend, page: str, window: Tab, token: str) -> None:
    """The preflight does not allow everything: the call never leaves, and nothing happens."""
    queries.remove(RICHARD, "Editors")
    await window.page.goto(page)
    headers = {"authorization": token, "x-strange": "1"}
    body = '{"username":"richard","groupname":"Editors"}'
    assert await Elsewhere(window, queries).asks("POST", "/addUserToGroup", headers, body) == ["TypeError"]
    assert queries.groups_of(RICHARD) == []
