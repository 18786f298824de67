"""The keys that tests share: never one twice in a test, and the same ones in the next test."""

import asyncio

from keys import KeptKeys

from poolhouse.crypto.tokens import SigningKey


async def test_no_key_twice_in_a_test():
    with KeptKeys(2) as cpu:
        first = await asyncio.gather(cpu.run(SigningKey.generate), cpu.run(SigningKey.generate))
        cpu.begin()
        again = [await cpu.run(SigningKey.generate) for _ in range(3)]
    assert [key.kid for key in again[:2]] == [key.kid for key in first]
    assert len({key.kid for key in again}) == 3


async def test_everything_else_is_done_as_it_is_asked():
    with KeptKeys(1) as cpu:
        assert await cpu.run(divmod, 7, 2) == (3, 1)
