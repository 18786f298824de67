"""Fixtures of the GraphQL tests; the world that they give is in world.py."""

import pytest
from protocols.graphql.world import World, seed


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def seeded(world: World) -> World:
    return world.serve(seed())
