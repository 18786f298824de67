import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app.running import project as copied
from cli.aws import BACKEND, define
from cli.command import started
from emulator import ministack
from emulator.faults import Faults, proxy
from fresh import new_database


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example."""
    return copied(tmp_path / "project")


@pytest.fixture
def postgresql(postgresql_server: str) -> str:
    """The address of an empty PostgreSQL database of the test's own."""
    return new_database(postgresql_server)


@pytest.fixture
def database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: of both kinds, one after the other."""
    if database_kind == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path}/cli.db"


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, str]]:
    """A project whose backend a server has applied, and its database: SQLite's, or one on the PostgreSQL server given."""

    @functools.cache
    def first_start(server: str) -> tuple[Path, str]:
        folder = tmp_path_factory.mktemp("first")
        project, database = copied(folder / "project"), new_database(server) if server else f"sqlite:///{folder}/cli.db"
        with started("dev", "--project", str(project), "--port", "0", "--database", database, cwd=project) as running:
            running.says("is ready")
            assert running.end() == 0
        return project, database

    return first_start


@pytest.fixture
def applied(database_kind: str, first_start, request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A project whose backend is applied, and its database: copies of the test's own, on both kinds."""
    server = str(request.getfixturevalue("postgresql_server")) if database_kind == "postgresql" else ""
    project, database = first_start(server)
    shutil.copytree(project, tmp_path / "project")
    if server:
        return tmp_path / "project", new_database(server, database)
    shutil.copy(database.removeprefix("sqlite:///"), tmp_path / "cli.db")
    return tmp_path / "project", f"sqlite:///{tmp_path}/cli.db"


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def given(faults: Faults) -> Iterator[dict[str, str]]:
    """The AWS configuration of an account in which nothing is yet, behind the proxy."""
    with proxy(ministack.shared(), faults) as url:
        yield ministack.configuration(url)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with a user pool and two groups."""
    folder = tmp_path / "shop"
    (folder / "amplify" / "auth").mkdir(parents=True)
    (folder / "amplify" / "backend.py").write_text(BACKEND)
    define(folder, ["ADMINS", "EDITORS"])
    return folder
