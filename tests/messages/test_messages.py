"""Messages: what they say, that they survive until they are delivered, and that they are sealed while they wait."""

import asyncio

import msgspec
import pytest

from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.messages import compose, inbox, outbox
from poolhouse.messages.delivery import deliver, deliver_once
from poolhouse.messages.inbox import LocalInbox
from poolhouse.store import messages
from poolhouse.store.pools import Pool
from poolhouse.store.settings import (
    AdminCreateUserConfigType,
    MessageTemplateType,
    PoolSettings,
    VerificationMessageTemplateType,
)

VAULT = Vault(bytes(32))
POOL = Pool("us-east-1_Abc", "us-east-1", "people", PoolSettings(), 0, 0)


async def post(database, number: int = 0, destination: str = "ada@example.com", username: str = "ada") -> None:
    message = compose.verification(POOL, "sign_up", f"{number:06d}", username, destination)
    async with database.write() as tx:
        await outbox.put(tx, VAULT, POOL.id, username, message, 1_000_000 + number)


async def waiting(database) -> list[messages.Letter]:
    async with database.write() as tx:
        return await messages.claim(tx, 1000)


def test_default_texts():
    message = compose.verification(POOL, "sign_up", "123456", "ada", "ada@example.com")
    assert (message.subject, message.body) == ("Your verification code", "Your confirmation code is 123456")
    message = compose.invitation(POOL, "ada", "Pass-word1", "ada@example.com")
    assert message.subject == "Your temporary password"
    assert message.body == "Your username is ada and temporary password is Pass-word1"


def test_recovery():
    """Words of its own, unless the pool has words for codes; the newer of the two settings wins."""
    message = compose.recovery(POOL, "123456", "ada", "ada@example.com")
    assert (message.purpose, message.medium, message.code) == ("forgot_password", "EMAIL", "123456")
    assert (message.subject, message.body) == ("Your verification code", "Your password reset code is 123456")
    older = PoolSettings(EmailVerificationSubject="Old", EmailVerificationMessage="old {####}")
    message = compose.recovery(POOL._replace(settings=older), "123456", "ada", "ada@example.com")
    assert (message.subject, message.body) == ("Old", "old 123456")
    template = VerificationMessageTemplateType(EmailMessage="{username}: {####}")
    both = msgspec.structs.replace(older, VerificationMessageTemplate=template)
    message = compose.recovery(POOL._replace(settings=both), "123456", "ada", "ada@example.com")
    assert (message.subject, message.body) == ("Old", "ada: 123456")


def test_placeholders_are_filled_once():
    """A name that looks like a placeholder stays a name."""
    template = MessageTemplateType(EmailSubject="Hi", EmailMessage="{username} {####} {username}")
    settings = PoolSettings(AdminCreateUserConfig=AdminCreateUserConfigType(InviteMessageTemplate=template))
    message = compose.invitation(POOL._replace(settings=settings), "{####}", "{username}", "a@b.c")
    assert message.body == "{####} {username} {####}"


@pytest.mark.parametrize(
    ("address", "shown"),
    [("ada@example.com", "a***@e***"), ("a@b.c", "a***@b***"), ("@", "***@***"), ("é@ü.de", "é***@ü***")],
)
def test_masked(address, shown):
    assert compose.masked(address) == shown


async def test_delivered_in_order(database):
    for number in range(3):
        await post(database, number)
    assert await deliver_once(database, VAULT, LocalInbox()) == 3
    assert [each["code"] for each in await inbox.messages(database, VAULT)] == ["000000", "000001", "000002"]
    assert await waiting(database) == []
    assert await deliver_once(database, VAULT, LocalInbox()) == 0


async def test_members(database):
    await post(database, 7)
    await deliver_once(database, VAULT, LocalInbox())
    assert await inbox.messages(database, VAULT) == [
        {
            "username": "ada",
            "destination": "ada@example.com",
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
    await post(database, 2, "bob@example.com", "bob")
    await deliver_once(database, VAULT, LocalInbox())

    async def codes(**wanted: str) -> list[str]:
        return [each["code"] for each in await inbox.messages(database, VAULT, **wanted)]

    assert await codes(username="bob") == ["000002"]
    assert await codes(destination="ada@example.com") == ["000001"]
    assert await codes(destination="ada@example.com", username="bob") == []
    assert await codes(pool=POOL.id) == ["000001", "000002"]
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
    message = compose.verification(POOL, "sign_up", "123456", "ada", "ada@example.com")

    async def fail() -> None:
        async with database.write() as tx:
            await outbox.put(tx, VAULT, POOL.id, "ada", message, 1)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await waiting(database) == []


class Telling(LocalInbox):
    """The local inbox, which also says that something arrived."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()

    async def send(self, tx, letter, content) -> None:
        await super().send(tx, letter, content)
        self.arrived.set()


class Failing:
    """A sender that is down."""

    async def send(self, tx, letter, content) -> None:
        raise ConnectionError


async def test_kept_when_the_sender_fails(database):
    await post(database)
    with pytest.raises(ConnectionError):
        await deliver_once(database, VAULT, Failing())
    assert await deliver_once(database, VAULT, LocalInbox()) == 1


async def test_parallel_deliveries(database):
    """Several nodes at once deliver each message once."""
    for number in range(20):
        await post(database, number)
    await asyncio.gather(*(deliver_once(database, VAULT, LocalInbox()) for _ in range(4)))
    while await deliver_once(database, VAULT, LocalInbox()):
        pass
    assert len(await inbox.messages(database, VAULT)) == 20


async def test_loop_wakes_up(database):
    """Delivery starts when it is told that there is work, and ends when it is cancelled."""
    wake, sender = asyncio.Event(), Telling()
    loop = asyncio.create_task(deliver(database, VAULT, sender, wake))
    await post(database)
    wake.set()
    async with asyncio.timeout(3):
        await sender.arrived.wait()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
