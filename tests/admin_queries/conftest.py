"""Servers with Admin Queries on both databases, and workers with settings of a test's own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from admin_queries.stage import EVERYTHING, GENERATED, Stage, Workers, write_project
from app.conftest import settings_for
from app.running import serving
from fresh import new_database

KINDS = [pytest.param(kind, marks=pytest.mark.xdist_group(f"admin-{kind}")) for kind in ("sqlite", "postgresql")]
PROJECTS = {"plain": GENERATED, "everything": EVERYTHING}
Open = Callable[..., Awaitable[Workers]]


@pytest.fixture(scope="session")
def stages(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Stage]]:
    """Starts a server when it is first wanted; all end with the tests, and before the database."""
    started: dict[tuple[str, str], Stage] = {}
    with ExitStack() as running:

        def stage(kind: str, name: str) -> Stage:
            if (kind, name) not in started:
                folder = write_project(tmp_path_factory.mktemp(name), PROJECTS[name])
                address = f"sqlite:///{folder}/test.db" if kind == "sqlite" else new_database(postgresql_server)
                started[kind, name] = Stage(running.enter_context(serving(settings_for(address), folder)), folder)
            return started[kind, name]

        yield stage


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stage(kind: str, stages: Callable[[str, str], Stage]) -> Stage:
    """What the generated files make: the group Admins may call the eleven routes."""
    return stages(kind, "plain")


@pytest.fixture
def everything(kind: str, stages: Callable[[str, str], Stage]) -> Stage:
    """Every option is on."""
    return stages(kind, "everything")


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[Open]:
    """`await workers({"GROUP": "Admins"})`: the function without a server; `of=stage` gives it that stage's pool, and
    `endpoint` another user pool.
    """
    opened: list[Workers] = []

    async def start(environment: dict[str, str], of: Stage | None = None, **more: str) -> Workers:
        made = Workers(of, of.project if of else write_project(tmp_path), **more)
        opened.append(made)
        await made.start(environment)
        return made

    yield start
    for one in opened:
        await one.stop()
