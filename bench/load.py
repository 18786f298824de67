"""Drives one scenario for a bounded time and takes the figures: answers, latencies, everybody's CPU and memory."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .processes import Process, machine_cpu
from .wire import Connection

Step = Callable[[Connection], Awaitable[None]]
Address = tuple[str, int]


class Spent(Exception):
    """A step has no request left that was not sent before."""


class Cpu(NamedTuple):
    """CPU seconds used so far. `machine` is everything that runs on it, ourselves included."""

    server: float
    workers: float
    database: float
    generator: float
    machine: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Whose CPU time is whose: the servers, their function workers (their children), the database's processes."""

    servers: Sequence[Process]
    database: Process | None = None

    def cpu(self) -> Cpu:
        return Cpu(
            server=_total(self.servers),
            workers=_total(self.workers()),
            database=0.0 if self.database is None else _total([self.database, *self.database.children()]),
            generator=time.process_time(),
            machine=machine_cpu(),
        )

    def workers(self) -> list[Process]:
        return [child for server in self.servers for child in server.children()]

    def resident(self) -> int:
        """Bytes that the servers hold, without their workers."""
        return sum(server.resident() for server in self.servers)


def _total(processes: Sequence[Process]) -> float:
    return sum(process.cpu() for process in processes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How a scenario is driven: connections that each wait for their answer, and seconds."""

    callers: int = 16
    warm_up: float = 1.0
    seconds: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a scenario gave. Latencies are seconds, `cpu` is CPU seconds used while it ran, `resident` bytes after."""

    answers: int
    seconds: float
    p50: float
    p95: float
    p99: float
    cpu: Cpu
    resident: int = 0

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


async def measure(addresses: Sequence[Address], step: Step, watched: Watched, load: Load) -> Figures:
    """Warm up, then run `step` on every connection, until the time is over or the requests are spent.

    Connections go to the addresses in turn.
    """
    places = [addresses[number % len(addresses)] for number in range(load.callers)]
    connections = [await Connection.open(*place) for place in places]
    try:
        await _drive(connections, step, load.warm_up)
        gc.collect()
        gc.disable()
        before, started = watched.cpu(), time.perf_counter()
        latencies = await _drive(connections, step, load.seconds)
        took, after = time.perf_counter() - started, watched.cpu()
    finally:
        gc.enable()
        for connection in connections:
            connection.close()
    return figures(latencies, took, (before, after), watched.resident())


def figures(latencies: list[float], took: float, cpu: tuple[Cpu, Cpu], resident: int) -> Figures:
    """Of what was measured one by one; `cpu` before and after."""
    latencies.sort()
    return Figures(
        answers=len(latencies),
        seconds=took,
        p50=_at(latencies, 0.5),
        p95=_at(latencies, 0.95),
        p99=_at(latencies, 0.99),
        cpu=Cpu(*(late - early for early, late in zip(*cpu, strict=True))),
        resident=resident,
    )


async def _drive(connections: Sequence[Connection], step: Step, seconds: float) -> list[float]:
    latencies: list[float] = []
    clock = time.perf_counter
    end = clock() + seconds

    async def caller(connection: Connection) -> None:
        started = clock()
        while started < end:
            try:
                await step(connection)
            except Spent:
                return
            now = clock()
            latencies.append(now - started)
            started = now

    async with asyncio.timeout(seconds + 30), asyncio.TaskGroup() as group:
        for connection in connections:
            group.create_task(caller(connection))
    return latencies


def _at(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    if not ordered:
        raise RuntimeError("The warm-up used up every request: fewer seconds, or more users.")
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
