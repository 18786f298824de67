"""Jobs that import users from a file, the file itself while it waits, and what became of each of its rows.

A running job is held by one process at a time, until a moment that the process keeps moving on.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.json import Decoder, encode
from sqlalchemy import Select, and_, bindparam, func, insert, null, or_, select, update

from poolhouse.errors import ResourceNotFoundException

from .database import Row, Transaction
from .schema import import_jobs, import_rows
from .statement import Statement

Status = Literal["Created", "Pending", "InProgress", "Stopping", "Expired", "Stopped", "Failed", "Succeeded"]
Outcome = Literal["Imported", "Skipped", "Failed"]
FileForm = Literal["csv", "jsonl"]
ACTIVE: Final[tuple[Status, ...]] = ("Pending", "InProgress", "Stopping")


class JobState(Struct, frozen=True):
    """`size` is that of the uploaded file in bytes, None before it came. `holder` runs the job until `held_until`.

    `form` is AWS's CSV, or our own lines of JSON. `cause` says for the audit trail who started the job and how.
    """

    role_arn: str
    size: int | None = None
    holder: str = ""
    held_until: int = 0
    message: str | None = None
    form: FileForm = "csv"
    cause: dict[str, Any] | None = None


class Job(NamedTuple):
    """A row of `import_jobs` without the file. Times are epoch microseconds."""

    id: str
    pool_id: str
    name: str
    status: Status
    state: JobState
    created: int
    started: int | None
    ended: int | None


class RowOutcome(NamedTuple):
    """What became of the row that begins in a line of the file; the header is line 1."""

    line: int
    outcome: Outcome
    message: str


_decoder = Decoder(JobState)
_COLUMNS = ("id", "pool_id", "name", "status", "settings", "created", "started", "ended")
_JOB = [import_jobs.c[name] for name in _COLUMNS]
_OF_POOL = and_(import_jobs.c.id == bindparam("job"), import_jobs.c.pool_id == bindparam("pool_id"))


def _both(query: Select[Any]) -> tuple[Statement, Statement]:
    return Statement(query), Statement(query.with_for_update())


_GET = _both(select(*_JOB).where(_OF_POOL))
_BY_ID = _both(select(*_JOB).where(import_jobs.c.id == bindparam("job")))
_ADD = Statement(insert(import_jobs).values({name: bindparam(name) for name in _COLUMNS}))
_CHANGED = ("status", "settings", "started", "ended")
_CHANGE = Statement(
    update(import_jobs).where(import_jobs.c.id == bindparam("job")).values({name: bindparam(name) for name in _CHANGED})
)
_SET_FILE = Statement(
    update(import_jobs).where(import_jobs.c.id == bindparam("job")).values(content=bindparam("content"))
)
_FILE = Statement(select(import_jobs.c.content).where(import_jobs.c.id == bindparam("job")))
_PAGE = Statement(
    select(*_JOB)
    .where(import_jobs.c.pool_id == bindparam("pool_id"))
    .where(
        or_(
            import_jobs.c.created < bindparam("created"),
            and_(import_jobs.c.created == bindparam("created"), import_jobs.c.id < bindparam("after")),
        )
    )
    .order_by(import_jobs.c.created.desc(), import_jobs.c.id.desc())
    .limit(bindparam("limit"))
)
_COUNT = Statement(select(func.count()).where(import_jobs.c.pool_id == bindparam("pool_id")))
_ACTIVE = Statement(
    select(*_JOB).where(or_(*(import_jobs.c.status == status for status in ACTIVE))).order_by(import_jobs.c.started)
)
_STALE = Statement(
    select(import_jobs.c.id)
    .where(import_jobs.c.status == "Created", import_jobs.c.created < bindparam("before"))
    .limit(1)
)
_EXPIRE = Statement(
    update(import_jobs)
    .where(import_jobs.c.status == "Created", import_jobs.c.created < bindparam("before"))
    .values(status="Expired", ended=bindparam("now"), content=null())
)
_ADD_ROW = Statement(
    lambda dialect_insert: (
        dialect_insert(import_rows)
        .values({name: bindparam(name) for name in ("job_id", "line", "outcome", "message")})
        .on_conflict_do_nothing()
    )
)
_OF_ROW = RowOutcome._fields
_OF_JOB = import_rows.c.job_id == bindparam("job")
_KNOWN = Statement(
    select(import_rows.c.line).where(
        _OF_JOB, import_rows.c.line >= bindparam("first"), import_rows.c.line <= bindparam("last")
    )
)
_COUNTS = Statement(select(import_rows.c.outcome, func.count()).where(_OF_JOB).group_by(import_rows.c.outcome))
_ROWS = Statement(
    select(import_rows.c.line, import_rows.c.outcome, import_rows.c.message)
    .where(_OF_JOB, import_rows.c.line > bindparam("after"))
    .order_by(import_rows.c.line)
    .limit(bindparam("limit"))
)


def _of_row(row: Row) -> Job:
    return Job(row[0], row[1], row[2], row[3], _decoder.decode(row[4]), row[5], row[6], row[7])


def _values(job: Job) -> dict[str, Any]:
    members = job._asdict()
    state: JobState = members.pop("state")
    return members | {"settings": encode(state).decode()}


# --- jobs --------------------------------------------------------------------------------------------------


async def add(tx: Transaction, job: Job) -> None:
    await tx.run(_ADD, _values(job))


async def get(tx: Transaction, pool_id: str, job_id: str, *, lock: bool = False) -> Job:
    """Raises ResourceNotFoundException."""
    row = await tx.one(_GET[lock], {"pool_id": pool_id, "job": job_id})
    if row is None:
        raise ResourceNotFoundException(f"User import job {job_id} does not exist.")
    return _of_row(row)


async def by_id(tx: Transaction, job_id: str, *, lock: bool = False) -> Job | None:
    row = await tx.one(_BY_ID[lock], {"job": job_id})
    return None if row is None else _of_row(row)


async def change(tx: Transaction, job: Job) -> None:
    """Write status, state and times of an existing job."""
    values = _values(job)
    await tx.run(_CHANGE, {"job": job.id} | {name: values[name] for name in _CHANGED})


async def list_(tx: Transaction, pool_id: str, after: tuple[str, int], limit: int) -> list[Job]:
    """Jobs of a pool, the newest first, those behind `after`: an id and a time of creation; ("", 0) is the start."""
    job_id, created = after
    values = {"pool_id": pool_id, "after": job_id, "created": created or 1 << 62, "limit": limit}
    return [_of_row(row) for row in await tx.all(_PAGE, values)]


async def count(tx: Transaction, pool_id: str) -> int:
    row = await tx.one(_COUNT, {"pool_id": pool_id})
    return int(row[0]) if row else 0


async def active(tx: Transaction) -> list[Job]:
    """Every job that was started and has not ended, the oldest first."""
    return [_of_row(row) for row in await tx.all(_ACTIVE, {})]


async def has_stale(tx: Transaction, before: int) -> bool:
    return await tx.one(_STALE, {"before": before}) is not None


async def expire(tx: Transaction, before: int, now: int) -> None:
    """End what was made `before` and never started; the files go."""
    await tx.run(_EXPIRE, {"before": before, "now": now})


# --- files -------------------------------------------------------------------------------------------------


async def set_file(tx: Transaction, job_id: str, content: bytes | None) -> None:
    """`content` is sealed; None forgets it."""
    await tx.run(_SET_FILE, {"job": job_id, "content": content})


async def file(tx: Transaction, job_id: str) -> bytes | None:
    row = await tx.one(_FILE, {"job": job_id})
    return None if row is None else row[0]


# --- rows --------------------------------------------------------------------------------------------------


async def add_row(tx: Transaction, job_id: str, row: RowOutcome) -> bool:
    """True for the one caller who settles this row."""
    return await tx.run(_ADD_ROW, {"job_id": job_id} | row._asdict()) == 1


async def add_rows(tx: Transaction, job_id: str, rows: Sequence[RowOutcome]) -> int:
    """How many of these rows were not settled before; few at a time."""
    values: dict[str, Any] = {"job": job_id}
    for n, row in enumerate(rows):
        values |= {f"line{n}": row.line, f"outcome{n}": row.outcome, f"message{n}": row.message}
    return await tx.run(_add_rows(len(rows)), values) if rows else 0


@cache
def _add_rows(number: int) -> Statement:
    def line(n: int) -> dict[str, Any]:
        return {"job_id": bindparam("job"), **{each: bindparam(f"{each}{n}") for each in _OF_ROW}}

    lines = [line(n) for n in range(number)]
    return Statement(lambda dialect_insert: dialect_insert(import_rows).values(lines).on_conflict_do_nothing())


async def settled(tx: Transaction, job_id: str, first: int, last: int) -> set[int]:
    """The lines from `first` to `last` whose rows are settled."""
    return {row[0] for row in await tx.all(_KNOWN, {"job": job_id, "first": first, "last": last})}


async def counts(tx: Transaction, job_id: str) -> dict[Outcome, int]:
    """How many rows came to each outcome."""
    found: dict[Outcome, int] = {"Imported": 0, "Skipped": 0, "Failed": 0}
    return found | {row[0]: row[1] for row in await tx.all(_COUNTS, {"job": job_id})}


async def rows(tx: Transaction, job_id: str, after: int, limit: int) -> list[RowOutcome]:
    """Settled rows by line, those behind `after`."""
    return [RowOutcome._make(row) for row in await tx.all(_ROWS, {"job": job_id, "after": after, "limit": limit})]
