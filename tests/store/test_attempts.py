"""The counters against guessing: limits hold at their edges and under parallel tries."""

import asyncio

import pytest

from poolhouse.store import attempts
from poolhouse.store.attempts import HOUR, SECOND, Attempts, is_locked, wait


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 1), (6, 2), (10, 32), (14, 512), (15, 900), (16, 900), (10_000, 900)],
)
def test_wait(failures, seconds):
    assert wait(failures) == seconds * SECOND


def test_locked_until_the_wait_is_over():
    row = Attempts("x", 6, 0, 100)
    assert is_locked(row, 100 + 2 * SECOND - 1)
    assert not is_locked(row, 100 + 2 * SECOND)
    assert not is_locked(None, 0)


async def try_(database, now: int, most: int = 3, subject: str = "x") -> bool:
    async with database.write() as tx:
        return await attempts.allow(tx, subject, now, most)


async def fail(database, now: int, subject: str = "x") -> bool:
    async with database.write() as tx:
        return await attempts.fail(tx, subject, now)


async def find(database) -> Attempts | None:
    async with database.read() as tx:
        return await attempts.find(tx, "x")


async def test_window(database):
    """It begins with the first try; what is refused is not counted; it ends after an hour."""
    assert [await try_(database, now) for now in (0, 1, 2, 3, HOUR - 1)] == [True, True, True, False, False]
    assert await find(database) == Attempts("x", 3, 0, 2)
    assert await try_(database, HOUR)
    assert await find(database) == Attempts("x", 1, HOUR, HOUR)
    assert await try_(database, 3, subject="another")


async def test_failures_in_sql_wait_as_in_python(database):
    """Both agree at every count, on the last refused and the first allowed microsecond."""
    now = 0
    for count in range(1, 16):
        assert await fail(database, now)
        row = await find(database)
        assert row == Attempts("x", count, 0, now)
        length = wait(count)
        assert not length or not await fail(database, now + length - 1)
        now += length or 1


async def test_failures_are_forgotten(database):
    """After fifteen idle minutes, or when the password was right."""
    for now in range(5):
        assert await fail(database, now)
    assert await fail(database, 4 + attempts.LONGEST_WAIT)
    assert (await find(database)).made == 1
    async with database.write() as tx:
        await attempts.forget(tx, "x")
    assert await find(database) is None


async def test_parallel_failures(database):
    outcomes = await asyncio.gather(*(fail(database, 7) for _ in range(20)))
    assert outcomes.count(True) == 5


async def test_remove_old(database):
    await try_(database, 0)
    await try_(database, 1, subject="young")
    async with database.write() as tx:
        assert await attempts.remove_old(tx, HOUR) == 1
    assert await find(database) is None


async def test_a_count_of_a_day_is_kept_for_a_day(database):
    """It is not thrown away with those of an hour."""
    name = f"{attempts.BY_DAY}x"
    await try_(database, 0, subject=name)
    for now, removed in ((HOUR, 0), (attempts.DAY - 1, 0), (attempts.DAY, 1)):
        async with database.write() as tx:
            assert await attempts.remove_old(tx, now) == removed
