"""The workers of one function: who runs next, when another starts, when one goes, what a failed start means."""

import asyncio
from collections import deque
from dataclasses import dataclass

from .invocations import FunctionSpec, InvocationError, Job, stopped, too_many_requests
from .worker import Host, Worker

GROW_SECONDS = 0.005
"""How long an invocation waits for a busy worker before another worker is started."""

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
"""Seconds without a new start after a worker failed to start, doubling; meanwhile the same error is answered."""

FREE_CRASHES = 3
"""How many invocations in a row may end their worker before a crash counts like a failed start."""


@dataclass(frozen=True)
class Bounds:
    """How far one function may grow, and how long a worker beyond the first may idle."""

    max_workers: int
    queue_limit: int
    idle_seconds: float


class Fleet:
    """Invocations of one function are served in order of arrival. One worker stays warm."""

    def __init__(self, spec: FunctionSpec, host: Host, bounds: Bounds) -> None:
        self.spec = spec
        self._host = host
        self._bounds = bounds
        self._loop = asyncio.get_running_loop()
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._queue: deque[Job] = deque()
        self._closed = False
        self._growth: asyncio.TimerHandle | None = None
        self._shrinking: asyncio.TimerHandle | None = None
        self._stops: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._crashes = 0
        self._failure: InvocationError | None = None
        self._retry_at = 0.0

    def warm_up(self) -> None:
        """Starts the first worker without waiting for it."""
        if self.spec.problem is None and not self._workers:
            self._start_worker()

    def pids(self) -> list[int]:
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def submit(self, job: Job) -> None:
        """Runs the invocation now, queues it, or fails it."""
        if self.spec.problem is not None:
            job.fail(InvocationError("Function.ConfigurationError", self.spec.problem))
        elif self._idle:
            self._idle.pop().run(job)
        elif len(self._queue) >= self._bounds.queue_limit:
            job.fail(too_many_requests())
        elif not self._workers and self._failure is not None and self._loop.time() < self._retry_at:
            job.fail(self._failure)
        else:
            job.waiting_since = self._loop.time()
            self._queue.append(job)
            self._grow_later()

    def forget(self, job: Job) -> None:
        """Takes back an invocation whose caller has gone; a running one runs to its end."""
        if job in self._queue:
            self._queue.remove(job)

    def retire(self) -> deque[Job]:
        """Lets running invocations end and everything else go; returns the invocations that wait."""
        self._close()
        for worker in list(self._workers):
            if worker.job is None:
                self._release(worker)
        waiting, self._queue = self._queue, deque()
        return waiting

    async def stop(self, grace_seconds: float) -> None:
        """Fails what waits, gives what runs some time, and returns when no process is left."""
        for job in self.retire():
            job.fail(stopped())
        running = [worker.job.outcome for worker in self._workers if worker.job]
        if running:
            await asyncio.wait(running, timeout=grace_seconds)
        for worker in list(self._workers):
            self._release(worker)
        if self._stops:
            await asyncio.wait(self._stops)

    async def emptied(self) -> None:
        """Returns when the last worker of a retired fleet is gone."""
        for worker in list(self._workers):
            await worker.ended()

    # --- what workers tell ---

    def worker_ready(self, worker: Worker) -> None:
        if worker.has_answered or not self._crashes:
            self._crashes, self._failures, self._failure = 0, 0, None
        if self._closed or worker.spent:
            self._release(worker)
        elif self._queue:
            worker.run(self._queue.popleft())
        else:
            worker.idle_since = self._loop.time()
            self._idle.append(worker)
            self._shrink_later()

    def worker_withdrew(self, worker: Worker) -> None:
        self._forget_idle(worker)

    def worker_gone(self, worker: Worker) -> None:
        self._workers.discard(worker)
        self._forget_idle(worker)
        if self._closed:
            return
        if failure := worker.failure or self._crash_of(worker):
            self._back_off(failure)
        elif not self._workers and (worker.spent or worker.died_running or self._queue):
            self._start_worker()

    # --- growing and shrinking ---

    def _start_worker(self) -> None:
        self._workers.add(Worker(self.spec, self._host, self))

    def _grow_later(self) -> None:
        if not self._workers:
            self._start_worker()
        if self._growth is None and len(self._workers) < self._bounds.max_workers:
            self._growth = self._loop.call_later(GROW_SECONDS, self._grow)

    def _grow(self) -> None:
        """Adds a worker when all are busy; one that is still starting is waited for."""
        self._growth = None
        if not self._queue or self._closed:
            return
        now = self._loop.time()
        starting = sum(not worker.was_ready for worker in self._workers)
        waited = now - self._queue[0].waiting_since
        if waited >= GROW_SECONDS and starting < len(self._queue) and now >= self._retry_at:
            self._start_worker()
        self._grow_later()

    def _crash_of(self, worker: Worker) -> InvocationError | None:
        """What ended the worker in the middle of an invocation, when that has become a habit."""
        if worker.crash is None:
            return None
        self._crashes += 1
        return worker.crash if self._crashes > FREE_CRASHES else None

    def _back_off(self, failure: InvocationError) -> None:
        """After a failed start nothing starts for a while; without any worker left, what waits fails the same way."""
        self._failure = failure
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        self._retry_at = self._loop.time() + delay
        self._host.log(self.spec.name, "", f"No worker is started for {delay:g} s: {failure.message}")
        if not self._workers:
            waiting, self._queue = self._queue, deque()
            for job in waiting:
                job.fail(failure)

    def _shrink_later(self) -> None:
        if self._shrinking is None and len(self._workers) > 1:
            self._shrinking = self._loop.call_later(self._bounds.idle_seconds, self._shrink)

    def _shrink(self) -> None:
        self._shrinking = None
        longest = self._loop.time() - self._bounds.idle_seconds
        for worker in [worker for worker in self._idle if worker.idle_since <= longest]:
            if len(self._workers) - len(self._stops) > 1:
                self._release(worker)
        if self._idle:
            self._shrink_later()

    def _release(self, worker: Worker) -> None:
        self._forget_idle(worker)
        task = self._loop.create_task(worker.stop())
        self._stops.add(task)
        task.add_done_callback(self._stops.discard)

    def _forget_idle(self, worker: Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)

    def _close(self) -> None:
        self._closed = True
        for timer in (self._growth, self._shrinking):
            if timer is not None:
                timer.cancel()
