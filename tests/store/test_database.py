"""What both databases promise: all or nothing, told only when on disk, and never stuck."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from poolhouse.errors import SettingError
from poolhouse.store.backend import add_fact, fact
from poolhouse.store.database import open_database
from poolhouse.store.sqlite import SqliteDatabase


class Broken(Exception):
    """The caller's own mistake in the middle of a write block."""


async def known(database, name):
    async with database.read() as tx:
        return await fact(tx, name)


async def note(database, name, *, fail=False):
    async with database.write() as tx:
        await add_fact(tx, name, name.encode())
        if fail:
            raise Broken(name)


async def test_a_write_is_seen_after_its_block(database):
    """What a write block did can be read when it has ended."""
    await note(database, "one")
    assert await known(database, "one") == b"one"


async def test_a_write_is_not_seen_before_its_end(database):
    """A reader sees nothing of an open write block."""
    async with database.write() as tx:
        await add_fact(tx, "open", b"1")
        assert await known(database, "open") is None
        assert await fact(tx, "open") == b"1"


async def test_a_failed_block_leaves_nothing(database):
    """An exception inside a write block undoes all of it and reaches the caller."""
    with pytest.raises(Broken):
        await note(database, "gone", fail=True)
    assert await known(database, "gone") is None


async def test_neighbours_of_a_failed_block_are_kept(database):
    """Blocks that share a commit with a failing one are not undone with it."""
    results = await asyncio.gather(
        *(note(database, f"n{number}", fail=number % 3 == 0) for number in range(30)), return_exceptions=True
    )
    kept = [await known(database, f"n{number}") is not None for number in range(30)]
    assert kept == [number % 3 != 0 for number in range(30)]
    assert [isinstance(result, Broken) for result in results] == [number % 3 == 0 for number in range(30)]


async def test_concurrent_writers_count_without_loss(database):
    """Two hundred writers at once: one wins a contested name, all keep their own."""

    async def contend(number):
        async with database.write() as tx:
            await add_fact(tx, "contested", str(number).encode())
            await add_fact(tx, f"own{number}", b"1")
            return await fact(tx, "contested")

    seen = await asyncio.gather(*(contend(number) for number in range(200)))
    assert len(set(seen)) == 1
    assert all([await known(database, f"own{number}") for number in range(200)])


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancelled_writer_harms_nobody(database, turns):
    """A caller that goes away at any moment leaves the others' changes whole and the database usable."""
    doomed = asyncio.create_task(note(database, "doomed"))
    others = [asyncio.create_task(note(database, f"other{number}")) for number in range(8)]
    for _ in range(turns):
        await asyncio.sleep(0)
    if doomed.cancel():  # else it was done already, for a thread of the database may be faster than these turns
        with pytest.raises(asyncio.CancelledError):
            await doomed
    await asyncio.wait_for(asyncio.gather(*others), 20)
    assert all([await known(database, f"other{number}") for number in range(8)])
    await asyncio.wait_for(note(database, "after"), 20)


async def test_cancelled_writers_give_back_their_connections(database):
    """Many callers that leave while they wait do not use the database up."""
    for _ in range(5):
        tasks = [asyncio.create_task(note(database, "x")) for _ in range(40)]
        await asyncio.sleep(0.001)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(note(database, "still works"), 20)
    assert await known(database, "still works")


