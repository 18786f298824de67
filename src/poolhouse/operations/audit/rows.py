"""A row of the trail is written with what it tells, and not without it.

Where actions share their commit it joins the chain in that commit; where each commits by itself it is written loose,
so that no action waits for another, and `chain` links it a moment later.
"""

import os
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple

import msgspec

from poolhouse import telemetry
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.operations.unwritten import Note
from poolhouse.store import audit, backend
from poolhouse.store.audit import HEAD, Row, Said
from poolhouse.store.database import Step, Transaction

from .seals import Head, chained, count, opened_head, seal, sealed_head

_text: Final = msgspec.json.Encoder()


class _Sealed(NamedTuple):
    """A row that has no place yet."""

    said: Said
    mac: bytes


def new_event_id() -> str:
    """By which a record is named, and by which no two are equal."""
    return os.urandom(16).hex()


async def write(tx: Transaction, vault: Vault, note: Note) -> None:
    """The seal makes a change noticed also while the row is not in the chain."""
    said = _said(note)
    row = _Sealed(said, seal(vault, said))
    if not tx.at_commit(_joining(vault), row):
        await audit.add(tx, *row)


async def write_all(tx: Transaction, vault: Vault, notes: Sequence[Note]) -> None:
    """Loose, in few statements: linking many at once would hold up the commit of others."""
    rows = [(*said, seal(vault, said)) for said in map(_said, notes)]
    await audit.add_all(tx, rows)


@lru_cache(maxsize=8)
def _joining(vault: Vault) -> Step:
    """The same for all rows of a vault, so that they are joined together."""
    return partial(_join, vault)


async def _join(vault: Vault, tx: Transaction, rows: Sequence[_Sealed]) -> None:
    """The rows of one commit get their places in it; loose they stay where the end of the chain cannot be proved."""
    end = await audit.end(tx)
    try:
        head = opened_head(vault, end.head)
    except BrokenSeal:
        telemetry.log.error("the end of the audit trail is not what was sealed; nothing is linked to it")
        for row in rows:
            await audit.add(tx, *row)
        return
    counted: Counter[tuple[str, int, str, str]] = Counter()
    linked: list[Row] = []
    for row_id, (said, mac) in enumerate(rows, end.given + 1):
        place = head.seq + 1
        head = Head(place, chained(vault, head.hash, (row_id, *said, mac), place))
        linked.append(Row(row_id, *said, mac, *head))
        count(counted, said)
    await audit.add_linked(tx, linked)
    await audit.count(tx, counted)
    await backend.set_fact(tx, HEAD, sealed_head(vault, head))


def _said(note: Note) -> Said:
    if "event_id" not in note.body:
        note.body["event_id"] = new_event_id()
    text = _text.encode(note.body).decode()
    said = (*note[:7], text)
    if "\0" in note.pool_id or "\0" in note.subject:  # PostgreSQL keeps every character but this one
        said = (note.at, _without_nul(note.pool_id), *note[2:5], _without_nul(note.subject), note.result, text)
    return said


def _without_nul(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
