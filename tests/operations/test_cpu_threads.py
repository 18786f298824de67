"""Threads for arithmetic: what comes back, what becomes of a caller who goes away, and the end."""

import asyncio
import threading

import pytest

from poolhouse.operations.cpu_threads import CpuThreads


async def test_results_and_errors():
    with CpuThreads(2) as cpu:
        assert await cpu.run(divmod, 7, 2) == (3, 1)
        assert await cpu.run(int, "11", base=2) == 3
        with pytest.raises(ZeroDivisionError):
            await cpu.run(divmod, 7, 0)
        assert await cpu.run(threading.current_thread) is not threading.current_thread()


async def test_several_at_a_time():
    """Each of two jobs waits for the other, so they must run side by side."""
    barrier = threading.Barrier(2)
    with CpuThreads(2) as cpu:
        assert sorted(await asyncio.gather(cpu.run(barrier.wait, 60), cpu.run(barrier.wait, 60))) == [0, 1]


async def test_here():
    """On the thread of whoever asks."""
    with CpuThreads(1) as cpu:
        assert cpu.here(threading.current_thread) is threading.current_thread()
        with pytest.raises(ZeroDivisionError):
            cpu.here(divmod, 7, 0)


async def test_caller_who_goes_away():
    """His job is done all the same, and the next one has its thread."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(60)
        ended.set()

    with CpuThreads(1) as cpu:
        task = asyncio.ensure_future(cpu.run(work))
        while not begun.is_set():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        may_end.set()
        assert await cpu.run(ended.is_set)


def test_loop_that_is_gone():
    """A loop that was closed before its answer came does not end the thread."""
    begun, may_end = threading.Event(), threading.Event()

    async def leave(cpu: CpuThreads) -> None:
        task = asyncio.ensure_future(cpu.run(lambda: begun.set() or may_end.wait(60)))
        while not begun.is_set():
            await asyncio.sleep(0)
        task.cancel()

    with CpuThreads(1) as cpu:
        asyncio.run(leave(cpu))
        may_end.set()
        assert asyncio.run(cpu.run(divmod, 7, 2)) == (3, 1)


async def test_end():
    """What was handed over is finished, nothing more is taken, and nothing was started for nothing."""
    before = _running()
    cpu = CpuThreads(3)
    assert _running() == before
    done: list[int] = []
    jobs = [asyncio.ensure_future(cpu.run(done.append, number)) for number in range(20)]
    await asyncio.sleep(0)
    cpu.shutdown()
    assert sorted(done) == list(range(20))
    assert _running() == before
    await asyncio.gather(*jobs)
    with pytest.raises(RuntimeError, match="shut down"):
        await cpu.run(divmod, 7, 2)


def _running() -> int:
    return sum(thread.name.startswith("cpu-") for thread in threading.enumerate())
