"""What AWS said is believed for a moment, by everybody who asks meanwhile."""

import asyncio
import itertools

import pytest

from poolhouse.operations.remote import recently
from poolhouse.operations.remote.recently import Recently


@pytest.fixture
def ask():
    numbers = itertools.count(1)

    async def ask():
        await asyncio.sleep(0)
        return next(numbers)

    return ask


async def test_for_some_seconds(clock, ask):
    known = Recently(5, clock)
    assert await asyncio.gather(*(known.get("a", ask) for _ in range(5))) == [1] * 5
    clock.advance(seconds=4.9)
    assert await known.get("a", ask) == 1
    assert await known.get("b", ask) == 2
    clock.advance(seconds=0.1)
    assert await known.get("a", ask) == 3


async def test_a_clock_that_goes_back(clock, ask):
    known = Recently(5, clock)
    await known.get("a", ask)
    clock.advance(seconds=-1)
    assert await known.get("a", ask) == 2


async def test_not_at_all(clock, ask):
    """Zero seconds: everybody asks for himself."""
    known = Recently(0, clock)
    assert sorted(await asyncio.gather(*(known.get("a", ask) for _ in range(3)))) == [1, 2, 3]


async def test_forgotten(clock, ask):
    known = Recently(5, clock)
    await known.get("a", ask)
    known.forget()
    assert await known.get("a", ask) == 2


async def test_failures_are_not_kept(clock, ask):
    known = Recently(5, clock)

    async def fail():
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            await known.get("a", fail)
    assert await known.get("a", ask) == 1


async def test_whoever_goes_away_takes_nobody_along(clock):
    """The answer comes for those who still wait."""
    known, come = Recently(5, clock), asyncio.Event()

    async def slow():
        await come.wait()
        return "here"

    first = asyncio.create_task(known.get("a", slow))
    second = asyncio.create_task(known.get("a", slow))
    await asyncio.sleep(0)
    first.cancel()
    come.set()
    assert await second == "here"


async def test_bounded(clock, ask):
    """The one that was asked for longest ago goes first."""
    known = Recently(5, clock)
    for number in range(recently.MOST + 1):
        await known.get(number, ask)
    assert len(known._kept) == recently.MOST
    assert await known.get(1, ask) == 2
    assert await known.get(0, ask) == recently.MOST + 2
