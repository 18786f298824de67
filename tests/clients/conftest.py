"""The real server on both databases, the JavaScript clients that talk to it, and the browser that shows its pages."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import pytest_asyncio
from clients import browser, console_example, in_front
from clients.admin_queries_example import QUERIES, hosted, seed
from clients.console_example import ConsoleBackend
from clients.development import EXAMPLE, MODULES, Backend, Development, User
from clients.javascript import Script
from fresh import new_database
from playwright.async_api import Browser


@pytest.fixture(scope="session")
def sqlite_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    yield from _running(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_backend(tmp_path_factory: pytest.TempPathFactory, postgresql_server: str) -> Iterator[Backend]:
    address = new_database(postgresql_server)
    yield from _running(tmp_path_factory.mktemp("postgresql"), "--database", address)


@pytest.fixture(scope="session")
def sqlite_queries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    yield from _running(tmp_path_factory.mktemp("queries-sqlite"), example=QUERIES)


@pytest.fixture(scope="session")
def postgresql_queries(tmp_path_factory: pytest.TempPathFactory, postgresql_server: str) -> Iterator[Backend]:
    address = new_database(postgresql_server)
    yield from _running(tmp_path_factory.mktemp("queries-postgresql"), "--database", address, example=QUERIES)


@pytest.fixture(scope="session")
def sqlite_secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    example = hosted(tmp_path_factory.mktemp("example"))
    yield from _running(tmp_path_factory.mktemp("secured-sqlite"), "--tls", example=example)


@pytest.fixture(scope="session")
def postgresql_secured(tmp_path_factory: pytest.TempPathFactory, postgresql_server: str) -> Iterator[Backend]:
    address, example = new_database(postgresql_server), hosted(tmp_path_factory.mktemp("example"))
    project = tmp_path_factory.mktemp("secured-postgresql")
    yield from _running(project, "--tls", "--database", address, example=example)


def _running(project: Path, *arguments: str, example: Path = EXAMPLE) -> Iterator[Backend]:
    server = Development(project, *arguments, example=example)
    try:
        with closing(server.backend()) as backend:
            yield backend
    finally:
        server.stop()


@pytest.fixture(scope="session")
def console_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleBackend]:
    """`poolhouse dev` on a project that delegates its administration, with people in it."""
    with console_example.running(tmp_path_factory.mktemp("console")) as started:
        yield started


@pytest.fixture(scope="session")
def front(sqlite_backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """`poolhouse dev` in front of the pool of `sqlite_backend`."""
    with in_front.running(sqlite_backend, tmp_path_factory.mktemp("front")) as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """`poolhouse dev`, once per database and test process."""
    found: Backend = request.getfixturevalue(f"{request.param}_backend")
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def queries(request: pytest.FixtureRequest) -> Backend:
    """`poolhouse dev` on the example with Admin Queries, with the people of its seed."""
    found: Backend = request.getfixturevalue(f"{request.param}_queries")
    seed.seed(found.root, found.pool_id)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def secured(request: pytest.FixtureRequest) -> Backend:
    """`poolhouse dev --tls` on the example with Admin Queries and hosted pages, with the people of its seed."""
    found: Backend = request.getfixturevalue(f"{request.param}_secured")
    seed.seed(found.root, found.pool_id)
    return found


@pytest.fixture
def script() -> Iterator[Callable[..., Script]]:
    """Starts a Node script; ended with the test."""
    if not MODULES.exists():
        pytest.fail("The JavaScript clients are missing: run scripts/node-packages.")
    with ExitStack() as started:
        yield lambda name, *arguments: started.enter_context(closing(Script(name, *arguments)))


@pytest.fixture
def tab(backend: Backend, script: Callable[..., Script]) -> Script:
    """A fresh browser tab, so to speak: aws-amplify v6, configured by the generated module, nobody signed in."""
    return script("amplify.mjs", str(backend.project))


@pytest.fixture
def signed_in(tab: Script) -> Callable[[User], Script]:
    """Signs the user in with SRP in the test's tab."""

    def sign_in(user: User) -> Script:
        answer = tab("signIn", {"username": user.email, "password": user.password})
        assert answer == {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}
        return tab

    return sign_in


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for this test process, started for the first test that asks; its loop is the session's."""
    async with browser.running() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def window(chromium: Browser) -> AsyncIterator[browser.Tab]:
    """A page with fresh cookies and storage. Tests that use it run in the session's loop."""
    async with browser.tab(chromium) as opened:
        yield opened
