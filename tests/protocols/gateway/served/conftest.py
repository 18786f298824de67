"""A whole server with REST APIs and real functions, on both databases."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from acceptance.world import World
from app.conftest import settings_for
from app.running import PASSWORD, serving
from fresh import new_database

from poolhouse.client import Outputs, Session, sign_in

PROJECT = Path(__file__).parent / "project"
KINDS = [pytest.param(kind, marks=pytest.mark.xdist_group(f"gateway-{kind}")) for kind in ("sqlite", "postgresql")]


class Server(World):
    """The client is told where the server is: these outputs have no data section that would say so."""

    def sign_in(self, email: str) -> Session:
        outputs = Outputs.read(self.outputs, self.running.url)
        return sign_in(outputs, email, PASSWORD, http=self.running.http)


@pytest.fixture(scope="session", params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The project of this folder; every test makes its own people."""
    folder = tmp_path_factory.mktemp("gateway")
    shutil.copytree(PROJECT / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    address = f"sqlite:///{folder}/test.db"
    if request.param == "postgresql":
        address = new_database(request.getfixturevalue("postgresql_server"))
    with serving(dataclasses.replace(settings_for(address)), folder) as running:
        yield Server(running)
