"""The thread in which commits wait for the disk.

An executor does the same with four locks and three callbacks for each piece of work; a commit may carry one small
change only, so what surrounds it counts.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple


class _Due(NamedTuple):
    work: Callable[[], object]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class CommitThread:
    """Does one thing after the other, in the order of asking. It begins with the first."""

    def __init__(self) -> None:
        self._due: SimpleQueue[_Due | None] = SimpleQueue()
        self._thread: Thread | None = None

    def run(self, work: Callable[[], object]) -> asyncio.Future[None]:
        """The future is done when `work` is, with its exception if it raised one. Nobody else is to set it."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="sqlite-commit", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._due.put(_Due(work, loop, done))
        return done

    def stop(self) -> None:
        """Returns when everything that was asked is done."""
        if self._thread is not None:
            self._due.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (due := self._due.get()) is not None:
            error: BaseException | None = None
            try:
                due.work()
            except BaseException as raised:  # noqa: BLE001 - it is the asker's, who waits for it
                error = raised
            with suppress(RuntimeError):  # a loop that was closed meanwhile: nobody waits any more
                due.loop.call_soon_threadsafe(tell, due.done, error)
            del due, error


def tell(done: asyncio.Future[None], error: BaseException | None) -> None:
    """What became of it, to whoever still waits for it."""
    if done.done():  # whoever waited was cancelled
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
