"""Lists of names on their way into a group or out of it, and what became of each name.

A list is worked on by one request at a time, until a moment after which another may go on where that one ended.
"""

from typing import Final, Literal, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from .database import Transaction
from .schema import bulk_rows, bulk_runs
from .statement import Statement

Action = Literal["add", "remove"]
Status = Literal["draft", "running", "done"]
Outcome = Literal["done", "unchanged", "unknown", "refused"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("done", "unchanged", "unknown", "refused")


class Run(NamedTuple):
    """A row of `bulk_runs` without the names. Times are epoch microseconds; `actor` is the ARN of whose list it is."""

    id: str
    pool_id: str
    group_name: str
    action: Action
    actor: str
    status: Status
    total: int
    held_until: int
    created: int
    modified: int


class RowOutcome(NamedTuple):
    """What became of the name in a line; `message` says why it was refused."""

    line: int
    outcome: Outcome
    message: str


_RUN = [bulk_runs.c[name] for name in Run._fields]
_GET = Statement(select(*_RUN).where(bulk_runs.c.id == bindparam("run"), bulk_runs.c.pool_id == bindparam("pool_id")))
_ADD = Statement(insert(bulk_runs).values({name: bindparam(name) for name in (*Run._fields, "names")}))
_NAMES = Statement(select(bulk_runs.c.names).where(bulk_runs.c.id == bindparam("run")))
_OF_GROUP = Statement(
    select(*_RUN)
    .where(bulk_runs.c.pool_id == bindparam("pool_id"), bulk_runs.c.group_name == bindparam("group_name"))
    .where(or_(bulk_runs.c.actor == bindparam("actor"), bindparam("actor") == ""))
    .order_by(bulk_runs.c.created.desc(), bulk_runs.c.id.desc())
    .limit(bindparam("limit"))
)
_CLAIM = Statement(
    update(bulk_runs)
    .where(bulk_runs.c.id == bindparam("run"), bulk_runs.c.held_until <= bindparam("now"))
    .where(bulk_runs.c.status != "done")
    .values(status="running", held_until=bindparam("until"), modified=bindparam("now"))
)
_RELEASE = Statement(
    update(bulk_runs)
    .where(bulk_runs.c.id == bindparam("run"))
    .values(status=bindparam("status"), held_until=0, modified=bindparam("now"))
)
_REMOVE = Statement(delete(bulk_runs).where(bulk_runs.c.id == bindparam("run")))
_OLD = select(bulk_runs.c.id).where(bulk_runs.c.created < bindparam("before")).limit(bindparam("most"))
_REMOVE_OLD = Statement(delete(bulk_runs).where(bulk_runs.c.id.in_(_OLD.scalar_subquery())))
_ADD_ROW = Statement(
    lambda dialect_insert: (
        dialect_insert(bulk_rows)
        .values({name: bindparam(name) for name in ("run_id", "line", "outcome", "message")})
        .on_conflict_do_nothing()
    )
)
_OF_RUN = bulk_rows.c.run_id == bindparam("run")
_ROWS = Statement(
    select(bulk_rows.c.line, bulk_rows.c.outcome, bulk_rows.c.message)
    .where(and_(_OF_RUN, bulk_rows.c.line > bindparam("after")))
    .order_by(bulk_rows.c.line)
    .limit(bindparam("limit"))
)
_COUNTS = Statement(select(bulk_rows.c.outcome, func.count()).where(_OF_RUN).group_by(bulk_rows.c.outcome))
_LAST = Statement(select(func.max(bulk_rows.c.line)).where(_OF_RUN))


async def add(tx: Transaction, run: Run, names: bytes) -> None:
    """`names` is sealed."""
    await tx.run(_ADD, run._asdict() | {"names": names})


async def find(tx: Transaction, pool_id: str, run_id: str) -> Run | None:
    row = await tx.one(_GET, {"run": run_id, "pool_id": pool_id})
    return None if row is None else Run._make(row)


async def names(tx: Transaction, run_id: str) -> bytes:
    """Sealed, as they were added; empty when the run is gone."""
    row = await tx.one(_NAMES, {"run": run_id})
    return b"" if row is None else bytes(row[0])


async def of_group(tx: Transaction, pool_id: str, group_name: str, actor: str, limit: int) -> list[Run]:
    """The newest of a group; those of one actor, or "" for everybody's."""
    values = {"pool_id": pool_id, "group_name": group_name, "actor": actor, "limit": limit}
    return [Run._make(row) for row in await tx.all(_OF_GROUP, values)]


async def claim(tx: Transaction, run_id: str, now: int, until: int) -> bool:
    """True for the one caller who works on the run now; False while another does, and when it is done or gone."""
    return await tx.run(_CLAIM, {"run": run_id, "now": now, "until": until}) == 1


async def release(tx: Transaction, run_id: str, status: Status, now: int) -> None:
    """The run may be claimed again."""
    await tx.run(_RELEASE, {"run": run_id, "status": status, "now": now})


async def remove(tx: Transaction, run_id: str) -> None:
    """The record only; memberships stay as they are."""
    await tx.run(_REMOVE, {"run": run_id})


async def remove_old(tx: Transaction, before: int, most: int = 20) -> int:
    """Forget at most `most` runs that were made before a time; the number of them."""
    return await tx.run(_REMOVE_OLD, {"before": before, "most": most})


# --- rows --------------------------------------------------------------------------------------------------


async def add_row(tx: Transaction, run_id: str, row: RowOutcome) -> None:
    """What was noted first stays."""
    await tx.run(_ADD_ROW, {"run_id": run_id} | row._asdict())


async def rows(tx: Transaction, run_id: str, after: int, limit: int) -> list[RowOutcome]:
    """By line, those behind `after`."""
    return [RowOutcome._make(row) for row in await tx.all(_ROWS, {"run": run_id, "after": after, "limit": limit})]


async def counts(tx: Transaction, run_id: str) -> dict[Outcome, int]:
    """How many names came to each outcome."""
    found: dict[Outcome, int] = dict.fromkeys(OUTCOMES, 0)
    return found | {row[0]: row[1] for row in await tx.all(_COUNTS, {"run": run_id})}


async def last(tx: Transaction, run_id: str) -> int:
    """The line of the last name that was settled; 0 for none."""
    row = await tx.one(_LAST, {"run": run_id})
    return 0 if row is None or row[0] is None else int(row[0])
