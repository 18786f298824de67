"""Several server processes on one listening socket: started, restarted when one dies, ended together."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

from poolhouse.telemetry import log

_GRACE_SECONDS = 15.0
_LONGEST_PAUSE = 30.0
_REFUSED = 1


def supervise(count: int, bound: socket.socket, arguments: Sequence[str]) -> int:
    """Keep `count` processes of `poolhouse serve` running until a signal ends them all; returns the exit status.

    Each inherits the bound socket; a process that dies is started again, more slowly each time it dies at once.
    One that refuses to start when none has worked yet ends them all, because another would refuse too.
    """
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    bound.listen(2048)
    workers = {_start(bound, arguments, place): (place, time.monotonic()) for place in range(count)}
    began, pause, status = time.monotonic(), 0.5, 0
    while status == 0 and not stop.wait(0.2):
        for worker in [one for one in workers if one.poll() is not None]:
            place, started = workers.pop(worker)
            lived = time.monotonic() - started
            _forget(worker)
            if worker.returncode == _REFUSED and time.monotonic() - began < _LONGEST_PAUSE:
                status = _REFUSED
                break
            pause = 0.5 if lived > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
            log.error("worker ended", pid=worker.pid, status=worker.returncode, again_in_seconds=pause)
            if not stop.wait(pause):
                workers[_start(bound, arguments, place)] = (place, time.monotonic())
    _end(list(workers))
    return status


def _start(bound: socket.socket, arguments: Sequence[str], place: int) -> "subprocess.Popen[bytes]":
    """Its standard input is a pipe that nobody writes to: it ends with this process, and the worker with it."""
    own = ["--socket", str(bound.fileno()), "--worker", str(place)]
    command = [sys.executable, "-m", "poolhouse", "serve", *arguments, *own]
    return subprocess.Popen(command, pass_fds=[bound.fileno()], stdin=subprocess.PIPE)  # noqa: S603


def _forget(worker: "subprocess.Popen[bytes]") -> None:
    """Wait for a process that ends or has ended, and close its pipe."""
    with worker:
        pass


def _end(workers: "list[subprocess.Popen[bytes]]") -> None:
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    for worker in workers:
        try:
            worker.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
        _forget(worker)
