"""Several server processes on one listening socket: started, restarted when one dies, ended together."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

from poolhouse.cli.renewing import say_nothing_to_renew
from poolhouse.telemetry import log

_GRACE_SECONDS = 15.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_REFUSED = 1


def supervise(count: int, bound: socket.socket, arguments: Sequence[str], *, renews: bool) -> int:
    """Keep `count` processes of `poolhouse serve` running until a signal ends them all; returns the exit status.

    Each inherits the bound socket; a process that dies is started again, more slowly each time it dies at once.
    One that refuses to start when none has worked yet ends them all, because another would refuse too.
    With `renews`, all are told of SIGHUP; else there is nothing for them to renew.
    """
    stop, hangup = threading.Event(), threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        hangup.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    signal.signal(signal.SIGHUP, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])
    bound.listen(2048)
    group, status = _Group(count, bound, arguments), 0
    while status == 0 and not stop.wait(0.2):
        if hangup.is_set():
            hangup.clear()
            group.signal(signal.SIGHUP) if renews else say_nothing_to_renew()
        status = group.look()
    group.end()
    return status


class _Group:
    """The processes by their places. A place that waits for its process keeps no other waiting."""

    def __init__(self, count: int, bound: socket.socket, arguments: Sequence[str]) -> None:
        self._bound = bound
        self._arguments = arguments
        self._began = time.monotonic()
        self._running: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
        self._pauses = dict.fromkeys(range(count), _FIRST_PAUSE)
        self._due = dict.fromkeys(range(count), self._began)
        self._start_due()

    def look(self) -> int:
        """See to the processes that have ended; the status with which all are to end, or 0."""
        for place, (worker, started) in list(self._running.items()):
            if worker.poll() is None:
                continue
            del self._running[place]
            _forget(worker)
            now = time.monotonic()
            if worker.returncode == _REFUSED and now - self._began < _LONGEST_PAUSE:
                return _REFUSED
            long = now - started > _LONGEST_PAUSE
            pause = self._pauses[place] = _FIRST_PAUSE if long else min(self._pauses[place] * 2, _LONGEST_PAUSE)
            self._due[place] = now + pause
            log.error("worker ended", pid=worker.pid, status=worker.returncode, again_in_seconds=pause)
        self._start_due()
        return 0

    def signal(self, number: int) -> None:
        for worker, _ in self._running.values():
            worker.send_signal(number)

    def end(self) -> None:
        """Politely, then not."""
        self.signal(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        for worker, _ in self._running.values():
            try:
                worker.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
            _forget(worker)

    def _start_due(self) -> None:
        now = time.monotonic()
        for place in [place for place, due in self._due.items() if due <= now]:
            del self._due[place]
            self._running[place] = self._started(place), now

    def _started(self, place: int) -> "subprocess.Popen[bytes]":
        """Its standard input is a pipe that nobody writes to: it ends with this process, and the worker with it.

        A hangup that comes while it starts waits for it: unasked, that signal ends a process.
        """
        own = ["--socket", str(self._bound.fileno()), "--worker", str(place)]
        command = [sys.executable, "-m", "poolhouse", "serve", *self._arguments, *own]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
        try:
            return subprocess.Popen(command, pass_fds=[self._bound.fileno()], stdin=subprocess.PIPE)  # noqa: S603 - our own command
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _forget(worker: "subprocess.Popen[bytes]") -> None:
    """Wait for a process that ends or has ended, and close its pipe."""
    with worker:
        pass
