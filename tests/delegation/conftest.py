import dataclasses
import shutil
from collections.abc import Iterator

import pytest
from acceptance.conftest import SETTINGS
from app.running import serving
from delegation.world import PROJECT, Answers


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """One server for all tests of this folder; each makes its own people."""
    folder = tmp_path_factory.mktemp("delegation")
    shutil.copytree(PROJECT / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    settings = dataclasses.replace(SETTINGS, database=f"sqlite:///{folder}/test.db")
    with serving(settings, folder) as running:
        yield Answers(running)
