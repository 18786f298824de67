from pathlib import Path

import pytest
from distribution.alone import built, environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel and the source archive of this tree."""
    return built(tmp_path_factory.mktemp("dist"), ROOT)


@pytest.fixture(scope="session")
def wheel(archives: list[Path]) -> Path:
    return archives[0]


@pytest.fixture(scope="session")
def server(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment for `dev` and `serve` on SQLite."""
    return environment(tmp_path_factory.mktemp("server") / "env", wheel, "server")
