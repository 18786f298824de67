"""The plugin's own fixtures, on a copy of the example. `clock` is ours again: the other tests have one of that name."""

import shutil
from pathlib import Path

import pytest

from poolhouse.testing import Backend, BackendClock

EXAMPLE = Path(__file__).parents[2] / "examples" / "admin-actions"


@pytest.fixture(scope="session")
def poolhouse_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin's fixture, replaced as a user may do it."""
    return copied(tmp_path_factory.mktemp("tested"))


@pytest.fixture
def clock(poolhouse_backend: Backend) -> BackendClock:
    return poolhouse_backend.clock


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example that belongs to one test."""
    return copied(tmp_path / "project")


def copied(folder: Path) -> Path:
    shutil.copytree(EXAMPLE / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    return folder
