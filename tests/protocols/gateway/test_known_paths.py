"""What a path leads to is remembered; who may follow it is asked every time."""

import pytest
from protocols.gateway.world import World

KEPT = 256


async def test_a_known_path_asks_for_a_token_again(world):
    for _ in range(2):
        assert (await world.ask()).status == 200
        assert (await world.ask(token=None)).status == 401
    assert len(world.events) == 2


async def test_methods_of_a_known_path_are_kept_apart(world):
    for _ in range(2):
        for method in ("GET", "POST", "OPTIONS"):
            assert (await world.ask("/dev/open/x", method, token=None)).status == (403 if method == "POST" else 200)
        assert (await world.ask("/dev/open/y", token=None)).status == 200
    assert [(event["httpMethod"], event["pathParameters"]) for _, event in world.events] == [
        ("GET", {"name": "x"}),
        ("GET", {"name": "y"}),
    ] * 2


@pytest.mark.parametrize("path", ["/dev/listUsers", "/dev//listUsers", "/dev/listUsers/", "/dev/%6cistUsers"])
async def test_the_event_shows_the_path_as_it_was_sent(path):
    world = World()
    for _ in range(2):
        assert (await world.ask(path)).status == 200
    first, second = [event for _, event in world.events]
    assert first["path"] == second["path"] == path.removeprefix("/dev").replace("//", "/")


async def test_many_ways_to_write_a_path(world):
    """More than are remembered, and longer ones than are: each is answered, also the second time."""
    paths = [f"/dev{'/' * number}listUsers" for number in range(1, KEPT + 10)] + ["/dev" + "/" * 600 + "listUsers"]
    for path in paths * 2:
        assert (await world.ask(path)).status == 200
    assert len(world.events) == 2 * len(paths)
    assert (await world.ask("/dev/../listUsers")).status == 403
