"""The long run: a share of what the machine can do, for minutes; memory, latency and errors, and how they change."""

import asyncio
import statistics
import sys
import time
from typing import NamedTuple

from .soak_check import Check
from .soak_ledger import Wrong
from .soak_load import Actor
from .soak_site import Server

_MEASURED = 8.0
_WINDOWS = 30
_WARM_UP = 0.2
"""The share of the run that no slope looks at: caches fill, the allocator finds its size."""


class Window(NamedTuple):
    """`at` is seconds since the start; latencies are milliseconds, `resident` megabytes."""

    at: float
    answers: int
    p50: float
    p99: float
    resident: float
    descriptors: int


async def run_long(kind: str, server: Server, actors: list[Actor], check: Check, minutes: float, share: float) -> None:
    """Prints a line for each window and the slopes. Raises Wrong for any error, and for what the check finds."""
    most = await _most(actors)
    rate, seconds = most * share, minutes * 60
    print(f"{kind}: {most:.0f} actions a second at most, {rate:.0f} for {minutes:g} minutes", flush=True)
    windows, began = [], time.perf_counter()
    length = max(5.0, seconds / _WINDOWS)
    stop = asyncio.Event()
    running = [asyncio.create_task(_paced(actor, len(actors) / rate, stop)) for actor in actors]
    while time.perf_counter() - began < seconds and not any(task.done() for task in running):
        await asyncio.sleep(length)
        windows.append(_window(actors, server, began))
        print(f"  {windows[-1]}", file=sys.stderr, flush=True)
    stop.set()
    await asyncio.gather(*running)
    await check.run()
    print(_summary(kind, windows, sum(one.answers for one in windows)))


async def _most(actors: list[Actor]) -> float:
    """Actions a second when every caller asks again at once."""
    began, stop = time.perf_counter(), asyncio.Event()
    running = [asyncio.create_task(_paced(actor, 0, stop)) for actor in actors]
    await asyncio.sleep(_MEASURED)
    stop.set()
    await asyncio.gather(*running)
    took, done = time.perf_counter() - began, sum(len(actor.latencies) for actor in actors)
    for actor in actors:
        actor.latencies.clear()
    return done / took


async def _paced(actor: Actor, every: float, stop: asyncio.Event) -> None:
    """Raises Wrong at the first request that fails."""
    due = time.perf_counter()
    while not stop.is_set():
        if not await actor.step():
            raise Wrong(f"a request failed: {actor.errors[-1]}")
        due = max(due + every, time.perf_counter() - 1)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))


def _window(actors: list[Actor], server: Server, began: float) -> Window:
    taken = sorted(took * 1000 for actor in actors for _, took in actor.latencies)
    for actor in actors:
        actor.latencies.clear()
    if not taken:
        raise Wrong("nothing was answered for a whole window")
    half, most = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    at = time.perf_counter() - began
    return Window(at, len(taken), half, most, server.resident() / 1e6, server.descriptors())


def _summary(kind: str, windows: list[Window], answers: int) -> str:
    steady = windows[int(len(windows) * _WARM_UP) :]
    hours = [window.at / 3600 for window in steady]
    lines = [f"{kind}: {answers:,} actions, no error, nothing lost"]
    for name, unit in (("resident", "MB"), ("p50", "ms"), ("p99", "ms"), ("descriptors", "")):
        values = [float(getattr(window, name)) for window in steady]
        slope = statistics.linear_regression(hours, values).slope if len(values) > 1 else 0.0
        first, last = values[0], values[-1]
        lines.append(f"  {name}: {first:.1f} to {last:.1f} {unit}, slope {slope:+.2f} {unit} an hour")
    return "\n".join(lines)
