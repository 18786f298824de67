"""Answers of AWS's that are good for a moment, each asked for once however many want it at a time."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")
MOST: Final = 10_000


class _Kept(NamedTuple, Generic[T]):
    asked: int
    answer: "asyncio.Task[T]"


class Recently(Generic[T]):
    """`clock` gives epoch microseconds. An answer is as old as the moment when it was asked for, not when it came."""

    def __init__(self, seconds: float, clock: Callable[[], int]) -> None:
        self._lifetime = int(seconds * 1_000_000)
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` answers, or answered a moment ago. What it raises is not kept."""
        now = self._clock()
        kept = self._kept.get(key)
        if kept is None or not 0 <= now - kept.asked < self._lifetime or _is_failed(kept.answer):
            kept = _Kept(now, asyncio.ensure_future(_awaited(ask)))
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return await asyncio.shield(kept.answer)

    def forget(self) -> None:
        """Everything: something was changed."""
        self._kept.clear()


async def _awaited(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()


def _is_failed(task: "asyncio.Task[T]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
