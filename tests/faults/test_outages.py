"""Databases that fail in the middle of work: full, read-only, gone, at odds. Nobody is told what is not so."""

import asyncio
import sqlite3

import asyncpg
import msgspec
import pytest

from poolhouse.errors import DatabaseUnavailable
from poolhouse.store.backend import add_fact, fact, set_fact
from poolhouse.store.sqlite import SqliteDatabase

POOL = {"PoolName": "faults", "UsernameAttributes": ["email"]}


async def known(database, name):
    async with database.read() as tx:
        return await fact(tx, name)


@pytest.fixture
async def pool(invoke):
    return (await invoke("CreateUserPool", POOL))["UserPool"]["Id"]


def user(pool, name):
    return {"UserPoolId": pool, "Username": f"{name}@example.com", "MessageAction": "SUPPRESS"}


@pytest.mark.parametrize("fault", ["max_page_count", "query_only"])
async def test_a_disk_that_takes_nothing(invoke, database, pool, fault, capsys):
    """Full, or read-only: changes are refused so that SDKs try again, reading goes on, one line is logged, and as soon as
    there is room again everything works without a restart. What was refused left nothing.
    """
    if not isinstance(database, SqliteDatabase):
        pytest.skip("PostgreSQL's disk is its own business; it answers with errors of class 53 and 58")
    raw = database._writer.raw
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA {fault} = {pages if fault == 'max_page_count' else 1}")
    outcomes = await asyncio.gather(
        *(invoke("AdminCreateUser", user(pool, f"u{number}")) for number in range(60)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert refused
    assert {(type(one), one.status) for one in refused} == {(DatabaseUnavailable, 503)}
    there = (await invoke("ListUsers", {"UserPoolId": pool}))["Users"]
    assert len(there) == len(outcomes) - len(refused)
    raw.execute(f"PRAGMA {fault} = {pages * 1000 if fault == 'max_page_count' else 0}")
    await invoke("AdminCreateUser", user(pool, "later"))
    assert len((await invoke("ListUsers", {"UserPoolId": pool}))["Users"]) == len(there) + 1
    assert capsys.readouterr().err.count("the database is not available") <= 1


async def test_a_batch_that_sqlite_gives_up(tmp_path):
    """When SQLite undoes the whole transaction, none of the blocks that share it is acknowledged, nor one that would join."""
    database = SqliteDatabase(str(tmp_path / "batch.db"))
    await database.start()

    async def note(name, *, gives_up=False):
        async with database.write() as tx:
            await add_fact(tx, name, b"1")
            if gives_up:
                tx.raw.execute("ROLLBACK")

    results = await asyncio.gather(note("a"), note("b", gives_up=True), note("c"), return_exceptions=True)
    assert all(isinstance(one, DatabaseUnavailable | sqlite3.OperationalError) for one in results)
    assert [await known(database, name) for name in "abc"] == [None] * 3
    await note("d")
    assert await known(database, "d")
    await database.stop()


async def _terminate(url):
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
        )
    finally:
        await connection.close()


async def test_every_connection_is_lost(invoke, database, database_url, pool):
    """What was idle is replaced without a word: the next call of each kind is answered."""
    if isinstance(database, SqliteDatabase):
        pytest.skip("SQLite has no connections to lose")
    for number in range(3):
        await asyncio.gather(*(invoke("AdminGetUser", user(pool, "x")) for _ in range(8)), return_exceptions=True)
        await _terminate(database_url)
        await invoke("AdminCreateUser", user(pool, f"u{number}"))
        await _terminate(database_url)
        assert len((await invoke("ListUsers", {"UserPoolId": pool}))["Users"]) == number + 1


async def test_connections_are_lost_under_load(invoke, database, database_url, pool):
    """Again and again: each change that was answered is there once, the others were told as outages."""
    if isinstance(database, SqliteDatabase):
        pytest.skip("SQLite has no connections to lose")
    told, outages = [], []

    async def work(who):
        for number in range(25):
            try:
                await invoke("AdminCreateUser", user(pool, f"u{who}-{number}"))
                told.append(f"u{who}-{number}@example.com")
            except DatabaseUnavailable as outage:
                outages.append(outage)

    async def cut():
        for _ in range(6):
            await asyncio.sleep(0.1)
            await _terminate(database_url)

    await asyncio.gather(*(work(who) for who in range(4)), cut())
    found, token = [], {}
    while True:
        answer = await invoke("ListUsers", {"UserPoolId": pool, **token})
        page = msgspec.json.decode(msgspec.json.encode(answer))
        found += [one["Value"] for user in page["Users"] for one in user["Attributes"] if one["Name"] == "email"]
        if "PaginationToken" not in page:
            break
        token = {"PaginationToken": page["PaginationToken"]}
    assert len(set(found)) == len(found)
    assert set(told) <= set(found)
    assert len(told) > 50


async def test_transactions_in_each_others_way(database):
    """PostgreSQL ends one of two that wait for each other; that one is told that it may repeat, and nothing of it is there."""
    if isinstance(database, SqliteDatabase):
        pytest.skip("SQLite has one writer")
    async with database.write() as tx:
        await add_fact(tx, "one", b"")
        await add_fact(tx, "two", b"")
    both = asyncio.Barrier(2)

    async def cross(first, second, mark):
        async with database.write() as tx:
            await set_fact(tx, first, mark)
            await both.wait()
            await set_fact(tx, second, mark)

    results = await asyncio.gather(cross("one", "two", b"a"), cross("two", "one", b"b"), return_exceptions=True)
    (lost,) = [one for one in results if one is not None]
    assert isinstance(lost, DatabaseUnavailable)
    assert lost.may_repeat
    assert await known(database, "one") == await known(database, "two")


async def test_an_operation_is_repeated_when_it_was_undone(invoke, database, database_url, pool):
    """A pure database operation that a deadlock ended is done again: its caller sees nothing, and there is one record."""
    if isinstance(database, SqliteDatabase):
        pytest.skip("SQLite has one writer")
    await invoke("CreateGroup", {"UserPoolId": pool, "GroupName": "g"})
    other = await asyncpg.connect(database_url)
    try:
        held = other.transaction()
        await held.start()
        await other.execute("LOCK TABLE audit_events IN SHARE MODE")
        update = {"UserPoolId": pool, "GroupName": "g", "Description": "changed"}
        waiting = asyncio.create_task(invoke("UpdateGroup", update))
        await _blocked(database_url)
        await asyncio.gather(other.execute("UPDATE groups SET description = 'theirs'"), return_exceptions=True)
        await held.rollback()
        await asyncio.wait_for(waiting, 20)
    finally:
        await other.close()
    group = (await invoke("GetGroup", {"UserPoolId": pool, "GroupName": "g"}))["Group"]
    assert group["Description"] == "changed"
    assert await _count(database_url, "SELECT count(*) FROM audit_events WHERE operation = 'UpdateGroup'") == 1


async def _blocked(url):
    """Until somebody waits for a lock."""
    for _ in range(500):
        if await _count(url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def _count(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
