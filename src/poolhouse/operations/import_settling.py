"""Rows of an import settled together: users, groups, what became of each, and a record of it, in one write block.

Most batches are good throughout and cost one block. When a row is refused its block is begun again, and every row is a
step in it that can be undone alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from poolhouse import telemetry
from poolhouse.errors import GroupExistsException, InternalErrorException, ServiceError
from poolhouse.store import groups, import_jobs, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.import_jobs import RowOutcome
from poolhouse.store.pools import Pool
from poolhouse.store.savepoints import step

from . import audit, import_users
from .audit import Cause, Effect
from .context import Services
from .import_users import NewUser, Settled
from .user_records import GroupRecord

BATCH: Final = 32
NEW_GROUP: Final = "The group was created."
OLD_GROUP: Final = "The group already exists."
_INTERNAL: Final = "The user could not be imported because of an internal error."
New = NewUser | GroupRecord


class Row(NamedTuple):
    """`read` gives what the line holds; it raises InvalidParameterException for one that holds nothing.

    `username` is the name in a line that holds one and nothing else that can be used.
    """

    line: int
    read: Callable[[], New]
    username: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """Where rows go, and who sends them. `job` is the job that they belong to, "" for a file that a command reads."""

    services: Services
    pool: Pool
    cause: Cause
    job: str = ""


class _Done(NamedTuple):
    """What became of a row; `user_id` is that of the user who came in."""

    outcome: RowOutcome
    effect: Effect
    user_id: int | None = None


class _Taken(Exception):
    """Another process has settled the row."""


async def settle(of: Import, rows: Sequence[Row]) -> list[RowOutcome]:
    """In their order; rows of a job that another process has settled are left out."""
    try:
        async with of.services.database.write() as tx:
            await pools.keep(tx, of.pool.id)
            done = [await _add(of, tx, row.line, row.read()) for row in rows]
            if of.job and await import_jobs.add_rows(tx, of.job, [one.outcome for one in done]) != len(done):
                raise _Taken
            await _keep(of, tx, done)
    except Exception:  # noqa: BLE001 - whatever it was: row by row it is told, and told of the right one
        async with of.services.database.write() as tx:
            await pools.keep(tx, of.pool.id)
            done = [one for row in rows if (one := await _alone(of, tx, row))]
            await _keep(of, tx, done)
    return [one.outcome for one in done]


async def _keep(of: Import, tx: Transaction, done: Sequence[_Done]) -> None:
    ids = [one.user_id for one in done if one.user_id is not None]
    if ids:
        await users.add_to_count(tx, of.pool.id, ids[0], len(ids))
    await audit.record_effects(tx, of.services, of.cause, [one.effect for one in done])


async def _alone(of: Import, tx: Transaction, row: Row) -> _Done | None:
    """A row of which nothing but its refusal may be left; None when it is settled already."""
    new: New | None = None
    try:
        new = row.read()
        async with step(tx):
            done = await _add(of, tx, row.line, new)
            if not await _claim(of, tx, done.outcome):
                raise _Taken
            return done
    except _Taken:
        return None
    except ServiceError as error:
        settled, code = _refusal(error), error.code
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - one row that breaks something must not stop all that follow
        telemetry.log.exception("import row failed", job=of.job, line=row.line)
        settled, code = Settled("Failed", _INTERNAL), InternalErrorException.code
    done = _told(row, new, settled, code)
    return done if await _claim(of, tx, done.outcome) else None


async def _claim(of: Import, tx: Transaction, outcome: RowOutcome) -> bool:
    """False when the row of a job is settled already."""
    return not of.job or await import_jobs.add_row(tx, of.job, outcome)


async def _add(of: Import, tx: Transaction, line: int, new: New) -> _Done:
    """Raises ServiceError; what was written of the row must not be kept then."""
    now = of.services.clock()
    if isinstance(new, GroupRecord):
        await _add_group(tx, of.pool, new, now)
        return _Done(RowOutcome(line, "Imported", NEW_GROUP), Effect("ImportGroup", new.name, {"Line": line}))
    user = await import_users.add(of.services, tx, of.pool, new, now, is_counted=False)
    outcome = RowOutcome(line, "Imported", import_users.SUCCEEDED)
    return _Done(outcome, Effect("ImportUser", user.sub, _asked(line, new)), user.id)


async def _add_group(tx: Transaction, pool: Pool, record: GroupRecord, now: int) -> None:
    """Raises GroupExistsException, LimitExceededException."""
    await groups.add(
        tx,
        pool.id,
        record.name,
        description=record.description,
        role_arn=record.role_arn,
        precedence=record.precedence,
        now=now,
    )


def _refusal(error: ServiceError) -> Settled:
    """Raises what is no refusal."""
    return Settled("Skipped", OLD_GROUP) if isinstance(error, GroupExistsException) else import_users.refusal(error)


def _told(row: Row, new: New | None, settled: Settled, code: str) -> _Done:
    """A row that changes nothing. One that cannot be read at all has no name."""
    effect = Effect("ImportUser", row.username, {"Line": row.line}, code, settled.message)
    if isinstance(new, GroupRecord):
        effect = effect._replace(operation="ImportGroup", subject=new.name)
    elif new is not None:
        effect = effect._replace(subject=new.username, request=_asked(row.line, new))
    return _Done(RowOutcome(row.line, *settled), effect)


def _asked(line: int, new: NewUser) -> dict[str, Any]:
    """What the trail keeps of a row: names, and no attribute."""
    request: dict[str, Any] = {"Line": line, "Username": new.username}
    return request | {"Groups": new.groups} if new.groups else request
