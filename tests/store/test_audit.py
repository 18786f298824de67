"""Rows of the audit trail: what a page holds, in which order, and which index finds it."""

import re
import sqlite3
from contextlib import closing

import pytest

from poolhouse.store import audit
from poolhouse.store.audit import Link

POOL = "us-east-1_a"


async def add(database, count: int, **said) -> None:
    known = {
        "at": 1,
        "pool_id": POOL,
        "kind": "admin",
        "operation": "Op",
        "actor": "arn",
        "subject": "sub",
        "result": "ok",
        "body": "{}",
    }
    async with database.write() as tx:
        for number in range(count):
            await audit.add(tx, tuple({**known, **said}.values()), f"mac-{number}".encode())


async def link_all(database) -> None:
    async with database.write() as tx:
        rows = await audit.loose(tx, 1000)
        await audit.link(tx, [Link(row.id, place, b"h%d" % place) for place, row in enumerate(rows, 1)])


async def page(database, most: int = 100, **filters) -> list[audit.Row]:
    async with database.read() as tx:
        return await audit.page(tx, filters, most)


async def test_links_by_the_dozen(database):
    """More than one statement takes; each row its own place and hash."""
    await add(database, 60)
    await link_all(database)
    async with database.read() as tx:
        rows = await audit.linked(tx, 0, 100)
    assert [(row.seq, bytes(row.hash)) for row in rows] == [(n, b"h%d" % n) for n in range(1, 61)]
    assert [row.id for row in rows] == sorted(row.id for row in rows)


async def test_a_page_goes_over_the_border(database):
    """Loose rows, which are the newest, and linked ones, in one order."""
    await add(database, 5)
    await link_all(database)
    await add(database, 3)
    first = await page(database, 4)
    assert [row.seq for row in first] == [None, None, None, 5]
    second = await page(database, 4, before=first[-1].id)
    assert [row.seq for row in second] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("pool_id", POOL, "us-east-1_b"),
        ("subject", "sub", "other"),
        ("actor", "arn", "other"),
        ("kind", "admin", "sign-in"),
        ("operation", "Op", "Other"),
        ("result", "ok", "AccessDenied"),
    ],
)
async def test_filters(database, name, value, other):
    """Loose or linked."""
    await add(database, 2)
    await link_all(database)
    await add(database, 1, **{name: other})
    assert len(await page(database, **{name: value})) == 2
    assert len(await page(database, **{name: other})) == 1
    assert len(await page(database, **{name: "nobodys"})) == 0
    assert len(await page(database, **{name: ""})) == 3


async def test_times(database):
    for at in (10, 20, 30):
        await add(database, 1, at=at)
    assert [row.at for row in await page(database, since=20)] == [30, 20]
    assert [row.at for row in await page(database, until=20)] == [10]


async def test_newer_ones(database):
    await add(database, 3)
    seen = (await page(database))[0].id
    await add(database, 2)
    assert [row.id > seen for row in await page(database, after=seen)] == [True, True]


async def test_states(database):
    await add(database, 3)
    await link_all(database)
    await add(database, 1)
    async with database.read() as tx:
        state = await audit.state(tx)
        assert (state.head, state.rows, state.loose, state.last) == (None, 4, 1, 3)
        assert await audit.twice(tx) == (await page(database))[0].id  # the first macs of both rounds are equal


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"pool_id"}, "ix_audit_events_pool_id_id"),
        ({"pool_id", "before"}, "ix_audit_events_pool_id_id"),
        ({"pool_id", "subject"}, "ix_audit_events_pool_id_subject_id"),
        ({"pool_id", "actor", "before"}, "ix_audit_events_pool_id_actor_id"),
    ],
)
def test_pages_are_ranges_of_an_index(sqlite_template, filters, index):
    """However long the trail is: no scan, no sort; what is loose has an index of its own."""
    for statement, wanted in [
        (audit._page(frozenset(filters), is_loose=False), index),
        (audit._page(frozenset(filters), is_loose=True), "ix_audit_events_loose"),
        (audit._chain(frozenset()), "uq_audit_events_seq"),
        (audit._LOOSE, "ix_audit_events_loose"),
    ]:
        text, _ = statement.sqlite()
        with closing(sqlite3.connect(sqlite_template)) as connection:
            values = dict.fromkeys(re.findall(r":(\w+)", text))
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
        assert any(wanted in step for step in plan), plan
        assert not [step for step in plan if "TEMP B-TREE" in step]
