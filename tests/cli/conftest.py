import asyncio
from pathlib import Path

import asyncpg
import pytest
from app.running import project as copied


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example."""
    return copied(tmp_path / "project")


@pytest.fixture
def postgresql(postgresql_server: str, tmp_path: Path) -> str:
    """The address of an empty PostgreSQL database of the test's own."""
    name = f"cli_{abs(hash(str(tmp_path)))}"

    async def make() -> None:
        connection = await asyncpg.connect(postgresql_server)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()

    asyncio.run(make())
    head, _, query = postgresql_server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: of both kinds, one after the other."""
    if database_kind == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path}/cli.db"