async def test_stop_finishes_what_was_begun(database_url, database):
    """A write that is under way when the database stops is on disk for the next start, or its caller hears of it."""
    other = open_database(database_url)
    await other.start()
    writing = [asyncio.create_task(note(other, f"last{number}")) for number in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.wait_for(other.stop(), 20)
    results = await asyncio.wait_for(asyncio.gather(*writing, return_exceptions=True), 20)
    for number, result in enumerate(results):
        if result is None:
            assert await known(database, f"last{number}"), number


# Sixteen writers; a name is printed only after its write was acknowledged.
WRITERS = """
import asyncio, os, sys
from poolhouse.store.backend import add_fact
from poolhouse.store.database import open_database

async def writer(database, who):
    number = 0
    while True:
        name = f"{who}-{number}"
        async with database.write() as tx:
            await add_fact(tx, name, b"1")
        os.write(1, f"{name}\\n".encode())
        number += 1

async def main():
    database = open_database(sys.argv[1])
    await database.start()
    await asyncio.gather(*(writer(database, who) for who in range(16)))

asyncio.run(main())
"""


def killed_in_the_middle(url):
    """The names that writers said were kept, until SIGKILL."""
    process = subprocess.Popen([sys.executable, "-c", WRITERS, url], stdout=subprocess.PIPE)
    names = [process.stdout.readline().decode().strip() for _ in range(200)]
    process.kill()
    rest, _ = process.communicate()
    return names + rest.decode().split("\n")[:-1]


async def test_acknowledged_writes_survive_kill_9(database_url, database):
    """Every write that was answered before SIGKILL is there after a restart."""
    names = await asyncio.to_thread(killed_in_the_middle, database_url)
    assert len(set(names)) == len(names) >= 200
    again = open_database(database_url)
    await again.start()
    try:
        assert [name for name in names if await known(again, name) is None] == []
    finally:
        await again.stop()


async def test_a_failed_commit_is_told_to_all_who_share_it(tmp_path):
    """When the disk refuses, nobody is told that his change is kept, and nothing is."""
    database = open_database(f"sqlite:///{tmp_path}/small.db")
    await database.start()
    async with database.read() as tx:
        pages = tx.raw.execute("PRAGMA page_count").fetchone()[0]
    database._writer.raw.execute(f"PRAGMA max_page_count={pages + 2}")

    async def fill(number):
        async with database.write() as tx:
            await add_fact(tx, f"big{number}", os.urandom(20_000))

    results = await asyncio.wait_for(asyncio.gather(*(fill(n) for n in range(4)), return_exceptions=True), 20)
    kept = [await known(database, f"big{n}") is not None for n in range(4)]
    assert all(isinstance(result, Exception) for result in results)
    assert not any(kept)
    database._writer.raw.execute("PRAGMA max_page_count=100000")
    await asyncio.wait_for(note(database, "room again"), 20)
    assert await known(database, "room again")
    await database.stop()


async def reader(database):
    async with database.read() as tx:
        return tx


async def test_both_readers_see_what_was_committed(tmp_path):
    """The one of the moments after a write, and the one of calm: also what another process commits."""
    busy, calm = (SqliteDatabase(str(tmp_path / "a.db"), calm_seconds=seconds) for seconds in (3600, 0))
    await busy.start()
    await calm.start()
    try:
        before = await reader(busy), await reader(calm)
        for number in range(3):
            for writing in (busy, calm):
                await note(writing, name := f"{number} of {writing.path} {id(writing)}")
                assert await known(busy, name)
                assert await known(calm, name)
                async with asyncio.timeout(20):
                    while await reader(calm) is not before[1]:
                        await asyncio.sleep(0)
                assert await known(calm, name)
            assert await reader(busy) is not before[0]
    finally:
        await busy.stop()
        await calm.stop()


async def test_writers_share_commits(tmp_path):
    """Writers that are ready together pay for one commit, not one each."""
    database = open_database(f"sqlite:///{tmp_path}/group.db")
    await database.start()
    commits = []
    database._writer.raw.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    await asyncio.gather(*(note(database, f"s{number}") for number in range(100)))
    assert 1 <= len(commits) <= 5
    database._writer.raw.set_trace_callback(None)
    await database.stop()


async def test_writers_who_wait_for_a_commit_share_the_next(tmp_path):
    """Also when some of them leave meanwhile: the others are woken all the same."""
    database = open_database(f"sqlite:///{tmp_path}/next.db")
    await database.start()
    commits = []
    database._writer.raw.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    first = asyncio.create_task(note(database, "first"))
    while not commits:  # the thread writes to the disk now, or has done so
        await asyncio.sleep(0)
    others = [asyncio.create_task(note(database, f"o{number}")) for number in range(40)]
    await asyncio.sleep(0)
    for left in others[::4]:
        left.cancel()
    results = await asyncio.wait_for(asyncio.gather(first, *others, return_exceptions=True), 20)
    assert {type(result) for result in results} <= {type(None), asyncio.CancelledError}
    assert all([await known(database, f"o{number}") for number in range(40) if number % 4])
    assert len(commits) == 2
    database._writer.raw.set_trace_callback(None)
    await database.stop()


async def test_what_is_noted_for_a_commit_is_done_once_for_all_who_share_it(tmp_path):
    """In its transaction, with what the kept blocks noted and nothing of the others; readers note nothing."""
    database = open_database(f"sqlite:///{tmp_path}/noted.db")
    await database.start()
    rounds = []

    async def last(tx, items):
        rounds.append(items)
        await add_fact(tx, f"round{len(rounds)}", b"1")

    async def one(number):
        async with database.write() as tx:
            assert tx.at_commit(last, number)
            if number % 3 == 0:
                raise Broken(number)

    await asyncio.gather(*(one(number) for number in range(9)), return_exceptions=True)
    assert sorted(item for items in rounds for item in items) == [1, 2, 4, 5, 7, 8]
    assert len(rounds) <= 2
    assert await known(database, "round1")
    async with database.read() as tx:
        with pytest.raises(RuntimeError, match="reads"):
            tx.at_commit(last, 0)
    await database.stop()


async def test_what_cannot_be_done_at_a_commit_undoes_it(tmp_path):
    """All who share it are told, nothing is kept, and the next commit has nothing to do with it."""
    database = open_database(f"sqlite:///{tmp_path}/undone.db")
    await database.start()

    async def broken(tx, items):
        await add_fact(tx, "half", b"1")
        raise Broken(items)

    async def one(number):
        async with database.write() as tx:
            await add_fact(tx, f"f{number}", b"1")
            if number == 2:
                tx.at_commit(broken, number)

    results = await asyncio.gather(*(one(number) for number in range(4)), return_exceptions=True)
    assert all(isinstance(result, Broken) for result in results)
    assert not any([await known(database, name) for name in ("f0", "f1", "f2", "f3", "half")])
    await asyncio.wait_for(note(database, "after"), 20)
    assert await known(database, "after")
    await database.stop()


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///", "postgresql://", "nonsense"])
def test_an_address_that_is_not_understood_is_refused(url):
    """Only the two kinds of address open a database."""
    with pytest.raises(SettingError, match="not understood"):
        open_database(url)


@pytest.mark.parametrize("path", ["a folder", "no database", "below a file"])
async def test_a_file_that_cannot_be_opened_is_a_setting_error(tmp_path, path):
    """A folder, a file of another kind and an impossible path are told as the user's mistake."""
    (tmp_path / "a folder").mkdir()
    (tmp_path / "no database").write_bytes(b"plain text that is no database at all" * 100)
    place = tmp_path / "no database" / "x.db" if path == "below a file" else tmp_path / path
    database = open_database(f"sqlite:///{place}")
    with pytest.raises(SettingError, match="cannot be used"):
        await database.start()
    await database.stop()


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "postgresql://nobody@127.0.0.1:99999/none"])
async def test_an_unreachable_postgresql_is_a_setting_error(url):
    """No server there: told without a traceback, with its place and without its name. Stopping what never started
    does nothing.
    """
    database = open_database(url)
    with pytest.raises(
        SettingError, match=rf"database at 127\.0\.0\.1:{urlsplit(url).netloc.rpartition(':')[2]} cannot"
    ):
        await database.start()
    await database.stop()


def open_files():
    found = (entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
    return [str(entry.readlink()) for entry in found]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_stop_closes_every_file(tmp_path):
    """After stop no descriptor on the database file is left."""
    database = open_database(f"sqlite:///{tmp_path}/closed.db")
    await database.start()
    await note(database, "x")
    await database.stop()
    assert not [path for path in open_files() if "closed.db" in path]
