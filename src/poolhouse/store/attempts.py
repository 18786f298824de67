"""Counters that slow guessing down: how often something was tried, and since when. A refused try is not counted again.

Every count is one statement that also decides, so parallel tries on any number of nodes cannot exceed a limit.
"""

from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, case, delete, literal, not_, or_, select

from .database import Transaction
from .schema import attempts
from .statement import InsertBuilder, Statement

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
BY_DAY: Final = "day:"
"""How subjects begin whose window is a day; the longest that any other rule looks back is an hour."""
FREE_FAILURES: Final = 5
"""Wrong passwords that cost no waiting."""
LONGEST_WAIT: Final = 900 * SECOND
"""The most that one has to wait after a wrong password, and the idle time after which all of them are forgotten."""


class Attempts(NamedTuple):
    """A row of `attempts` (subject, count, started, last); times are epoch microseconds."""

    subject: str
    made: int
    started: int
    last: int


def wait(failures: int) -> int:
    """Microseconds without any try after so many wrong passwords: 1 s after the fifth, then twice as long each time."""
    if failures < FREE_FAILURES:
        return 0
    return min(SECOND << min(failures - FREE_FAILURES, 10), LONGEST_WAIT)


def is_locked(row: Attempts | None, now: int) -> bool:
    return row is not None and row.last + wait(row.made) > now


_now = bindparam("now", type_=BigInteger)
_floor = bindparam("floor", type_=BigInteger)
_WAITS = {failures: wait(failures) for failures in range(FREE_FAILURES, FREE_FAILURES + 11)}
_wait = case(
    *((attempts.c.count == failures, literal(length, BigInteger)) for failures, length in _WAITS.items()),
    (attempts.c.count > max(_WAITS), literal(LONGEST_WAIT, BigInteger)),
    else_=literal(0, BigInteger),
)


def _count(insert: InsertBuilder, *, over: Any, allowed: Any) -> Any:
    """Insert 1 or add 1; `over` says when to begin again, `allowed` when to count at all."""
    first = insert(attempts).values(subject=bindparam("subject"), count=literal(1, BigInteger), started=_now, last=_now)
    return first.on_conflict_do_update(
        index_elements=[attempts.c.subject],
        set_={
            "count": case((over, literal(1, BigInteger)), else_=attempts.c.count + 1),
            "started": case((over, _now), else_=attempts.c.started),
            "last": _now,
        },
        where=or_(over, allowed),
    )


_TRY = Statement(
    lambda insert: _count(
        insert,
        over=attempts.c.started <= _floor,
        allowed=attempts.c.count < bindparam("most", type_=BigInteger),
    )
)
_FAIL = Statement(
    lambda insert: _count(insert, over=attempts.c.last <= _floor, allowed=attempts.c.last + _wait <= _now)
)
_FIND = Statement(select(attempts).where(attempts.c.subject == bindparam("subject")))
_FORGET = Statement(delete(attempts).where(attempts.c.subject == bindparam("subject")))
_day_floor = bindparam("day_floor", type_=BigInteger)
_is_old = and_(
    attempts.c.last <= _floor, or_(attempts.c.last <= _day_floor, not_(attempts.c.subject.startswith(BY_DAY)))
)
_OLD = select(attempts.c.subject).where(_is_old).limit(bindparam("most", type_=BigInteger))
_REMOVE_OLD = Statement(delete(attempts).where(and_(attempts.c.subject.in_(_OLD.scalar_subquery()), _is_old)))


async def find(tx: Transaction, subject: str) -> Attempts | None:
    row = await tx.one(_FIND, {"subject": subject})
    return None if row is None else Attempts._make(row)


async def allow(tx: Transaction, subject: str, now: int, most: int, window: int = HOUR) -> bool:
    """Count one try of at most `most` in a window that begins with its first try; False when they are used up."""
    values = {"subject": subject, "now": now, "floor": now - window, "most": most}
    return await tx.run(_TRY, values) == 1


def is_used_up(row: Attempts | None, now: int, most: int, window: int = HOUR) -> bool:
    """Whether `allow` would not count another try."""
    return row is not None and row.started > now - window and row.made >= most


async def fail(tx: Transaction, subject: str, now: int) -> bool:
    """Count one wrong password; False when the subject had to wait, so that nothing was tried and nothing counted."""
    return await tx.run(_FAIL, {"subject": subject, "now": now, "floor": now - LONGEST_WAIT}) == 1


async def forget(tx: Transaction, subject: str) -> None:
    await tx.run(_FORGET, {"subject": subject})


async def remove_old(tx: Transaction, now: int, most: int = 500) -> int:
    """Drop at most `most` counters that no rule looks at any more; the number of them."""
    return await tx.run(_REMOVE_OLD, {"floor": now - HOUR, "day_floor": now - DAY, "most": most})
