"""The audit trail: rows that are added and never changed, their place in the chain, and how often what happened.

What a row means, and what proves it, is the operations' business.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, case, func, insert, select, text, update

from .database import Transaction
from .schema import audit_events, audit_hours, facts
from .statement import InsertBuilder, Statement

Said = tuple[int, str, str, str, str, str, str, str]
"""The columns that say what happened, from `at` to `body`."""


class Row(NamedTuple):
    """A row of `audit_events`; `at` is epoch microseconds, `body` JSON text. Loose rows have no `seq` and no `hash`."""

    id: int
    at: int
    pool_id: str
    kind: str
    operation: str
    actor: str
    subject: str
    result: str
    body: str
    mac: bytes
    seq: int | None
    hash: bytes | None

    @property
    def said(self) -> Said:
        return self[1:9]


class End(NamedTuple):
    """Where the next row goes, in a transaction that no other one runs beside: what is sealed about the end of the
    chain, and the highest id that was ever given to a row.
    """

    head: bytes | None
    given: int


class Link(NamedTuple):
    """The place that a row gets in the chain."""

    id: int
    seq: int
    hash: bytes


class Hour(NamedTuple):
    """How often something happened in one hour; `hour` is epoch hours."""

    hour: int
    kind: str
    result: str
    events: int


class State(NamedTuple):
    """The trail as a whole, of one moment: what is sealed about its end, and what is there."""

    head: bytes | None
    rows: int
    loose: int
    last: int
    highest_id: int


Filters = Mapping[str, str | int]
_NOTHING: Final[Filters] = {}
HEAD: Final = "audit-head"
_LOCK: Final = "lock:audit trail"
_ADDED: Final = ("at", "pool_id", "kind", "operation", "actor", "subject", "result", "body", "mac")
_LINKS: Final = 25
_TOGETHER: Final = 32
_events = audit_events.c
_most = bindparam("most", type_=BigInteger)
_ADD = Statement(insert(audit_events).values({name: bindparam(name) for name in _ADDED}))
_ADD_LINKED = Statement(insert(audit_events).values({name: bindparam(name) for name in Row._fields}))
_LOOSE = Statement(select(audit_events).where(_events.seq.is_(None)).order_by(_events.id).limit(_most))
_LOOSE_AFTER = Statement(
    select(audit_events)
    .where(_events.seq.is_(None), _events.id > bindparam("after", type_=BigInteger))
    .order_by(_events.id)
    .limit(_most)
)
_TWICE = Statement(select(func.max(_events.id)).group_by(_events.mac).having(func.count() > 1).limit(1))
_SAVED_HEAD = select(facts.c.value).where(facts.c.name == HEAD).scalar_subquery()
_STATE = Statement(
    select(
        _SAVED_HEAD,
        func.count(),
        func.count() - func.count(_events.seq),
        func.coalesce(func.max(_events.seq), 0),
        func.coalesce(func.max(_events.id), 0),
    ).select_from(audit_events)
)
_LAST_LINKED = Statement(select(func.coalesce(func.max(_events.seq), 0)))
# SQLite gives every row the id behind the last one, also across rollbacks: a hole is a row that was removed.
_GIVEN_IDS = Statement(text("SELECT seq FROM sqlite_sequence WHERE name = 'audit_events'"))
_END = Statement(
    text(
        "SELECT (SELECT value FROM facts WHERE name = 'audit-head'), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit_events'), 0)"
    )
)
_HOURS = Statement(
    select(audit_hours.c.hour, audit_hours.c.kind, audit_hours.c.result, audit_hours.c.events)
    .where(audit_hours.c.pool_id == bindparam("pool_id"), audit_hours.c.hour >= bindparam("since", type_=BigInteger))
    .order_by(audit_hours.c.hour, audit_hours.c.kind, audit_hours.c.result)
)


_FILTERS: Final[Mapping[str, Any]] = {
    **{name: _events[name] == bindparam(name, type_=Text) for name in ("pool_id", "subject", "actor", "kind")},
    **{name: _events[name] == bindparam(name, type_=Text) for name in ("operation", "result")},
    "but": _events.result != bindparam("but", type_=Text),
    "nor": _events.result != bindparam("nor", type_=Text),
    "after": _events.id > bindparam("after", type_=BigInteger),
    "before": _events.id < bindparam("before", type_=BigInteger),
    "since": _events.at >= bindparam("since", type_=BigInteger),
    "until": _events.at < bindparam("until", type_=BigInteger),
}


@cache
def _chain(names: frozenset[str]) -> Statement:
    behind = _events.seq > bindparam("place", type_=BigInteger)
    wanted = select(audit_events).where(behind, *(_FILTERS[name] for name in sorted(names)))
    return Statement(wanted.order_by(_events.seq).limit(_most))


def _given(filters: Filters) -> dict[str, str | int]:
    return {name: value for name, value in filters.items() if value}


def _links() -> Any:
    """Many rows in one statement: on PostgreSQL each statement is a round trip."""
    ids = [bindparam(f"id{n}", type_=BigInteger) for n in range(_LINKS)]
    seqs = [(_events.id == ids[n], bindparam(f"seq{n}", type_=BigInteger)) for n in range(_LINKS)]
    hashes = [(_events.id == ids[n], bindparam(f"hash{n}", type_=LargeBinary)) for n in range(_LINKS)]
    return update(audit_events).where(_events.id.in_(ids)).values(seq=case(*seqs), hash=case(*hashes))


def _count(insert: InsertBuilder) -> Any:
    statement = insert(audit_hours).values({column.name: bindparam(column.name) for column in audit_hours.c})
    return statement.on_conflict_do_update(
        index_elements=["pool_id", "hour", "kind", "result"],
        set_={"events": audit_hours.c.events + statement.excluded.events},
    )


def _lock(insert: InsertBuilder) -> Any:
    statement = insert(facts).values(name=_LOCK, value=bindparam("value"))
    return statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})


_LINK = Statement(_links())
_COUNT = Statement(_count)
_TAKE = Statement(_lock)


async def add(tx: Transaction, said: Said, mac: bytes) -> None:
    """A loose row, in the transaction of what it tells."""
    await tx.run(_ADD, dict(zip(_ADDED, (*said, mac), strict=True)))


async def end(tx: Transaction) -> End:
    """On SQLite, where one transaction writes at a time."""
    row = await tx.one(_END, {})
    assert row is not None
    return End(*row)


async def add_linked(tx: Transaction, rows: Sequence[Row]) -> None:
    """Rows with their places in the chain."""
    await tx.run_all(_ADD_LINKED, [dict(zip(Row._fields, row, strict=True)) for row in rows])


async def add_all(tx: Transaction, rows: Sequence[tuple[int, str, str, str, str, str, str, str, bytes]]) -> None:
    """Loose rows, some at a time in one statement: the columns that `add` is told, and the seal."""
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        await tx.run(_add_some(len(some)), dict(zip(_names(len(some)), chain.from_iterable(some), strict=True)))


@cache
def _add_some(number: int) -> Statement:
    lines: list[dict[str, Any]] = [{name: bindparam(f"{name}{n}") for name in _ADDED} for n in range(number)]
    return Statement(insert(audit_events).values(lines))


@cache
def _names(number: int) -> tuple[str, ...]:
    return tuple(f"{name}{n}" for n in range(number) for name in _ADDED)


# --- the chain ---------------------------------------------------------------------------------------------


async def lock(tx: Transaction) -> None:
    """Make every other process that wants to link rows wait for the end of this transaction."""
    await tx.run(_TAKE, {"value": b""})


async def loose(tx: Transaction, most: int, after: int = 0) -> list[Row]:
    """Rows that are not in the chain yet, by id, behind the id `after`."""
    found = await (tx.all(_LOOSE_AFTER, {"after": after, "most": most}) if after else tx.all(_LOOSE, {"most": most}))
    return [Row(*row) for row in found]


async def linked(tx: Transaction, after: int, most: int, filters: Filters = _NOTHING) -> list[Row]:
    """Rows in the order of the chain, behind the place `after`; of those that fit the filters, which are `page`'s."""
    given = _given(filters)
    rows = await tx.all(_chain(frozenset(given)), {**given, "place": after, "most": most})
    return [Row(*row) for row in rows]


