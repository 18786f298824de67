"""Messages that wait for their delivery. They are written in the transaction that causes them and sealed at rest."""

from typing import Final

import msgspec

from poolhouse import telemetry
from poolhouse.crypto.vault import Vault
from poolhouse.store import messages
from poolhouse.store.database import Transaction
from poolhouse.store.messages import Letter

from .compose import Message

_SEAL: Final = "message"


class Content(msgspec.Struct, frozen=True):
    """The part of a message that is secret, with what its delivery has to know.

    `expires` is when its code is good no more, in epoch microseconds; 0 where nobody said so. `source`, `client_id` and
    `metadata` are for a function that delivers it; `cause` is the span of the request that it comes of, for traces.
    """

    subject: str
    body: str
    code: str
    is_html: bool = False
    expires: int = 0
    source: str = ""
    client_id: str | None = None
    metadata: dict[str, str] = {}
    cause: str = ""


_decoder = msgspec.msgpack.Decoder(Content)


async def put(
    tx: Transaction, vault: Vault, pool_id: str, username: str, message: Message, now: int, expires: int
) -> None:
    """Leave a message for delivery after the commit; `now` and `expires` are epoch microseconds."""
    occasion = message.occasion
    content = Content(
        message.subject,
        message.body,
        message.code,
        message.is_html,
        expires,
        occasion.source,
        occasion.client_id,
        dict(occasion.metadata),
        telemetry.traces.as_cause(),
    )
    await messages.put(
        tx,
        pool_id=pool_id,
        username=username,
        destination=message.destination,
        medium=message.medium,
        purpose=message.purpose,
        content=vault.seal(_SEAL, msgspec.msgpack.encode(content)),
        created=now,
    )


def content(vault: Vault, letter: Letter) -> Content:
    """Raises BrokenSeal when the row was changed or belongs to another master key."""
    return _decoder.decode(vault.open(_SEAL, letter.content))
