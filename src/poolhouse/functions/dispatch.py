"""The functions of one backend: takes their specs, finds one by name, repeats asynchronous invocations that fail."""

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache

from prometheus_client import Counter

from poolhouse import telemetry
from poolhouse.errors import RequestEntityTooLargeException, ResourceNotFoundException, TooManyRequestsException
from poolhouse.telemetry.request_ids import new_request_id

from .fleet import Bounds, Fleet
from .history import History
from .invocations import (
    REQUEST_LIMIT,
    FunctionSpec,
    Invocation,
    Job,
    RoleCredentials,
    not_found,
    request_too_large,
    stopped,
)
from .isolation import Account
from .runtime_api import RuntimeApi
from .worker import Host


class Functions:
    """Runs the user's functions.

    `max_workers` and `queue_limit` count per function, so that no function takes the place of another. `log` gets the
    function's name, the request id (or "" between invocations) and one line without its end. `clock` gives epoch
    microseconds. `account` is the user that workers run as; without one it is the server's own.
    """

    def __init__(
        self,
        *,
        credentials: Callable[[str, str], RoleCredentials],
        endpoint_url: str,
        region: str,
        account_id: str,
        clock: Callable[[], int],
        log: Callable[[str, str, str], None],
        max_workers: int = 4,
        queue_limit: int = 1000,
        idle_seconds: float = 60.0,
        retry_delays: tuple[float, ...] = (60.0, 120.0),
        account: Account | None = None,
    ) -> None:
        self.history = History()

        def both(function: str, request_id: str, line: str) -> None:
            self.history.line(function, request_id, line)
            log(function, request_id, line)

        self._api = RuntimeApi()
        self._host = Host(self._api, credentials, endpoint_url, region, account_id, clock, both, self.history, account)
        self._bounds = Bounds(max_workers, queue_limit, idle_seconds)
        self._retry_delays = retry_delays
        self._fleets: dict[str, Fleet] = {}
        self._retiring: dict[asyncio.Task[None], Fleet] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._later: set[asyncio.Task[None]] = set()
        self._running = False

    async def start(self) -> None:
        await self._api.start()
        self._running = True

    async def stop(self, grace_seconds: float = 2.0) -> None:
        """Ends with no process left; running invocations get `grace_seconds`, waiting and asynchronous ones end."""
        self._running = False
        fleets = [*self._fleets.values(), *self._retiring.values()]
        self._fleets = {}
        await asyncio.gather(*(fleet.stop(grace_seconds) for fleet in fleets), *self._retiring)
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)
        await self._api.stop()

    async def apply(self, specs: Sequence[FunctionSpec]) -> None:
        """Replaces what changed. Unchanged functions keep their workers; running invocations end where they run."""
        assert self._running, "start() comes first"
        wanted = {spec.name: spec for spec in specs}
        self.history.keep(wanted.keys())
        for name in self._fleets.keys() - wanted.keys():
            for job in self._retire(self._fleets.pop(name)):
                job.fail(not_found(self._host.arn(name)))
        for name, spec in wanted.items():
            current = self._fleets.get(name)
            if current is not None and current.spec == spec:
                continue
            fleet = self._fleets[name] = Fleet(spec, self._host, self._bounds)
            fleet.warm_up()
            for job in self._retire(current) if current is not None else ():
                fleet.submit(job)

    async def invoke(self, name: str, event: bytes, *, caller: str = "") -> Invocation:
        """Runs the function on a JSON event and waits. Whatever goes wrong is the invocation's `error`.

        `caller` is text of A-Z, a-z, 0-9, "-" and "_" that the SDK in the handler sends back with every call.
        """
        return await self._invoke(name, event, new_request_id(), caller)

    async def invoke_async(self, name: str, event: bytes, *, caller: str = "") -> str:
        """Accepts the event and runs the function later, again after an error, as often as there are retry delays.

        Raises ResourceNotFoundException, RequestEntityTooLargeException, or TooManyRequestsException with a full queue.
        Accepted events live in memory: they end with the process.
        """
        if name not in self._fleets:
            raise ResourceNotFoundException(not_found(self._host.arn(name)).message)
        if len(event) > REQUEST_LIMIT:
            raise RequestEntityTooLargeException(request_too_large(len(event)).message)
        if len(self._later) >= self._bounds.queue_limit:
            raise TooManyRequestsException
        request_id = new_request_id()
        task = asyncio.create_task(self._run_later(name, event, request_id, caller))
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return request_id

    def spec(self, name: str) -> FunctionSpec | None:
        """What is applied under this name."""
        fleet = self._fleets.get(name)
        return fleet.spec if fleet else None

    def pids(self) -> list[int]:
        """The worker processes that live, those of replaced functions included."""
        fleets = [*self._fleets.values(), *self._retiring.values()]
        return [pid for fleet in fleets for pid in fleet.pids()]

    async def _invoke(self, name: str, event: bytes, request_id: str, caller: str) -> Invocation:
        """One attempt, counted; it is a span where traces are on."""
        run = self._traced if telemetry.traces.on else self._run
        outcome = await run(name, event, request_id, caller)
        _counter(name, outcome.error.type if outcome.error else "ok").inc()
        return outcome

    async def _traced(self, name: str, event: bytes, request_id: str, caller: str) -> Invocation:
        given = {"faas.invoked_name": name, "faas.invocation_id": request_id}
        with telemetry.traces.span(f"invoke {name}", given, "CLIENT") as span:
            outcome = await self._run(name, event, request_id, caller)
            if (ran := self.history.run(name, request_id)) is not None and ran.ran:
                span.set_attribute("faas.coldstart", ran.init_us is not None)
                span.set_attribute("poolhouse.run_ms", outcome.duration_us / 1000)
            if outcome.error is not None:
                telemetry.traces.fail(span)
                span.set_attribute("error.type", outcome.error.type)
            return outcome

    async def _run(self, name: str, event: bytes, request_id: str, caller: str) -> Invocation:
        job = Job(request_id, event, asyncio.get_running_loop().create_future(), caller)
        fleet = self._fleets.get(name)
        if not self._running:
            job.fail(stopped())
        elif fleet is None:
            job.fail(not_found(self._host.arn(name)))
        elif len(event) > REQUEST_LIMIT:
            job.fail(request_too_large(len(event)))
        else:
            fleet.submit(job)
        try:
            outcome = await job.outcome
        except asyncio.CancelledError:
            if name in self._fleets:
                self._fleets[name].forget(job)
            raise
        if outcome.error is not None:
            self.history.refused(name, outcome, self._host.clock())
        return outcome

    async def _run_later(self, name: str, event: bytes, request_id: str, caller: str) -> None:
        """Asynchronous events leave one worker of the function to callers that wait."""
        try:
            await self._attempt(name, event, request_id, caller)
        except asyncio.CancelledError:
            self._host.log(name, request_id, "The event is dropped: the server is stopping.")
            raise

    async def _attempt(self, name: str, event: bytes, request_id: str, caller: str) -> None:
        turns = self._turns.setdefault(name, asyncio.Semaphore(max(1, self._bounds.max_workers - 1)))
        for delay in (*self._retry_delays, None):
            async with turns:
                outcome = await self._invoke(name, event, request_id, caller)
            if outcome.error is None:
                return
            if delay is None:
                self._host.log(
                    name, request_id, f"The event is dropped after its last attempt: {outcome.error.message}"
                )
                return
            await asyncio.sleep(delay)

    def _retire(self, fleet: Fleet) -> Sequence[Job]:
        """Takes a fleet out of service; its running invocations end in the background."""
        waiting = fleet.retire()
        task = asyncio.create_task(fleet.emptied())
        self._retiring[task] = fleet
        task.add_done_callback(self._retiring.pop)
        return tuple(waiting)


@lru_cache(maxsize=256)
def _counter(function: str, outcome: str) -> Counter:
    """The library looks labels up anew each time, which takes longer than to count."""
    return telemetry.INVOCATIONS.labels(function, outcome)
