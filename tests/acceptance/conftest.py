"""Two real servers per database: this folder's project, and the printed example as AWS would guard it."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from acceptance.world import PROJECTS, World
from app.running import serving
from fresh import new_database

from poolhouse.config import Settings

SETTINGS = Settings(
    mode="dev",
    region="us-east-1",
    account_id="000000000000",
    host="127.0.0.1",
    port=0,
    database="",
    public_url="",
    behind_proxy=False,
    root_access_key_id="AKIATESTROOTTESTROOT",
    root_secret_access_key="test-root-secret-test-root-secret",
    master_key=b"0123456789abcdef0123456789abcdef",
    live_groups=True,
    signature_window=300,
    max_workers=2,
    metrics_port=0,
    log_level="error",
    log_format="json",
)
# One worker per database (--dist loadgroup), so that each server is started once.
KINDS = [pytest.param(kind, marks=pytest.mark.xdist_group(f"acceptance-{kind}")) for kind in ("sqlite", "postgresql")]
Worlds = Callable[[str, str], World]


@pytest.fixture(scope="session")
def worlds(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Starts a server when it is first wanted; all end with the tests, and before the database."""
    started: dict[tuple[str, str], World] = {}
    with ExitStack() as running:

        def world(kind: str, name: str) -> World:
            if (kind, name) not in started:
                folder = _copy(PROJECTS[name], tmp_path_factory.mktemp(name))
                address = f"sqlite:///{folder}/test.db" if kind == "sqlite" else new_database(postgresql_server)
                settings = dataclasses.replace(SETTINGS, database=address, live_groups=name == "world")
                started[kind, name] = World(running.enter_context(serving(settings, folder)))
            return started[kind, name]

        yield world


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(kind: str, worlds: Worlds) -> World:
    """This folder's project; a removed member is out at once."""
    return worlds(kind, "world")


@pytest.fixture
def as_aws(kind: str, worlds: Worlds) -> World:
    """The printed example, whose API has no key, on a server that believes a token's groups until it expires."""
    return worlds(kind, "as_aws")


def _copy(project: Path, folder: Path) -> Path:
    shutil.copytree(project / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    return folder
