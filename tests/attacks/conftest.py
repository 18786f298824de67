from collections.abc import Iterator

import pytest
from app.running import project
from attacks.wire import Raw
from cli.command import SERVE, ready, started
from fresh import free_port


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raw]:
    """`poolhouse serve` on SQLite, as a process of its own."""
    folder = project(tmp_path_factory.mktemp("attacked"))
    port, database = free_port(), f"sqlite:///{folder}/attacked.db"
    arguments = ("serve", "--project", str(folder), "--database", database, "--port", str(port))
    with started(*arguments, cwd=folder, given=SERVE) as server:
        assert ready(f"http://127.0.0.1:{port}"), server.text
        yield Raw(port)
        assert "Traceback" not in server.text
