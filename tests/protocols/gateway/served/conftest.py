"""A whole server with REST APIs and real functions, on both databases."""

import asyncio
import dataclasses
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from acceptance.world import World
from app.conftest import settings_for
from app.running import PASSWORD, serving

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
        address = _new_database(request.getfixturevalue("postgresql_server"))
    with serving(dataclasses.replace(settings_for(address)), folder) as running:
        yield Server(running)


def _new_database(server: str) -> str:
    name = f"gateway_{os.getpid()}"

    async def create() -> None:
        connection = await asyncpg.connect(server)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, create()).result()
    return urlsplit(server)._replace(path=f"/{name}").geturl()
