"""The real server on both databases, and the JavaScript clients that talk to it."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from clients.development import MODULES, Backend, Development, User
from clients.javascript import Script


@pytest.fixture(scope="session")
def sqlite_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    yield from _running(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_backend(tmp_path_factory: pytest.TempPathFactory, postgresql_server: str) -> Iterator[Backend]:
    project = tmp_path_factory.mktemp("postgresql")
    with ThreadPoolExecutor(1) as thread:  # away from the loops of the asynchronous tests
        thread.submit(asyncio.run, _create_database(postgresql_server, "clients")).result()
    yield from _running(project, "--database", urlsplit(postgresql_server)._replace(path="/clients").geturl())


def _running(project: Path, *arguments: str) -> Iterator[Backend]:
    server = Development(project, *arguments)
    try:
        with closing(server.backend()) as backend:
            yield backend
    finally:
        server.stop()


async def _create_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """`poolhouse dev`, once per database and test process."""
    found: Backend = request.getfixturevalue(f"{request.param}_backend")
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
