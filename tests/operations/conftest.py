from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from operations.triggers_stage import Hooks

from poolhouse.operations.context import Services


@pytest.fixture
async def hooks(tmp_path: Path, services: Services, invoke: Any) -> AsyncIterator[Hooks]:
    """Pools with triggers; no process is left when the test ends."""
    hooks = Hooks(tmp_path, services, invoke)
    yield hooks
    await hooks.close()
