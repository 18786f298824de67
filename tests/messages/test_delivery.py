"""Delivery by senders that can fail: at least once, held for a while, tried again later and later, in the end given up."""

import asyncio
import json

import pytest
from messages.letters import BEGIN, HOUR, POOL, VAULT, post, waiting, with_pool

from poolhouse.messages import delivery
from poolhouse.messages.delivery import HELD, LONGEST_AGE, SECOND, Undeliverable, deliver_once
from poolhouse.store import messages, pools

DAY = 24 * HOUR


class Recorded:
    """A sender that remembers what it sent, and fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.sent: list[str] = []
        self.tries = 0
        self._failures = list(failures)

    async def send(self, pool, letter, content) -> None:
        self.tries += 1
        if self._failures:
            raise self._failures.pop(0)
        self.sent.append(content.code)


class Dying(Recorded):
    """A sender whose process dies right behind the sending."""

    async def send(self, pool, letter, content) -> None:
        await super().send(pool, letter, content)
        raise asyncio.CancelledError


@pytest.fixture(autouse=True)
async def pool(database):
    await with_pool(database)


def logged(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def once(database, sender, now: int = BEGIN) -> int:
    return await deliver_once(database, VAULT, sender, now)


async def test_a_crash_behind_the_sending(database):
    """A message that was sent and not taken off is sent again, when it is nobody's any more and not before."""
    await post(database, 1)
    dying, next_one = Dying(), Recorded()
    with pytest.raises(asyncio.CancelledError):
        await once(database, dying)
    assert dying.sent == ["000001"]
    assert await once(database, next_one, BEGIN + HELD - 1) == 0
    assert await once(database, next_one, BEGIN + HELD) == 1
    assert next_one.sent == ["000001"]
    assert await waiting(database) == []


async def test_nobody_takes_what_is_being_sent(database):
    """While one node sends, another one finds nothing to do."""
    await post(database, 1)
    begun, go_on, other = asyncio.Event(), asyncio.Event(), Recorded()

    class Slow(Recorded):
        async def send(self, pool, letter, content) -> None:
            begun.set()
            await go_on.wait()
            await super().send(pool, letter, content)

    slow = Slow()
    task = asyncio.create_task(once(database, slow))
    await begun.wait()
    assert await once(database, other) == 0
    go_on.set()
    await task
    assert (slow.sent, other.sent) == (["000001"], [])


async def test_no_block_is_open_while_sending(database):
    """A sender may write itself: the transaction that took the message has ended."""
    await post(database, 1)

    class Writing(Recorded):
        async def send(self, pool, letter, content) -> None:
            async with asyncio.timeout(5), database.write() as tx:
                await pools.change(tx, POOL._replace(name="written"))
            await super().send(pool, letter, content)

    sender = Writing()
    assert await once(database, sender) == 1
    assert sender.sent == ["000001"]


async def test_retries_wait_longer_and_longer(database):
    """5 seconds, then twice as long each time, never more than a quarter of an hour."""
    await post(database, 1, expires=0)
    down = Recorded(*[ConnectionError() for _ in range(12)])
    now, waits = BEGIN, []
    for _ in range(12):
        assert await once(database, down, now) == 1
        wait = delivery.delay(len(waits) + 1)
        assert await once(database, down, now + wait - 1) == 0
        now += wait
        waits.append(wait // SECOND)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]
    assert await once(database, down, now) == 1
    assert down.sent == ["000001"]


async def test_one_failure_does_not_hold_up_the_others(database):
    for number in range(3):
        await post(database, number)
    sender = Recorded(ConnectionError())
    assert await once(database, sender) == 3
    assert len(sender.sent) == 2
    assert len(await waiting(database)) == 1


async def test_tries_are_counted(database):
    """Also those of a node that never came back."""
    await post(database, 1)
    await once(database, Recorded(ConnectionError()))
    async with database.write() as tx:
        [letter] = await messages.claim(tx, BEGIN + DAY, BEGIN + DAY + HELD, 9)
    assert letter.tries == 1
    [letter] = await waiting(database)
    assert letter.tries == 2


async def test_given_up_when_it_is_too_old(database, capsys):
    """A message that nobody could deliver for three days is dropped with a line in the log."""
    await post(database, 1, expires=0)
    await once(database, Recorded(ConnectionError("to ada@example.com: 000001")), BEGIN + LONGEST_AGE + 1)
    assert await waiting(database) == []
    assert [(line["event"], line["why"], line["tries"]) for line in logged(capsys)] == [
        ("message is given up", "ConnectionError", 1)
    ]


async def test_dropped_when_its_code_is_worthless(database, capsys):
    """Nobody gets a code that has expired; one that is good still goes out at the last moment."""
    await post(database, 1, expires=BEGIN + HOUR)
    await post(database, 2, expires=BEGIN + HOUR + 1)
    sender = Recorded()
    assert await once(database, sender, BEGIN + HOUR) == 2
    assert sender.sent == ["000002"]
    assert [line["why"] for line in logged(capsys)] == ["its code has expired"]
    assert await waiting(database) == []


async def test_undeliverable(database, capsys):
    """What no later attempt could deliver is not tried again."""
    await post(database, 1)
    await once(database, Recorded(Undeliverable("refused")))
    assert await waiting(database) == []
    assert [(line["event"], line["why"]) for line in logged(capsys)] == [("message is given up", "refused")]


async def test_the_pool_is_gone(database):
    await post(database, 1)
    async with database.write() as tx:
        await pools.remove(tx, POOL.id)
    sender = Recorded()
    await once(database, sender)
    assert (sender.tries, await waiting(database)) == (0, [])


async def test_no_secret_is_logged(database, capsys):
    """Neither the code nor the address, whatever the sender complains of."""
    await post(database, 424242)
    await once(database, Recorded(ConnectionError("550 ada@example.com 424242")))
    lines = logged(capsys)
    assert [line["event"] for line in lines] == ["message is tried again"]
    assert "424242" not in str(lines)
    assert "ada" not in str(lines)


async def test_a_broken_seal_holds_nobody_up(database):
    """A row of another master key is put back; the others are delivered."""
    await post(database, 1)
    await post(database, 2)
    [first, _] = await waiting(database)
    async with database.write() as tx:
        await messages.remove(tx, first)
        await messages.put(
            tx,
            pool_id=POOL.id,
            username="ada",
            destination="x",
            medium="EMAIL",
            purpose="mfa",
            content=b"broken" * 10,
            created=BEGIN,
        )
    sender = Recorded()
    assert await once(database, sender) == 2
    assert sender.sent == ["000002"]
    assert [letter.purpose for letter in await waiting(database)] == ["mfa"]


async def test_an_id_that_is_given_again_is_another_letter(database):
    """SQLite gives a removed letter's id to the next one, which must outlive what is still said of the first."""
    await post(database, 1)
    async with database.write() as tx:
        (first,) = await messages.claim(tx, BEGIN, BEGIN, 1)
        await messages.remove(tx, first)
    await post(database, 2)
    async with database.write() as tx:
        assert not await messages.remove(tx, first)
        await messages.hold(tx, first, BEGIN * 9, 5)
    sender = Recorded()
    assert await deliver_once(database, VAULT, sender, BEGIN) == 1
    assert sender.sent == ["000002"]