async def link(tx: Transaction, links: Sequence[Link]) -> None:
    """Put loose rows into the chain."""
    for start in range(0, len(links), _LINKS):
        values: dict[str, Any] = {}
        some = links[start : start + _LINKS]
        for n in range(_LINKS):
            one = some[n] if n < len(some) else Link(-n - 1, 0, b"")
            values[f"id{n}"], values[f"seq{n}"], values[f"hash{n}"] = one
        await tx.run(_LINK, values)


async def state(tx: Transaction) -> State:
    row = await tx.one(_STATE, {})
    assert row is not None
    head = None if row[0] is None else bytes(row[0])
    return State(head, *row[1:])


async def last_linked(tx: Transaction) -> int:
    """The place of the last row in the chain, 0 for an empty chain."""
    row = await tx.one(_LAST_LINKED, {})
    return int(row[0]) if row else 0


async def twice(tx: Transaction) -> int:
    """The id of a row that is a copy of an earlier one, 0 when there is none."""
    row = await tx.one(_TWICE, {})
    return 0 if row is None else int(row[0])


async def given_ids(tx: Transaction) -> int:
    """On SQLite: the highest id that was ever given to a row."""
    row = await tx.one(_GIVEN_IDS, {})
    return 0 if row is None else int(row[0])


# --- counts ------------------------------------------------------------------------------------------------


async def count(tx: Transaction, counted: Mapping[tuple[str, int, str, str], int]) -> None:
    """Add to the counts of (pool_id, hour, kind, result)."""
    names = ("pool_id", "hour", "kind", "result")
    rows = [{**dict(zip(names, key, strict=True)), "events": events} for key, events in sorted(counted.items())]
    await tx.run_all(_COUNT, rows)


async def hours(tx: Transaction, pool_id: str, since: int) -> list[Hour]:
    return [Hour(*row) for row in await tx.all(_HOURS, {"pool_id": pool_id, "since": since})]


# --- reading -----------------------------------------------------------------------------------------------


@cache
def _page(names: frozenset[str], *, is_loose: bool) -> Statement:
    place = _events.seq.is_(None) if is_loose else _events.seq.is_not(None)
    wanted = select(audit_events).where(place, *(_FILTERS[name] for name in sorted(names)))
    return Statement(wanted.order_by(_events.id.desc()).limit(_most))


async def page(tx: Transaction, filters: Filters, most: int) -> list[Row]:
    """The newest rows that fit every filter: `pool_id`, `subject`, `actor`, `kind`, `operation`, `result`; `but` and
    `nor`, results that they do not have; ids `after` and `before`; times `since` and `until`, the latter not included.
    Empty filters say nothing.
    """
    given = _given(filters)
    names, values = frozenset(given), {**given, "most": most}
    found = [Row(*row) for is_loose in (True, False) for row in await tx.all(_page(names, is_loose=is_loose), values)]
    once = {row.id: row for row in found}  # one that is linked between the two statements is found by both
    return [once[place] for place in sorted(once, reverse=True)][:most]
