"""The process that carries started import jobs out, row by row.

A job is held for ten seconds at a time, and again after every batch. When its holder dies, another process, or the same
one after its restart, goes on: a row and what became of it are one commit, so no row is imported twice and none is left
out.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec

from poolhouse import telemetry
from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import GroupExistsException, InvalidParameterException, ServiceError
from poolhouse.store import import_jobs, pools
from poolhouse.store.database import Transaction
from poolhouse.store.import_jobs import Job, Outcome, RowOutcome, Status
from poolhouse.store.pools import Pool

from . import import_csv, import_files, import_users
from .context import Services
from .import_csv import CsvRow, UnusableFile
from .import_files import Entry
from .import_jobs import expire, file
from .import_users import NewUser
from .user_records import GroupRecord

_HELD: Final = 10_000_000
_BATCH: Final = 32
_CHUNK: Final = 65_536
_PAUSE_SECONDS: Final = 1.0
Found = Callable[[], NewUser | GroupRecord]
"""What a row holds; raises InvalidParameterException for one that holds nothing."""
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
    chunks = _chunks(await file(services, job))
    if job.state.form == "jsonl":
        for batch in import_files.batches(import_files.json_entries(chunks)):
            # A group comes first in its batch, and is there before the users behind it.
            await _settle(services, job, pool, [partial(_of_entry, entry) for entry in batch[:1]], batch[:1])
            await _settle(services, job, pool, [partial(_of_entry, entry) for entry in batch[1:]], batch[1:])
        return
    rows = import_csv.rows(chunks)
    names = import_csv.columns(pool.settings, rows)
    for found in import_csv.batches(rows, _BATCH):
        await _settle(services, job, pool, [partial(_of_row, pool, names, row) for row in found], found)


async def _settle(
    services: Services, job: Job, pool: Pool, found: Sequence[Found], lines: Sequence[CsvRow | Entry]
) -> None:
    """Settle rows that are not settled yet, side by side. Raises _Lost, _Stopped."""
    if not lines:
        return
    await _renew(services, job)
    async with services.database.read() as tx:
        settled = await import_jobs.settled(tx, job.id, lines[0].line, lines[-1].line)
    due = [(row.line, read) for row, read in zip(lines, found, strict=True) if row.line not in settled]
    await asyncio.gather(*(_row(services, job, pool, line, read) for line, read in due))


def _of_row(pool: Pool, names: Sequence[str], row: CsvRow) -> NewUser:
    """Raises InvalidParameterException."""
    if row.problem is not None:
        raise InvalidParameterException(row.problem)
    return import_csv.new_user(pool, names, row.cells)


def _of_entry(entry: Entry) -> NewUser | GroupRecord:
    """Raises InvalidParameterException."""
    if entry.found is None:
        raise InvalidParameterException(entry.problem)
    return entry.found


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


async def _row(services: Services, job: Job, pool: Pool, line: int, read: Found) -> None:
    """Settle one row: the user and the outcome together, or the outcome alone."""
    outcome: Outcome = "Failed"
    try:
        await _add(services, job, pool, read(), line)
        return
    except GroupExistsException:
        outcome, message = "Skipped", import_files.OLD_GROUP
    except ServiceError as error:
        outcome, message = import_users.refusal(error)
    except (_Lost, OSError):
        raise
    except Exception:  # noqa: BLE001 - one row that breaks something must not stop all that follow
        telemetry.log.exception("import row failed", job=job.id, line=line)
        message = _INTERNAL
    async with services.database.write() as tx:
        await import_jobs.add_row(tx, job.id, RowOutcome(line, outcome, message))


async def _add(services: Services, job: Job, pool: Pool, new: NewUser | GroupRecord, line: int) -> None:
    said = import_files.NEW_GROUP if isinstance(new, GroupRecord) else import_users.SUCCEEDED
    async with services.database.write() as tx:
        if not await import_jobs.add_row(tx, job.id, RowOutcome(line, "Imported", said)):
            return
        if isinstance(new, GroupRecord):
            await import_files.add_group(tx, pool, new, services.clock())
        else:
            await import_users.add(services, tx, pool, new, services.clock())
