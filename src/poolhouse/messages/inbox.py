"""The local inbox of `poolhouse dev`: messages end here instead of with a mail server."""

import asyncio
from typing import Any, Final

from poolhouse.crypto.vault import Vault
from poolhouse.store import messages as rows
from poolhouse.store.database import Database
from poolhouse.store.messages import Letter
from poolhouse.store.pools import Pool

from . import outbox
from .outbox import Content

_MOST: Final = 1000


class LocalInbox:
    """A sender whose delivery is a row: it moves, so a message is in exactly one of outbox and inbox.

    One after the other, so that the inbox has the order of the outbox.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()

    async def send(self, pool: Pool, letter: Letter, content: Content) -> None:  # noqa: ARG002 - stays sealed
        async with self._turn, self._database.write() as tx:
            if await rows.remove(tx, letter):
                await rows.keep(tx, letter)


async def messages(
    database: Database,
    vault: Vault,
    *,
    username: str | None = None,
    destination: str | None = None,
    pool: str | None = None,
) -> list[dict[str, Any]]:
    """The latest 1,000 messages that match every filter given, oldest first; `created` is epoch seconds."""
    async with database.read() as tx:
        letters = await rows.latest(tx, username=username, destination=destination, pool_id=pool, most=_MOST)
    return [_shown(letter, outbox.content(vault, letter)) for letter in letters]


def _shown(letter: Letter, content: Content) -> dict[str, Any]:
    return {
        "username": letter.username,
        "destination": letter.destination,
        "pool": letter.pool_id,
        "medium": letter.medium,
        "purpose": letter.purpose,
        "subject": content.subject,
        "body": content.body,
        "code": content.code,
        "created": letter.created // 1000 / 1000,
    }
