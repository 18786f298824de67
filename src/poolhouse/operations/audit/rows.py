"""A row of the trail as bytes that can be proved: its own seal, and its link to the row before."""

import os
from typing import Any, Final

import msgspec

from poolhouse.crypto.vault import Vault
from poolhouse.operations.unwritten import Note
from poolhouse.store import audit
from poolhouse.store.audit import Row
from poolhouse.store.database import Transaction

START: Final = bytes(32)
"""What stands in the place of the hash before the first row."""
_ROW: Final = "audit-row"
_CHAIN: Final = "audit-chain"
_text = msgspec.json.Encoder()
_canonical = msgspec.msgpack.Encoder()


def new_event_id() -> str:
    """By which a record is named, and by which no two are equal."""
    return os.urandom(16).hex()


async def write(tx: Transaction, vault: Vault, note: Note) -> None:
    """One statement. The seal makes a change noticed also while the row is not in the chain."""
    if "event_id" not in note.body:
        note.body["event_id"] = new_event_id()
    text = _text.encode(note.body).decode()
    said = (*note[:7], text)
    if "\0" in note.pool_id or "\0" in note.subject:  # PostgreSQL keeps every character but this one
        said = (note.at, _without_nul(note.pool_id), *note[2:5], _without_nul(note.subject), note.result, text)
    await audit.add(tx, said, _seal(vault, said))


def _without_nul(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def is_sealed(vault: Vault, row: Row) -> bool:
    """Whether the row says what it said when it was written."""
    return row.mac == _seal(vault, row[1:9])


def chained(vault: Vault, before: bytes, row: Row, seq: int) -> bytes:
    """The hash of a row at the place `seq`, behind the row with the hash `before`."""
    return vault.digest(_CHAIN, before + _canonical.encode((seq, *row[:10])))


def _seal(vault: Vault, said: tuple[Any, ...]) -> bytes:
    return vault.digest(_ROW, _canonical.encode(said))
