"""Takes messages out of the outbox and gives them to a sender, at least once, on any number of nodes."""

import asyncio
from typing import Final, Protocol

from poolhouse.crypto.vault import Vault
from poolhouse.store import messages
from poolhouse.store.database import Database, Transaction
from poolhouse.store.messages import Letter

from . import outbox
from .outbox import Content

_BATCH: Final = 50
_IDLE_SECONDS: Final = 5.0


class Sender(Protocol):
    """Delivers one letter. It runs in the transaction that takes the letter out of the outbox, so it must be quick.

    An exception leaves the whole batch in the outbox.
    """

    async def send(self, tx: Transaction, letter: Letter, content: Content) -> None: ...


async def deliver_once(database: Database, vault: Vault, sender: Sender) -> int:
    """Deliver the oldest messages; the number of them, 0 when none was waiting or another node is at it."""
    async with database.read() as tx:
        if not await messages.is_waiting(tx):
            return 0
    async with database.write() as tx:
        letters = await messages.claim(tx, _BATCH)
        for letter in letters:
            await sender.send(tx, letter, outbox.content(vault, letter))
        await messages.remove(tx, letters)
    return len(letters)


async def deliver(database: Database, vault: Vault, sender: Sender, wake: asyncio.Event) -> None:
    """Deliver until cancelled: at once when `wake` is set, and now and then for what other nodes left behind."""
    while True:
        wake.clear()
        while await deliver_once(database, vault, sender):
            pass
        try:
            await asyncio.wait_for(wake.wait(), _IDLE_SECONDS)
        except TimeoutError:
            continue
