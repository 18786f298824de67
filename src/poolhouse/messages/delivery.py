"""Takes messages out of the outbox and gives them to a sender, at least once, on any number of nodes.

A node holds the messages that it delivers for a while; what it neither delivers nor gives back by then, because it died
in between, is delivered by another one. What fails is tried again later and later, and in the end given up.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from poolhouse import telemetry
from poolhouse.crypto.vault import Vault
from poolhouse.store import messages, pools
from poolhouse.store.database import Database
from poolhouse.store.messages import Letter
from poolhouse.store.pools import Pool

from . import outbox
from .contacts import MEDIUMS, Medium
from .outbox import Content

SECOND: Final = 1_000_000
HELD: Final = 60 * SECOND
"""How long a node may take for a message before another one may have it."""
FIRST_DELAY: Final = 5 * SECOND
LONGEST_DELAY: Final = 900 * SECOND
LONGEST_AGE: Final = 3 * 86_400 * SECOND
"""When the delivery of a message is given up, whatever its code is good for."""
_BATCH: Final = 16
_SEND_SECONDS: Final = 40.0
_IDLE_SECONDS: Final = 5.0


class Undeliverable(Exception):
    """No later attempt can deliver this message. Says why, without anything secret."""


class Sender(Protocol):
    """Delivers one message of one pool. Whatever it raises means that the message was not delivered."""

    async def send(self, pool: Pool, letter: Letter, content: Content) -> None: ...


class Wakes:
    """Tells the delivery of every medium that there is work."""

    def __init__(self) -> None:
        self.of = {medium: asyncio.Event() for medium in MEDIUMS.values()}

    def set(self) -> None:
        for wake in self.of.values():
            wake.set()


async def deliver_once(database: Database, vault: Vault, sender: Sender, now: int, medium: Medium | None = None) -> int:
    """Deliver the messages that wait longest; the number of those that were tried, 0 when none was due.

    `now` is epoch microseconds; without a `medium` it is messages of each. Returns when each of them is delivered,
    given back or given up.
    """
    async with database.read() as tx:
        if not await messages.is_due(tx, now, medium):
            return 0
    async with database.write() as tx:
        letters = await messages.claim(tx, now, now + HELD, _BATCH, medium)
        known = {pool_id: await pools.find(tx, pool_id) for pool_id in {letter.pool_id for letter in letters}}
    await asyncio.gather(*(_deliver(database, vault, sender, known[letter.pool_id], letter, now) for letter in letters))
    return len(letters)


async def deliver(
    database: Database, vault: Vault, sender: Sender, medium: Medium, wake: asyncio.Event, clock: Callable[[], int]
) -> None:
    """Deliver until cancelled: at once when `wake` is set, and now and then for what is to be tried again.

    Each medium wants its own, so that a mail server that hangs does not hold up text messages.
    """
    while True:
        wake.clear()
        while await deliver_once(database, vault, sender, clock(), medium):
            pass
        try:
            await asyncio.wait_for(wake.wait(), _IDLE_SECONDS)
        except TimeoutError:
            continue


def delay(tries: int) -> int:
    """Microseconds between the attempt that was the nth and the next one: 5 s, doubled each time, at most 15 min."""
    return min(FIRST_DELAY << min(tries - 1, 20), LONGEST_DELAY)


async def _deliver(
    database: Database, vault: Vault, sender: Sender, pool: Pool | None, letter: Letter, now: int
) -> None:
    tries = letter.tries + 1
    try:
        content = outbox.content(vault, letter)
        if pool is None:
            raise Undeliverable("the pool does not exist any more")
        if content.expires and content.expires <= now:
            raise Undeliverable("its code has expired")
        with telemetry.traces.call(f"deliver {letter.medium}", _told(letter, tries), "INTERNAL", content.cause):
            async with asyncio.timeout(_SEND_SECONDS):
                await sender.send(pool, letter, content)
    except Undeliverable as error:
        await _give_up(database, letter, tries, str(error))
    except Exception as error:  # noqa: BLE001 - a worker loop: whatever a sender raises, the message waits for another try
        await _give_back(database, letter, tries, now, error)
    else:
        async with database.write() as tx:
            await messages.remove(tx, letter)


def _told(letter: Letter, tries: int) -> dict[str, str | int]:
    """What a span says of a message: nothing of whom it is for, nor of what it says."""
    return {"poolhouse.user_pool": letter.pool_id, "poolhouse.purpose": letter.purpose, "poolhouse.attempt": tries}


async def _give_back(database: Database, letter: Letter, tries: int, now: int, error: Exception) -> None:
    """Its text stays out of the log, for it may repeat what was sent."""
    if now - letter.created >= LONGEST_AGE:
        await _give_up(database, letter, tries, type(error).__name__)
        return
    _log("message is tried again", letter, tries, type(error).__name__)
    async with database.write() as tx:
        await messages.hold(tx, letter, now + delay(tries), tries)


async def _give_up(database: Database, letter: Letter, tries: int, why: str) -> None:
    _log("message is given up", letter, tries, why)
    async with database.write() as tx:
        await messages.remove(tx, letter)


def _log(event: str, letter: Letter, tries: int, why: str) -> None:
    telemetry.log.warning(
        event,
        message=letter.id,
        pool=letter.pool_id,
        medium=letter.medium,
        purpose=letter.purpose,
        tries=tries,
        why=why,
    )
