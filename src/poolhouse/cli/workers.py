"""Several server processes on one listening socket: started, restarted when one dies, ended together."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from poolhouse.telemetry import log

_GRACE_SECONDS = 15.0
_LONGEST_PAUSE = 30.0


def supervise(count: int, bound: socket.socket, arguments: Sequence[str]) -> None:
    """Keep `count` processes of `poolhouse serve` running until a signal ends them all.

    Each inherits the bound socket; a process that dies is started again, more slowly each time it dies at once.
    """
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    bound.listen(2048)
    workers = {_start(bound, arguments): time.monotonic() for _ in range(count)}
    pause = 0.5
    while not stopping:
        time.sleep(0.2)
        for worker in [one for one in workers if one.poll() is not None]:
            lived = time.monotonic() - workers.pop(worker)
            pause = 0.5 if lived > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
            log.error("worker ended", pid=worker.pid, status=worker.returncode, again_in_seconds=pause)
            time.sleep(pause)
            workers[_start(bound, arguments)] = time.monotonic()
    _end(list(workers))


def _start(bound: socket.socket, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "poolhouse", "serve", *arguments, "--socket", str(bound.fileno())]
    return subprocess.Popen(command, pass_fds=[bound.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603


def _end(workers: "list[subprocess.Popen[bytes]]") -> None:
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    for worker in workers:
        try:
            worker.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
