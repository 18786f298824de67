"""Messages that wait for their delivery. They are written in the transaction that causes them and sealed at rest."""

import msgspec

from poolhouse.crypto.vault import Vault
from poolhouse.store import messages
from poolhouse.store.database import Transaction
from poolhouse.store.messages import Letter

from .compose import Message

_SEAL = "message"


class Content(msgspec.Struct, frozen=True):
    """The part of a message that is secret."""

    subject: str
    body: str
    code: str


_decoder = msgspec.msgpack.Decoder(Content)


async def put(tx: Transaction, vault: Vault, pool_id: str, username: str, message: Message, now: int) -> None:
    """Leave a message for delivery after the commit; `now` is epoch microseconds."""
    content = msgspec.msgpack.encode(Content(message.subject, message.body, message.code))
    await messages.put(
        tx,
        pool_id=pool_id,
        username=username,
        destination=message.destination,
        medium=message.medium,
        purpose=message.purpose,
        content=vault.seal(_SEAL, content),
        created=now,
    )


def content(vault: Vault, letter: Letter) -> Content:
    """Raises BrokenSeal when the row was changed or belongs to another master key."""
    return _decoder.decode(vault.open(_SEAL, letter.content))
