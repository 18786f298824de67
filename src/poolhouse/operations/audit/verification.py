"""Is the trail what was written? Every row, its place, both ends, and what is not linked yet."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.store import audit, backend
from poolhouse.store.audit import Row, State
from poolhouse.store.database import Database, Transaction
from poolhouse.store.loading import GAP_FACT
from poolhouse.store.sqlite import SqliteDatabase

from .chain import is_sealed
from .seals import START, Head, chained, opened_head

BATCH: Final = 1000
Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Problem:
    """The first place where the trail is not what was written: a place in the chain, a row's id, and what it means."""

    seq: int
    id: int
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """`linked` rows are proved, in their order; `loose` ones, each by itself. `head` is the hash at the end."""

    linked: int
    loose: int
    head: str
    problem: Problem | None = None


class _Broken(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


async def _unseen(_proved: int, _rows: int) -> None:
    await asyncio.sleep(0)


async def verify(
    database: Database, vault: Vault, known: Head | None = None, *, progress: Progress = _unseen
) -> Report:
    """A server may go on writing meanwhile: what joins the chain after the beginning is not looked at.

    `known` is an end that was noted elsewhere, some time ago: only that shows that an older state was put back.
    `progress` is told now and then how many of how many linked rows are proved; others get their turn meanwhile.
    """
    state, head = State(None, 0, 0, 0, 0), Head(0, START)
    loose = 0
    try:
        state, head = await _ends(database, vault)
        await _walk(database, vault, head, progress)
        if known is not None:
            await _require_known(database, known)
        loose = await _loose(database, vault)
        await _require_complete(database, vault, state)
    except _Broken as broken:
        return Report(head.seq, loose, head.hash.hex(), broken.problem)
    return Report(head.seq, loose, head.hash.hex())


async def _ends(database: Database, vault: Vault) -> tuple[State, Head]:
    async with database.read() as tx:
        state = await audit.state(tx)
    try:
        head = opened_head(vault, state.head)
    except BrokenSeal:
        what = "The sealed end of the trail cannot be opened: it was changed, or the master key is another one."
        raise _Broken(Problem(0, 0, what)) from None
    if state.last > head.seq:
        what = f"Rows stand behind the sealed end, which is {head.seq}: it was removed or put back, or they were added."
        raise _Broken(Problem(head.seq + 1, 0, what))
    if state.last < head.seq:
        what = f"The end is cut off: {head.seq - state.last} of {head.seq} linked rows are missing."
        raise _Broken(Problem(state.last + 1, 0, what))
    return state, head


async def _walk(database: Database, vault: Vault, head: Head, progress: Progress) -> None:
    seq, last = 0, START
    async for row in _linked(database, head.seq):
        if row.seq != seq + 1:
            raise _Broken(Problem(seq + 1, 0, f"A row is missing: behind {seq} comes {row.seq}."))
        if not is_sealed(vault, row):
            raise _Broken(Problem(row.seq, row.id, "The row does not say what was written."))
        seq, last = row.seq, chained(vault, last, row, row.seq)
        if row.hash != last:
            raise _Broken(Problem(seq, row.id, "The row does not follow the one before it: rows were moved or added."))
        if seq % BATCH == 0:
            await progress(seq, head.seq)
    if (seq, last) != head:
        raise _Broken(Problem(seq, 0, "The last row is not the one that the sealed end names."))


async def _require_known(database: Database, known: Head) -> None:
    async with database.read() as tx:
        rows = await audit.linked(tx, known.seq - 1, 1)
    if not rows or rows[0].seq != known.seq or rows[0].hash != known.hash:
        what = "The trail does not hold the end that was noted: an older state was put back, or it is another trail."
        raise _Broken(Problem(known.seq, 0, what))


async def _linked(database: Database, until: int) -> AsyncIterator[Row]:
    after = 0
    while after < until:
        async with database.read() as tx:
            rows = await audit.linked(tx, after, min(BATCH, until - after))
        for row in rows:
            assert row.seq is not None
            if row.seq > until:
                return
            yield row
            after = row.seq
        if not rows:
            return


async def _loose(database: Database, vault: Vault) -> int:
    after, found = 0, 0
    while True:
        async with database.read() as tx:
            rows = await audit.loose(tx, BATCH, after)
        for row in rows:
            after, found = row.id, found + 1
            if not is_sealed(vault, row):
                raise _Broken(Problem(0, row.id, "A row that is not linked yet does not say what was written."))
        if not rows:
            return found


async def _require_complete(database: Database, vault: Vault, state: State) -> None:
    async with database.read() as tx:
        copied = await audit.twice(tx)
        if copied:
            raise _Broken(Problem(0, copied, "The row is a copy of an earlier one."))
        if not isinstance(database, SqliteDatabase):
            return
        given, now, left_out = await audit.given_ids(tx), await audit.state(tx), await _left_out(tx, vault)
    if not (given == now.highest_id == now.rows + left_out and now.rows >= state.rows):
        raise _Broken(Problem(0, 0, f"{given - now.rows - left_out} rows were removed before they were linked."))


async def _left_out(tx: Transaction, vault: Vault) -> int:
    """How many ids PostgreSQL gave to no record, in a trail that a backup brought from there."""
    sealed = await backend.fact(tx, GAP_FACT)
    try:
        return 0 if sealed is None else int(msgspec.msgpack.decode(vault.open(GAP_FACT, sealed)))
    except BrokenSeal:
        raise _Broken(Problem(0, 0, "What a restored backup noted of the trail was changed.")) from None
