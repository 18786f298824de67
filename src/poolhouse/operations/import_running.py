"""The process that carries started import jobs out, row by row.

A job is held for ten seconds at a time, and again after every batch. When its holder dies, another process, or the same
one after its restart, goes on: a row and what became of it are one commit, so no row is imported twice and none is left
out.
"""

import asyncio
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec

from poolhouse import telemetry
from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import InvalidParameterException
from poolhouse.store import import_jobs, pools
from poolhouse.store.database import Transaction
from poolhouse.store.import_jobs import Job, Status
from poolhouse.store.pools import Pool

from . import import_csv, import_files, import_settling
from .audit import Cause
from .context import Services
from .import_csv import CsvRow, UnusableFile
from .import_jobs import expire, file
from .import_settling import BATCH, Import, Row
from .import_users import NewUser

_HELD: Final = 10_000_000
_CHUNK: Final = 65_536
_PAUSE_SECONDS: Final = 1.0


class _Lost(Exception):
    """The job is not ours any more: another process holds it, it ended, or its pool is gone."""


class _Stopped(Exception):
    """Somebody asked for the job to stop."""


async def follow(services: Services) -> None:
    """Carry out every job that is started, for ever."""
    holder = new_uuid()
    while True:
        await expire(services)
        if not await run_next(services, holder):
            await asyncio.sleep(_PAUSE_SECONDS)


async def run_next(services: Services, holder: str) -> bool:
    """Carry one started job out to its end; False when there is none that nobody holds."""
    job = await _claim(services, holder)
    if job is None:
        return False
    with suppress(_Lost):
        try:
            await _import(services, job)
        except _Stopped:
            await _end(services, job, "Stopped", "The import job was stopped.")
        except UnusableFile as error:
            await _end(services, job, "Failed", str(error))
        else:
            await _end(services, job, "Succeeded", "The import job completed.")
    return True


# --- holding a job -----------------------------------------------------------------------------------------


async def _claim(services: Services, holder: str) -> Job | None:
    async with services.database.read() as tx:
        found = [job for job in await import_jobs.active(tx) if _is_free(job, holder, services.clock())]
    for candidate in found:
        async with services.database.write() as tx:
            job = await import_jobs.by_id(tx, candidate.id, lock=True)
            if job is not None and job.status in import_jobs.ACTIVE and _is_free(job, holder, services.clock()):
                return await _hold(services, tx, job, holder)
    return None


def _is_free(job: Job, holder: str, now: int) -> bool:
    return job.state.holder == holder or job.state.held_until <= now


async def _hold(services: Services, tx: Transaction, job: Job, holder: str) -> Job:
    state = msgspec.structs.replace(job.state, holder=holder, held_until=services.clock() + _HELD)
    status: Status = "InProgress" if job.status == "Pending" else job.status
    held = job._replace(status=status, state=state)
    await import_jobs.change(tx, held)
    return held


async def _renew(services: Services, job: Job) -> None:
    """Raises _Lost, _Stopped."""
    async with services.database.write() as tx:
        current = await import_jobs.by_id(tx, job.id, lock=True)
        if current is None or current.status not in import_jobs.ACTIVE or current.state.holder != job.state.holder:
            raise _Lost
        await _hold(services, tx, current, job.state.holder)
    if current.status == "Stopping":
        raise _Stopped


async def _end(services: Services, job: Job, status: Status, message: str) -> None:
    """The file is forgotten. Raises _Lost."""
    async with services.database.write() as tx:
        current = await import_jobs.by_id(tx, job.id, lock=True)
        if current is None or current.state.holder != job.state.holder or current.status not in import_jobs.ACTIVE:
            raise _Lost
        state = msgspec.structs.replace(current.state, held_until=0, message=message[:128])
        await import_jobs.change(tx, current._replace(status=status, state=state, ended=services.clock()))
        await import_jobs.set_file(tx, job.id, None)
    telemetry.log.info("import job ended", job=job.id, pool=job.pool_id, status=status)


# --- rows --------------------------------------------------------------------------------------------------


async def _import(services: Services, job: Job) -> None:
    """Raises _Lost, _Stopped, UnusableFile."""
    await _renew(services, job)
    of = Import(services, await _pool(services, job), _cause(job), job.id)
    for rows in import_csv.batches(_rows(of.pool, job, _chunks(await file(services, job))), BATCH):
        await _settle(of, job, rows)


def _rows(pool: Pool, job: Job, chunks: Iterator[bytes]) -> Iterator[Row]:
    """Raises UnusableFile."""
    if job.state.form == "jsonl":
        yield from map(import_files.row, import_files.json_entries(chunks))
        return
    rows = import_csv.rows(chunks)
    names = import_csv.columns(pool.settings, rows)
    for row in rows:
        yield Row(row.line, partial(_user, pool, names, row), import_csv.username(names, row))


async def _settle(of: Import, job: Job, rows: Sequence[Row]) -> None:
    """Settle rows that are not settled yet. Raises _Lost, _Stopped."""
    await _renew(of.services, job)
    async with of.services.database.read() as tx:
        settled = await import_jobs.settled(tx, job.id, rows[0].line, rows[-1].line)
    due = [row for row in rows if row.line not in settled]
    if due:
        await import_settling.settle(of, due)


def _user(pool: Pool, names: Sequence[str], row: CsvRow) -> NewUser:
    """Raises InvalidParameterException."""
    if row.problem is not None:
        raise InvalidParameterException(row.problem)
    return import_csv.new_user(pool, names, row.cells)


def _cause(job: Job) -> Cause:
    """Who started the job; of one that an older version started nobody knows."""
    if job.state.cause is None:
        return Cause("", job.pool_id, {"request_id": "", "rule": "", "principal": "", "request": {"JobId": job.id}})
    return msgspec.convert(job.state.cause, Cause)


async def _pool(services: Services, job: Job) -> Pool:
    """Raises _Lost."""
    async with services.database.read() as tx:
        pool = await pools.find(tx, job.pool_id)
    if pool is None:
        raise _Lost
    return pool


def _chunks(compressed: bytes) -> Iterator[bytes]:
    """The plain file in pieces."""
    plain = zlib.decompressobj()
    rest = compressed
    while rest and (chunk := plain.decompress(rest, _CHUNK)):
        yield chunk
        rest = plain.unconsumed_tail
