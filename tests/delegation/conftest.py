import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from acceptance.conftest import SETTINGS
from app.running import serving
from delegation.world import PROJECT, Answers
from fresh import new_database

# One worker per database (--dist loadgroup), so that each server is started once.
KINDS = [
    pytest.param("sqlite", marks=pytest.mark.xdist_group("delegation")),
    pytest.param("postgresql", marks=pytest.mark.xdist_group("delegation-postgresql")),
]


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """One server for all tests of this folder; each makes its own people."""
    folder = tmp_path_factory.mktemp("delegation")
    with _served(folder, f"sqlite:///{folder}/test.db") as answers:
        yield answers


@pytest.fixture(scope="session")
def on_postgresql(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    folder = tmp_path_factory.mktemp("delegation")
    with _served(folder, new_database(postgresql_server)) as answers:
        yield answers


@contextlib.contextmanager
def _served(folder: Path, database: str) -> Iterator[Answers]:
    shutil.copytree(PROJECT / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    with serving(dataclasses.replace(SETTINGS, database=database), folder) as running:
        yield Answers(running)


@pytest.fixture(scope="session")
def answers(on_sqlite: Answers) -> Answers:
    """For what is not about databases; other modules ask on both."""
    return on_sqlite
