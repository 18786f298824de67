"""The chain: what is written joins it, and whatever is changed afterwards is noticed."""

import asyncio
import sqlite3

import asyncpg
import pytest
from operations.audit.trail import attack, events, execute, link_all, verified

from poolhouse.crypto.vault import Vault
from poolhouse.operations import audit
from poolhouse.operations.audit import Head
from poolhouse.operations.audit.chain import BATCH
from poolhouse.operations.audit.rows import new_event_id, write, write_all
from poolhouse.operations.unwritten import Note
from poolhouse.store.database import open_database

HOUR = 3_600_000_000
COPY = """
INSERT INTO audit_events (at, pool_id, kind, operation, actor, subject, result, body, mac)
SELECT at, pool_id, kind, operation, actor, subject, result, body, mac FROM audit_events WHERE id = (SELECT min(id) + 2 FROM audit_events)
"""


def note(number: int, at: int = HOUR, result: str = "ok") -> Note:
    return Note(at, "us-east-1_a", "admin", f"Op{number}", "arn", "sub", result, {"event_id": new_event_id()})


async def add(services, count: int = 6, **said) -> None:
    for number in range(1, count + 1):
        async with services.database.write() as tx:
            await write(tx, services.vault, note(number, **said))


async def add_loose(services, count: int = 6) -> None:
    """As where each block commits by itself, on both databases."""
    async with services.database.write() as tx:
        await write_all(tx, services.vault, [note(number) for number in range(1, count + 1)])


async def test_rows_join_in_order(services):
    await add_loose(services)
    assert (await verified(services)).loose == 6
    assert await link_all(services) == 6
    report = await verified(services)
    assert (report.linked, report.loose, report.problem) == (6, 0, None)
    assert [event.seq for event in await events(services)] == [1, 2, 3, 4, 5, 6]


async def test_a_batch_at_a_time(services):
    """More than fits into one round is linked by the next ones."""
    await add_loose(services, BATCH + 30)
    assert await audit.link(services) == BATCH
    assert await audit.link(services) == 30
    assert await audit.link(services) == 0
    assert (await verified(services)).linked == BATCH + 30


async def test_an_empty_trail_holds(services):
    report = await verified(services)
    assert (report.linked, report.loose, report.problem) == (0, 0, None)


async def test_hours_are_counted_once(services):
    """With the link, so that neither a crash nor a second linker counts a row twice; counts of counts included."""
    await add(services, 3)
    await add(services, 2, at=2 * HOUR, result="AccessDeniedException")
    repeated = note(9)._replace(body={"repeated": 40, "request": {"Tags": {"repeated": "x"}}})
    async with services.database.write() as tx:
        await write(tx, services.vault, repeated)
    await link_all(services)
    await link_all(services)
    found = await audit.hours(services, "us-east-1_a", 0)
    assert [tuple(hour) for hour in found] == [(1, "admin", "ok", 43), (2, "admin", "AccessDeniedException", 2)]
    assert [hour.hour for hour in await audit.hours(services, "us-east-1_a", 2)] == [2]
    assert await audit.hours(services, "us-east-1_b", 0) == []


async def test_many_linkers_make_one_chain(services, database_url):
    """Processes that link at the same time, each with its own connections; a file has one process."""
    await add_loose(services, 40)
    others = [open_database(database_url) for _ in range(4 if database_url.startswith("postgresql") else 0)]
    for other in others:
        await other.start()
    try:
        every = (services.database, services.database, *others)
        await asyncio.gather(*(audit.link_rows(database, services.vault) for database in every))
    finally:
        for other in others:
            await other.stop()
    assert (await verified(services)).linked == 40


async def test_written_after_a_crash_between(services, database_url):
    """Rows that a killed process left loose are linked by the next one."""
    await add_loose(services, 4)
    again = open_database(database_url)
    await again.start()
    try:
        assert await audit.link_rows(again, services.vault) == 4
        assert (await audit.verify(again, services.vault)).problem is None
    finally:
        await again.stop()


@pytest.mark.parametrize(
    ("statement", "place", "what"),
    [
        ("UPDATE audit_events SET result = 'AccessDenied' WHERE seq = 3", 3, "does not say what was written"),
        ("UPDATE audit_events SET actor = 'arn:other' WHERE seq = 3", 3, "does not say what was written"),
        ("UPDATE audit_events SET at = at + 1 WHERE seq = 3", 3, "does not say what was written"),
        ("UPDATE audit_events SET mac = hash WHERE seq = 3", 3, "does not say what was written"),
        ("UPDATE audit_events SET hash = mac WHERE seq = 3", 3, "does not follow"),
        ("DELETE FROM audit_events WHERE seq = 3", 3, "A row is missing"),
        ("DELETE FROM audit_events WHERE seq > 4", 5, "The end is cut off"),
        ("DELETE FROM audit_events", 1, "The end is cut off"),
        ("UPDATE audit_events SET id = id + 100 WHERE seq = 3", 3, "does not follow"),
        ("DELETE FROM facts WHERE name = 'audit-head'", 1, "behind the sealed end"),
        ("UPDATE facts SET value = mac FROM audit_events WHERE name = 'audit-head' AND seq = 1", 0, "cannot be opened"),
    ],
)
async def test_tampering_is_found(services, database_url, statement, place, what):
    """By somebody who has the database and not the master key. The first broken place is named."""
    await add(services)
    await link_all(services)
    await attack(database_url, statement)
    problem = (await verified(services)).problem
    assert problem is not None
    assert problem.seq == place
    assert what in problem.what


