import pytest
from operations.backend.world import World


@pytest.fixture
def world(services, invoke) -> World:
    return World(services, invoke)
