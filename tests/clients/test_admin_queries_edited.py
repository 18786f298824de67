"""A function that its user edits in a running `poolhouse dev`: a new route works at once, and no command takes it away."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from cli.command import run
from clients.admin_queries_example import QUERIES, seed
from clients.development import Backend, Development

from poolhouse.client import sign_in

COMMENT = "\n# Ours: how many people are there?\n"
ROUTE = """

@get("/countUsers")
def count_users(request: Request, _caller: Caller) -> Answer:
    return {"message": len(cognito.list_users(UserPoolId=POOL, Limit=60)["Users"])}
"""
COMMANDS = {
    "check": 200,
    "manifest": 200,
    "generate outputs --out-dir generated": 200,
    "pull --out-dir pulled": 200,
    "update auth --yes --admin-group Editors": 403,
    "update auth --yes --admin-group Admins": 200,
    "push --yes --out-dir pushed": 200,
    "remove admin-queries --yes": 404,
    "update auth --yes --admin-group Admins --extra-route createUser": 200,
    "status": 200,
}
"""Commands, and how the user's own route answers an Admin after each of them."""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    server = Development(tmp_path_factory.mktemp("edited"), example=QUERIES)
    try:
        with closing(server.backend()) as running:
            seed.seed(running.root, running.pool_id)
            yield running
    finally:
        server.stop()


@pytest.fixture(scope="module")
def admin(backend: Backend) -> Iterator[httpx.Client]:
    """Calls the API as alice."""
    session = sign_in(backend.outputs, "alice", seed.PASSWORD, endpoint=backend.url)
    address = backend.outputs["custom"]["API"]["AdminQueries"]["endpoint"]
    with httpx.Client(base_url=address, headers={"authorization": session.access_token}, timeout=20) as client:
        yield client


@pytest.fixture
def actions(backend: Backend, admin: httpx.Client) -> Iterator[Path]:
    """The routes' source, for one test to edit."""
    path = next((backend.project / "amplify" / "backend" / "function").glob("*/src/actions.py"))
    generated = path.read_text()
    until(admin, "/countUsers", 404)
    yield path
    path.write_text(generated)
    until(admin, "/countUsers", 404)
    until(admin, "/listGroups", 200)


def until(admin: httpx.Client, path: str, status: int) -> float:
    """Seconds until the path is answered so."""
    began = time.monotonic()
    while (answer := admin.get(path)).status_code != status:
        assert time.monotonic() - began < 30, answer.text
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_route_is_added(admin: httpx.Client, actions: Path) -> None:
    """The next requests are answered by the edited source; routes that were there stay."""
    actions.write_text(actions.read_text() + ROUTE)
    print(f"\nserved {until(admin, '/countUsers', 200):.2f} s after the edit")
    assert admin.get("/countUsers").json() == {"message": len(seed.USERS)}
    assert len(admin.get("/listUsersInGroup", params={"groupname": "Editors"}).json()["Users"]) == 25


def test_a_mistake_is_mended(admin: httpx.Client, actions: Path) -> None:
    """Source that cannot be read fails calls without telling callers why; mended source serves again."""
    generated = actions.read_text()
    actions.write_text("def broken(:\n")
    until(admin, "/listGroups", 502)
    assert admin.get("/listGroups").json() == {"message": "Internal server error"}
    actions.write_text(generated + ROUTE)
    until(admin, "/countUsers", 200)


def test_no_command_takes_it_away(backend: Backend, admin: httpx.Client, actions: Path) -> None:
    """Comments and routes of the user's own stay, byte by byte, and are served, whatever the commands change around them."""
    actions.write_text(actions.read_text() + COMMENT + ROUTE)
    until(admin, "/countUsers", 200)
    files = {path: path.read_bytes() for path in actions.parent.iterdir() if path.is_file()}
    for command, status in COMMANDS.items():
        done = run(*command.split(), cwd=backend.project)
        assert done.returncode == 0, (command, done.stderr)
        assert {path: path.read_bytes() for path in files} == files, command
        until(admin, "/countUsers", status)