async def test_swapped_rows_are_found(services, database_url):
    await add(services)
    await link_all(services)
    await attack(
        database_url,
        "UPDATE audit_events SET seq = -1 WHERE seq = 2",
        "UPDATE audit_events SET seq = 2 WHERE seq = 3",
        "UPDATE audit_events SET seq = 3 WHERE seq = -1",
    )
    problem = (await verified(services)).problem
    assert (problem.seq, problem.id) == (2, (await events(services))[2].id)


async def test_a_row_with_a_chain_of_its_own(services, database_url):
    """An added row needs the key for its seal and for its link."""
    await add(services)
    await link_all(services)
    forged = COPY.replace("mac)", "mac, seq, hash)").replace("mac FROM", "mac, 7, hash FROM")
    await attack(database_url, forged)
    assert "behind the sealed end" in (await verified(services)).problem.what


async def test_a_copied_loose_row_is_found(services, database_url):
    """A row that is sealed rightly, but twice, is found before and behind its link."""
    await add_loose(services)
    await execute(database_url, COPY)
    assert "copy" in (await verified(services)).problem.what
    await link_all(services)
    assert "copy" in (await verified(services)).problem.what


async def test_a_changed_loose_row_is_found(services, database_url):
    """Before it is linked, and behind: the linker does not make it good."""
    await add_loose(services)
    await attack(
        database_url, "UPDATE audit_events SET subject = 'other' WHERE id = (SELECT min(id) + 1 FROM audit_events)"
    )
    changed = (await events(services))[1].id
    assert (await verified(services)).problem.id == changed
    await link_all(services)
    problem = (await verified(services)).problem
    assert (problem.seq, problem.id) == (2, changed)


async def test_a_removed_loose_row_is_found_in_a_file(services, database_url):
    """SQLite leaves no holes in ids; PostgreSQL's sequences do, so there a row is at risk until it is linked."""
    await add_loose(services)
    await attack(database_url, "DELETE FROM audit_events WHERE id = (SELECT max(id) FROM audit_events)")
    problem = (await verified(services)).problem
    assert (problem is None) == database_url.startswith("postgresql")


async def test_rolled_back_records_leave_no_hole(services):
    await add(services, 2)
    try:
        async with services.database.write() as tx:
            await write(tx, services.vault, note(3))
            raise LookupError
    except LookupError:
        pass
    await add(services, 1)
    assert (await verified(services)).problem is None


async def test_another_master_key(services):
    """Nobody can make the chain anew without the key, and nobody else's key proves it."""
    await add(services)
    await link_all(services)
    report = await audit.verify(services.database, Vault(b"f" * 32))
    assert "master key" in report.problem.what


async def test_an_older_state_is_found_by_a_noted_end(services):
    """The file of yesterday verifies by itself: only what was noted elsewhere shows that today is missing."""
    await add(services)
    await link_all(services)
    ends = await verified(services)
    noted = Head(ends.linked, bytes.fromhex(ends.head))
    assert (await audit.verify(services.database, services.vault, noted)).problem is None
    later = Head(7, bytes.fromhex(ends.head))
    assert "older state" in (await audit.verify(services.database, services.vault, later)).problem.what
    other = Head(5, bytes.fromhex(ends.head))
    assert (await audit.verify(services.database, services.vault, other)).problem.seq == 5


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_events WHERE seq = 1",
        "UPDATE audit_events SET result = 'x' WHERE seq = 1",
        "UPDATE audit_events SET seq = 9 WHERE seq = 1",
        "UPDATE audit_events SET body = '{}' WHERE seq IS NULL",
    ],
)
async def test_the_database_refuses_changes(services, database_url, statement):
    """One row is linked, one is loose; neither can be changed by mistake."""
    await add(services, 1)
    await link_all(services)
    await add_loose(services, 1)
    with pytest.raises((sqlite3.Error, asyncpg.PostgresError), match="append-only"):
        await execute(database_url, statement)
    assert (await verified(services)).problem is None


async def test_a_broken_end_stops_the_linker(services, database_url):
    """What cannot be proved is not built upon; the rows stay, loose."""
    await add(services, 1)
    await link_all(services)
    await execute(database_url, "UPDATE facts SET value = mac FROM audit_events WHERE name = 'audit-head'")
    await add(services, 1)
    with pytest.raises(ValueError, match="sealed"):
        await audit.link(services)
    assert len(await events(services)) == 2


async def test_the_background_task(services):
    """It links what comes, round after round, until it is ended."""
    rounds = []

    async def pause(seconds: float) -> None:
        rounds.append(seconds)
        if len(rounds) == 1:
            await add(services, 3)
        if len(rounds) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await audit.follow(services, pause)
    assert (await verified(services)).linked == 3
