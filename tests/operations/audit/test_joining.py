"""Rows that get their places in the commit of what they tell, where actions share one: in a file."""

import asyncio
import subprocess
import sys
from base64 import b64encode
from contextlib import suppress

from operations.audit.test_chain import HOUR, add, add_loose, note
from operations.audit.trail import events, execute, link_all, verified

from poolhouse.crypto.vault import Vault
from poolhouse.operations import audit
from poolhouse.operations.audit.rows import write
from poolhouse.store import audit as rows
from poolhouse.store.database import open_database
from poolhouse.store.savepoints import step

# Eight writers of a record each; a name is printed only after its commit was acknowledged.
WRITERS = """
import asyncio, base64, os, sys
from poolhouse.crypto.vault import Vault
from poolhouse.operations.audit.rows import write
from poolhouse.operations.unwritten import Note
from poolhouse.store.database import open_database

async def writer(database, vault, who):
    number = 0
    while True:
        name = f"{who}-{number}"
        async with database.write() as tx:
            await write(tx, vault, Note(1, "us-east-1_a", "admin", name, "arn", "sub", "ok", {}))
        os.write(1, f"{name}\\n".encode())
        number += 1

async def main():
    database, vault = open_database(sys.argv[1]), Vault(base64.b64decode(sys.argv[2]))
    await database.start()
    await asyncio.gather(*(writer(database, vault, who) for who in range(8)))

asyncio.run(main())
"""


def is_file(url: str) -> bool:
    return url.startswith("sqlite")


async def test_in_the_same_commit(services, database_url):
    """Nothing is left to be linked, and the hours are counted already."""
    await add(services, 3)
    report = await verified(services)
    assert (report.linked, report.loose, report.problem) == ((3, 0, None) if is_file(database_url) else (0, 3, None))
    await link_all(services)
    assert [tuple(hour) for hour in await audit.hours(services, "us-east-1_a", 0)] == [(1, "admin", "ok", 3)]


async def test_blocks_that_share_a_commit(services):
    """Each record once, in one chain, whoever else writes or links at the same time; none of a block that failed."""

    async def one(number: int) -> None:
        async with services.database.write() as tx:
            await write(tx, services.vault, note(number))
            if number % 5 == 0:
                raise LookupError(number)

    await add_loose(services, 20)
    several = [one(number) for number in range(40)]
    linking = [audit.link(services) for _ in range(3)]
    done = await asyncio.gather(*several, *linking, return_exceptions=True)
    assert sum(isinstance(result, LookupError) for result in done) == 8
    assert sum(isinstance(result, BaseException) for result in done) == 8
    await link_all(services)
    report = await verified(services)
    assert (report.linked, report.loose, report.problem) == (52, 0, None)


async def test_a_step_that_is_undone_alone(services):
    """The block is kept, and what it says behind the step; the step's own record goes with it."""
    async with services.database.write() as tx:
        await write(tx, services.vault, note(1))
        with suppress(LookupError):
            async with step(tx):
                await write(tx, services.vault, note(2))
                raise LookupError
        async with step(tx):
            await write(tx, services.vault, note(3))
    await link_all(services)
    assert [event.operation for event in await events(services)] == ["Op1", "Op3"]
    assert (await verified(services)).problem is None


async def test_two_processes_on_one_file(services, database_url):
    """A command beside the server: whoever writes reads the end of the chain inside his transaction."""
    other = open_database(database_url)
    await other.start()
    try:
        for number in range(1, 7):
            async with (services.database if number % 2 else other).write() as tx:
                await write(tx, services.vault, note(number))
        await link_all(services)
    finally:
        await other.stop()
    assert [event.operation for event in await events(services)] == [f"Op{number}" for number in range(1, 7)]
    assert (await verified(services)).problem is None


async def test_an_end_that_cannot_be_proved(services, database_url):
    """The action happens and its record is there, loose: nothing is built on the end, and `verify` tells."""
    await add(services, 1)
    await link_all(services)
    await execute(database_url, "UPDATE facts SET value = mac FROM audit_events WHERE name = 'audit-head'")
    await add(services, 2)
    assert [event.seq for event in await events(services)] == [1, None, None]
    assert "cannot be opened" in (await verified(services)).problem.what


async def test_two_who_write_what_waits(services):
    """The background task and a reader at the same moment: each record is written once."""
    assert not services.unwritten.admits(note(1), "caller", each=0)
    await asyncio.gather(*(audit.flush(services, final=True) for _ in range(3)))
    assert len(await events(services)) == 1
    assert (await verified(services)).problem is None


async def test_repeated_events_are_counted(services):
    repeated = note(9, at=2 * HOUR)._replace(body={"repeated": 40})
    async with services.database.write() as tx:
        await write(tx, services.vault, repeated)
    await link_all(services)
    assert [tuple(hour) for hour in await audit.hours(services, "us-east-1_a", 2)] == [(2, "admin", "ok", 40)]


def killed_in_the_middle(url: str, key: bytes) -> set[str]:
    """The names that writers said were on record, until SIGKILL."""
    process = subprocess.Popen([sys.executable, "-c", WRITERS, url, b64encode(key).decode()], stdout=subprocess.PIPE)
    names = [process.stdout.readline().decode().strip() for _ in range(100)]
    process.kill()
    rest, _ = process.communicate()
    return {*names, *rest.decode().split("\n")[:-1]}


async def test_kill_9(database, database_url):
    """Every acknowledged record is there, the chain holds, and the next process goes on from its end."""
    key = b"k" * 32
    names = await asyncio.to_thread(killed_in_the_middle, database_url, key)
    again, vault = open_database(database_url), Vault(key)
    await again.start()
    try:
        async with again.write() as tx:
            await write(tx, vault, note(1))
        while await audit.link_rows(again, vault):
            pass
        report = await audit.verify(again, vault)
        async with again.read() as tx:
            kept = {row.operation for row in await rows.linked(tx, 0, 100_000)}
    finally:
        await again.stop()
    assert report.problem is None
    assert report.linked == len(kept)
    assert names | {"Op1"} <= kept
