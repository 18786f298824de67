"""The process that carries started import jobs out, row by row.

A job is held for half a minute at a time. When its holder dies, another process, or the same one after its restart,
goes on: a row and what became of it are one commit, so no row is imported twice and none is left out.
"""

import asyncio
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from poolhouse import telemetry
from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import ServiceError
from poolhouse.store import import_jobs, pools
from poolhouse.store.database import Transaction
from poolhouse.store.import_jobs import Job, Outcome, RowOutcome, Status
from poolhouse.store.pools import Pool

from . import import_csv, import_users
from .context import Services
from .import_csv import CsvRow, UnusableFile
from .import_jobs import expire, file

_HELD: Final = 30_000_000
_BATCH: Final = 32
_CHUNK: Final = 65_536
_PAUSE_SECONDS: Final = 1.0
_INTERNAL: Final = "The user could not be imported because of an internal error."


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
    pool = await _pool(services, job)
    rows = import_csv.rows(_chunks(await file(services, job)))
    names = import_csv.columns(pool.settings, rows)
    for batch in import_csv.batches(rows, _BATCH):
        await _renew(services, job)
        async with services.database.read() as tx:
            settled = await import_jobs.settled(tx, job.id, batch[0].line, batch[-1].line)
        due = [row for row in batch if row.line not in settled]
        await asyncio.gather(*(_row(services, job, pool, names, row) for row in due))


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


async def _row(services: Services, job: Job, pool: Pool, names: Sequence[str], row: CsvRow) -> None:
    """Settle one row: the user and the outcome together, or the outcome alone."""
    outcome: Outcome = "Failed"
    try:
        if row.problem is None:
            await _add(services, job, pool, import_csv.new_user(pool, names, row.cells), row.line)
            return
        message = row.problem
    except ServiceError as error:
        outcome, message = import_users.refusal(error)
    except (_Lost, OSError):
        raise
    except Exception:  # noqa: BLE001 - one row that breaks something must not stop all that follow
        telemetry.log.exception("import row failed", job=job.id, line=row.line)
        message = _INTERNAL
    async with services.database.write() as tx:
        await import_jobs.add_row(tx, job.id, RowOutcome(row.line, outcome, message))


async def _add(services: Services, job: Job, pool: Pool, new: import_users.NewUser, line: int) -> None:
    async with services.database.write() as tx:
        if await import_jobs.add_row(tx, job.id, RowOutcome(line, "Imported", import_users.SUCCEEDED)):
            await import_users.add(services, tx, pool, new, services.clock())
