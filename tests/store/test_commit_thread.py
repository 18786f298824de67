"""The thread of the commits: order, faults, and whoever does not wait any more."""

import asyncio
import threading

import pytest

from poolhouse.store.commit_thread import CommitThread


@pytest.fixture
def commits():
    thread = CommitThread()
    yield thread
    thread.stop()


async def test_one_after_the_other_in_another_thread(commits):
    done = []
    told = [commits.run(lambda number=number: done.append((number, threading.get_ident()))) for number in range(20)]
    await asyncio.gather(*told)
    assert [number for number, _ in done] == list(range(20))
    assert {ident for _, ident in done}.isdisjoint({threading.get_ident()})
    assert len({ident for _, ident in done}) == 1


async def test_a_fault_is_its_askers_alone(commits):
    def fail():
        raise ValueError("disk")

    first, second = commits.run(fail), commits.run(lambda: None)
    with pytest.raises(ValueError, match="disk"):
        await first
    assert await second is None


async def test_who_was_cancelled_is_not_told(commits):
    """The work goes on, and the thread lives."""
    may, done = threading.Event(), []
    waiting = commits.run(lambda: done.append(may.wait(20)))
    waiting.cancel()
    may.set()
    await commits.run(lambda: None)
    assert done == [True]
    assert waiting.cancelled()


async def test_stop_waits_for_what_was_asked(commits):
    """And it may be used again: a database that is stopped twice, or before its first commit, asks nothing."""
    done = []
    told = [commits.run(lambda: done.append(1)) for _ in range(20)]
    commits.stop()
    assert len(done) == 20
    await asyncio.gather(*told)
    commits.stop()
    await commits.run(lambda: done.append(1))
    assert len(done) == 21


def test_a_loop_that_is_closed_meanwhile():
    """Nobody waits any more; the thread ends as it should."""
    thread, may, done = CommitThread(), threading.Event(), []

    async def ask():
        thread.run(lambda: done.append(may.wait(20)))

    asyncio.run(ask())
    may.set()
    thread.stop()
    assert done == [True]
