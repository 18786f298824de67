"""The gateway between plain objects; `served` has whole servers."""

import pytest
from protocols.gateway.world import World


@pytest.fixture
def world() -> World:
    return World()
