"""Coroutines that begin where they are called: a task is made only for what waits, and only when it does.

Python 3.12 has such tasks ("eager"); this does the same for 3.11.
"""

import asyncio
from collections.abc import Coroutine, Generator
from contextvars import copy_context
from typing import Any

Work = Coroutine[Any, Any, None]


def begin(loop: asyncio.AbstractEventLoop, work: Work) -> asyncio.Task[None] | None:
    """Run `work` up to where it waits for the first time; its rest is the task that is returned, None without a rest.

    To be called by the loop itself, not in a task. What `work` raises before it waits is raised here. Until then no
    library may be used that remembers by the current task what it does, as anyio does; asyncio's own parts may.
    """
    early, context = _Early(), copy_context()
    asyncio._enter_task(loop, early)  # type: ignore[arg-type]  # noqa: SLF001 - documented for tasks of other kinds
    try:
        waited = context.run(work.send, None)
    except StopIteration:
        return None
    finally:
        asyncio._leave_task(loop, early)  # type: ignore[arg-type]  # noqa: SLF001 - ends what `_enter_task` began
    early.task = loop.create_task(_Rest(work, waited), context=context)
    return early.task


class _Early:
    """The current task while there is none: `asyncio.timeout` keeps it, and asks it when the task exists."""

    __slots__ = ("task",)

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None

    def cancelling(self) -> int:
        return 0 if self.task is None else self.task.cancelling()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)


class _Rest(Coroutine[Any, Any, None]):
    """What is left of `work`, which waits for `waited`. No generator: a task that is cancelled before its first step
    throws, and that has to arrive where `work` waits.
    """

    __slots__ = ("_waited", "_work")

    def __init__(self, work: Work, waited: Any) -> None:
        self._work = work
        self._waited = waited
        if waited is not None:  # another task may wait for the same future before this one's first step
            waited._asyncio_future_blocking = False  # noqa: SLF001 - how a future knows that it was awaited

    def send(self, value: Any) -> Any:
        waited, self._waited = self._waited, None
        if waited is None or waited.done():
            return self._work.send(value)
        waited._asyncio_future_blocking = True  # noqa: SLF001 - a task takes only a future that says so
        return waited

    def throw(self, *error: Any) -> Any:
        self._waited = None
        return self._work.throw(*error)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._work.__await__()
