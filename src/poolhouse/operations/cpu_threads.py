"""Threads for arithmetic that releases the interpreter lock: signatures, powers, password hashes.

The standard library's pool takes twice as long to hand over a job as this: it makes a future with a lock for each, and
another one that the event loop can wait for. Signing in hands over a job or two for each request.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, NamedTuple, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_NAME: Final = "cpu"


class _Job(NamedTuple):
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    work: Callable[[], Any]


class CpuThreads:
    """As many as `number`, started with the first job. May be used by the event loops of several threads."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._lock = Lock()
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns or raises. A caller who goes away is not waited for; his job is done all the same.

        Raises RuntimeError behind `shutdown`.
        """
        if not self._threads or self._is_closed:
            self._start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(loop, done, lambda: function(*args, **kwargs)))
        return await done

    def here(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """For arithmetic of a tenth of a millisecond that keeps the interpreter lock: in a thread it would hold up the
        loop as long, and be handed over twice.
        """
        return function(*args, **kwargs)

    def shutdown(self) -> None:
        """Finish what was handed over, and end the threads."""
        with self._lock:
            self._is_closed = True
            for _ in self._threads:
                self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        with self._lock:
            if self._is_closed:
                raise RuntimeError("The CPU threads were shut down.")
            if not self._threads:
                names = (f"{_NAME}-{number}" for number in range(self._number))
                self._threads = [Thread(target=self._work, name=name, daemon=True) for name in names]
                for thread in self._threads:
                    thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            _do(job)
            del job  # what it holds is not kept until the next one


def _do(job: _Job) -> None:
    try:
        result = job.work()
    except BaseException as error:  # noqa: BLE001 - it is raised where the job was handed over
        _tell(job, job.done.set_exception, error)
    else:
        _tell(job, job.done.set_result, result)


def _tell(job: _Job, tell: Callable[[Any], None], outcome: Any) -> None:
    with suppress(RuntimeError):  # the loop was closed, and whoever waited in it is gone
        job.loop.call_soon_threadsafe(_settle, job.done, tell, outcome)


def _settle(done: asyncio.Future[Any], tell: Callable[[Any], None], outcome: Any) -> None:
    """Nobody waits for what was cancelled meanwhile."""
    if not done.done():
        tell(outcome)
