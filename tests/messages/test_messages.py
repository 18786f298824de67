"""Messages on their way: sealed while they wait, delivered in order, shown by the local inbox."""

import asyncio

import pytest
from messages.letters import ADA, BEGIN, PHONE, POOL, VAULT, email, message, phone, post, waiting, with_pool

from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.messages import inbox, outbox
from poolhouse.messages.delivery import Wakes, deliver, deliver_once
from poolhouse.messages.inbox import LocalInbox


@pytest.fixture(autouse=True)
async def pool(database):
    await with_pool(database)


async def deliver_all(database, now: int = BEGIN) -> int:
    return await deliver_once(database, VAULT, LocalInbox(database), now)


async def test_delivered_in_order(database):
    for number in range(3):
        await post(database, number)
    assert await deliver_all(database) == 3
    assert [each["code"] for each in await inbox.messages(database, VAULT)] == ["000000", "000001", "000002"]
    assert await waiting(database) == []
    assert await deliver_all(database) == 0


async def test_members(database):
    await post(database, 7)
    await deliver_all(database)
    assert await inbox.messages(database, VAULT) == [
        {
            "username": "ada",
            "destination": ADA,
            "pool": POOL.id,
            "medium": "EMAIL",
            "purpose": "sign_up",
            "subject": "Your verification code",
            "body": "Your confirmation code is 000007",
            "code": "000007",
            "created": 1.0,
        }
    ]


async def test_filters(database):
    await post(database, 1)
    await post(database, 2, email("bob@example.com"), "bob")
    await post(database, 3, phone())
    await deliver_all(database)

    async def codes(**wanted: str) -> list[str]:
        return [each["code"] for each in await inbox.messages(database, VAULT, **wanted)]

    assert await codes(username="bob") == ["000002"]
    assert await codes(destination=ADA) == ["000001"]
    assert await codes(destination="+15551234567") == ["000003"]
    assert await codes(destination=ADA, username="bob") == []
    assert await codes(pool=POOL.id) == ["000001", "000002", "000003"]
    assert await codes(pool="us-east-1_Other") == []


async def test_sealed_while_waiting(database):
    """A copy of the database shows neither code nor text."""
    await post(database, 424242)
    [letter] = await waiting(database)
    assert b"424242" not in letter.content
    with pytest.raises(BrokenSeal):
        outbox.content(Vault(b"x" * 32), letter)


async def test_rolled_back_with_its_cause(database):
    """No message about something that did not happen."""

    async def fail() -> None:
        async with database.write() as tx:
            await outbox.put(tx, VAULT, POOL.id, "ada", message(), 1, 2)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await waiting(database) == []


async def test_parallel_deliveries(database):
    """Several nodes at once deliver each message once."""
    for number in range(20):
        await post(database, number)
    while any(await asyncio.gather(*(deliver_all(database) for _ in range(4)))):
        pass
    assert len(await inbox.messages(database, VAULT)) == 20


class Telling(LocalInbox):
    """The local inbox, which also says that something arrived."""

    def __init__(self, database) -> None:
        super().__init__(database)
        self.arrived = asyncio.Event()

    async def send(self, pool, letter, content) -> None:
        await super().send(pool, letter, content)
        self.arrived.set()


async def test_loop_wakes_up(database):
    """Delivery starts when it is told that there is work, and ends when it is cancelled."""
    wake, sender = asyncio.Event(), Telling(database)
    loop = asyncio.create_task(deliver(database, VAULT, sender, "EMAIL", wake, lambda: BEGIN))
    await post(database)
    wake.set()
    async with asyncio.timeout(3):
        await sender.arrived.wait()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


class Hanging(Telling):
    """A mail server that never answers, beside an SMS provider that does."""

    def __init__(self, database) -> None:
        super().__init__(database)
        self.hangs = asyncio.Event()

    async def send(self, pool, letter, content) -> None:
        if letter.medium == "EMAIL":
            self.hangs.set()
            await asyncio.Event().wait()
        await super().send(pool, letter, content)


async def test_a_mail_server_that_hangs_holds_no_text_message_up(database):
    """Each medium is delivered by itself: the text message arrives while the mail is still being sent."""
    wakes, sender = Wakes(), Hanging(database)
    loops = [
        asyncio.create_task(deliver(database, VAULT, sender, medium, wake, lambda: BEGIN))
        for medium, wake in wakes.of.items()
    ]
    await post(database, 1)
    wakes.set()
    async with asyncio.timeout(3):
        await sender.hangs.wait()
    await post(database, 2, phone())
    wakes.set()
    async with asyncio.timeout(3):
        await sender.arrived.wait()
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    assert [each["destination"] for each in await inbox.messages(database, VAULT)] == [PHONE]
    assert [letter.medium for letter in await waiting(database)] == ["EMAIL"]
