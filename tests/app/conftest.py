import dataclasses
from collections.abc import Iterator

import pytest
from app.running import Running, project, serving

from poolhouse.config import Settings


def settings_for(database: str) -> Settings:
    return Settings(
        mode="dev",
        region="us-east-1",
        account_id="000000000000",
        host="127.0.0.1",
        port=0,
        database=database,
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The example on SQLite, shared by a module's tests: leave nothing behind that another would notice."""
    folder = project(tmp_path_factory.mktemp("project"))
    with serving(settings_for(f"sqlite:///{folder}/test.db"), folder) as running:
        yield running


@pytest.fixture
def server_settings() -> Settings:
    return dataclasses.replace(settings_for(""))
