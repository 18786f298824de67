import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from app.conftest import settings_for
from app.running import Running, project, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The example on SQLite, shared by a module's tests."""
    folder = project(tmp_path_factory.mktemp("project"))
    with serving(settings_for(f"sqlite:///{folder}/test.db"), folder) as running:
        yield running


@pytest.fixture(scope="module")
def outputs(server: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The decoded amplify_outputs.json of the running server."""
    from poolhouse.cli.running import write_for

    folder = tmp_path_factory.mktemp("outputs")
    write_for(server.settings, server.server.applied, folder)
    return json.loads((folder / "amplify_outputs.json").read_text())


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4()}@example.com"
