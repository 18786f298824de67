"""Sessions that were used: once is once, and they are forgotten when they are too old anyway."""

import asyncio

from poolhouse.store import sessions


async def use(database, nonce: str, expires: int = 10) -> bool:
    async with database.write() as tx:
        return await sessions.use(tx, nonce, expires)


async def test_once(database):
    assert await use(database, "a")
    assert not await use(database, "a")
    assert await use(database, "b")


async def test_parallel(database):
    outcomes = await asyncio.gather(*(use(database, "a") for _ in range(12)))
    assert outcomes.count(True) == 1


async def test_rolled_back_use_does_not_count(database):
    try:
        async with database.write() as tx:
            assert await sessions.use(tx, "a", 10)
            raise LookupError
    except LookupError:
        pass
    assert await use(database, "a")


async def test_remove_expired(database):
    await use(database, "old", 9)
    await use(database, "young", 10)
    async with database.write() as tx:
        assert await sessions.remove_expired(tx, 10) == 1
    assert not await use(database, "young")
    assert await use(database, "old")
