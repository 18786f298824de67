"""What the functions did last, kept in this process's memory: runs with their outcome, and the last lines of each.

Lines arrive without secrets, as the worker's redactor leaves them. Nothing here is written anywhere.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from .invocations import Invocation, InvocationError

MOST_RUNS: Final = 200
MOST_LINES: Final = 80
LONGEST_LINE: Final = 400
"""Characters of a line that are kept, so that what a function writes cannot fill the memory."""


@dataclass(slots=True)
class Run:
    """One run of a function, or an invocation that never ran; `started` is epoch microseconds.

    `duration_us` is None while it runs. `init_us` is what a cold start took, None for a warm worker. `error` is the
    error's type and "" for a success.
    """

    request_id: str
    started: int
    init_us: int | None = None
    duration_us: int | None = None
    error: str = ""
    message: str = ""
    ran: bool = True
    dropped: int = 0
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))

    @property
    def is_running(self) -> bool:
        return self.duration_us is None

    @property
    def failed(self) -> bool:
        return bool(self.error)

    def write(self, line: str) -> None:
        """Keep the last lines; `dropped` counts those that had to go."""
        self.dropped += len(self.lines) == self.lines.maxlen
        self.lines.append(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}...")


@dataclass(slots=True)
class Past:
    """What is remembered of one function; `outside` are the lines of no run, such as those of an import."""

    runs: deque[Run] = field(default_factory=lambda: deque(maxlen=MOST_RUNS))
    outside: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    running: dict[str, Run] = field(default_factory=dict)


class History:
    """The last runs of every function. Functions that are gone are forgotten with `keep`."""

    def __init__(self) -> None:
        self._past: dict[str, Past] = {}

    def runs(self, function: str) -> list[Run]:
        """Newest first."""
        return list(reversed(self._of(function).runs))

    def run(self, function: str, request_id: str) -> Run | None:
        """The newest run of that id: an asynchronous event keeps its id when it is tried again."""
        return next((run for run in reversed(self._of(function).runs) if run.request_id == request_id), None)

    def outside(self, function: str) -> list[str]:
        """The lines that were written while nothing ran, oldest first."""
        return list(self._of(function).outside)

    def began(self, function: str, request_id: str, now: int, init_us: int | None) -> None:
        past = self._kept(function)
        run = past.running[request_id] = Run(request_id, now, init_us)
        past.runs.append(run)

    def line(self, function: str, request_id: str, text: str) -> None:
        past = self._kept(function)
        run = past.running.get(request_id)
        if run is not None:
            run.write(text)
        else:
            past.outside.append(text[:LONGEST_LINE])

    def ended(self, function: str, request_id: str, error: InvocationError | None, duration_us: int) -> None:
        run = self._of(function).running.pop(request_id, None)
        if run is not None:
            run.duration_us = duration_us
            run.error, run.message = (error.type, error.message[:LONGEST_LINE]) if error else ("", "")

    def refused(self, function: str, invocation: Invocation, now: int) -> None:
        """An invocation that no worker took, and that has no duration: a full queue, a worker that does not start."""
        past, error = self._past.get(function), invocation.error
        if past is not None and error is not None and not invocation.duration_us:
            run = Run(invocation.request_id, now, None, 0, error.type, error.message[:LONGEST_LINE], ran=False)
            past.runs.append(run)

    def keep(self, functions: Iterable[str]) -> None:
        """Forget every other function, and begin with those that are new."""
        self._past = {name: self._past.get(name) or Past() for name in sorted(functions)}

    def _kept(self, function: str) -> Past:
        """To write to; every line of every function comes through here."""
        past = self._past.get(function)
        if past is None:
            past = self._past[function] = Past()
        return past

    def _of(self, function: str) -> Past:
        """To read from."""
        return self._past.get(function) or Past()
