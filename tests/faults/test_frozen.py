"""A PostgreSQL that stands still without being gone: its connections stay open, and say nothing."""

import asyncio
import contextlib
import os
import signal
import socket
import time

import pytest

from poolhouse.errors import DatabaseUnavailable
from poolhouse.store.backend import add_fact, fact
from poolhouse.store.connecting import Route
from poolhouse.store.postgresql import PostgresqlDatabase

BOUND = 0.5


@pytest.fixture
async def impatient(postgresql):
    """A database of which no statement may take longer than that."""
    made = PostgresqlDatabase(postgresql, connections=2, answer_seconds=BOUND)
    await made.start()
    yield made
    await made.stop()


@contextlib.contextmanager
def standing_still(connection):
    """The process that serves it; it goes on afterwards, and finds that nobody is there any more."""
    pid = connection.get_server_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def idle(database):
    """The connection that the next block gets."""
    return database._connections._free[-1][0]


async def known(database, name):
    async with database.read() as tx:
        return await fact(tx, name)


async def test_a_read_is_asked_elsewhere(impatient):
    """The connection is given up in bounded time, and the same statement answered on another one."""
    async with impatient.write() as tx:
        await add_fact(tx, "one", b"1")
    frozen = idle(impatient)
    with standing_still(frozen):
        assert await asyncio.wait_for(known(impatient, "one"), 60) == b"1"
        assert frozen.is_closed()


async def test_a_write_begins_elsewhere(impatient):
    """Nothing of it was done yet."""
    frozen = idle(impatient)
    with standing_still(frozen):
        async with asyncio.timeout(60), impatient.write() as tx:
            await add_fact(tx, "two", b"2")
        assert frozen.is_closed()
    assert await known(impatient, "two") == b"2"


async def test_a_write_under_way_is_told(impatient):
    """As an outage. Nothing of it was committed, but its time is spent: who asked decides about another try."""

    async def write():
        async with impatient.write() as tx:
            await add_fact(tx, "three", b"3")
            with standing_still(tx._connection):
                await add_fact(tx, "four", b"4")

    with pytest.raises(DatabaseUnavailable) as told:
        await asyncio.wait_for(write(), 60)
    assert (told.value.status, told.value.may_repeat) == (503, False)
    assert (await known(impatient, "three"), await known(impatient, "four")) == (None, None)


async def test_a_commit_is_told_as_unknown(impatient):
    """Nobody knows what became of it; others are served on."""

    async def write(until):
        async with impatient.write() as tx:
            await add_fact(tx, "five", b"5")
            until.enter_context(standing_still(tx._connection))

    with contextlib.ExitStack() as until, pytest.raises(DatabaseUnavailable) as told:
        await asyncio.wait_for(write(until), 60)
    assert (told.value.status, told.value.may_repeat) == (503, False)
    assert await known(impatient, "another") is None


async def test_a_change_waits_once(postgresql):
    """Where all of it stands still, a new connection is not answered either: the change is told so after one wait for
    each, and its caller, which would begin it again, has no reason to.
    """
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the system accepts, and nobody speaks
        port = silent.getsockname()[1]
        frozen = PostgresqlDatabase(postgresql, connections=2, answer_seconds=BOUND)
        await frozen.start()
        pool = frozen._connections
        pool._route, pool._patience = Route(f"postgresql://nobody@127.0.0.1:{port}/none"), BOUND
        began = time.monotonic()
        with standing_still(idle(frozen)), pytest.raises(DatabaseUnavailable) as told:
            async with asyncio.timeout(60), frozen.write():
                pass
        assert time.monotonic() - began >= 2 * BOUND
        assert (told.value.status, told.value.may_repeat) == (503, False)
        await frozen.stop()


async def test_a_block_that_thinks_is_not_slow(impatient):
    """Time between statements does not count, nor does that of a connection which nobody uses."""
    async with asyncio.timeout(60), impatient.write() as tx:
        await add_fact(tx, "six", b"6")
        await asyncio.sleep(2 * BOUND)
        await add_fact(tx, "seven", b"7")
    assert (await known(impatient, "six"), await known(impatient, "seven")) == (b"6", b"7")
