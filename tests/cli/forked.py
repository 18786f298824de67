"""Commands as processes of their own, without the second that their imports would take: see preloaded.py."""

import atexit
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class Forked:
    """A command that runs, or has ended, with the members of `subprocess.Popen` that tests use."""

    def __init__(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], streams: tuple[int, int, int]
    ) -> None:
        asked = json.dumps({"arguments": arguments, "folder": str(cwd), "environment": dict(env)}).encode()
        self._told, telling = os.pipe()
        try:
            socket.send_fds(_preloaded(), [asked], [*streams, telling])
        finally:
            os.close(telling)
        self._text = b""
        self.returncode: int | None = None
        self.pid = self._number(time.monotonic() + 180)

    def _number(self, deadline: float) -> int:
        """The next line of what is told."""
        while b"\n" not in self._text:
            if not select.select([self._told], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            part = os.read(self._told, 100)
            assert part, "the preloaded process has ended"
            self._text += part
        line, _, self._text = self._text.partition(b"\n")
        return int(line)

    def wait(self, timeout: float) -> int:
        if self.returncode is None:
            try:
                self.returncode = self._number(time.monotonic() + timeout)
            except TimeoutError:
                raise subprocess.TimeoutExpired(str(self.pid), timeout) from None
            os.close(self._told)
        return self.returncode

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@functools.cache
def _preloaded() -> socket.socket:
    """The way to one for each test process; it ends when this is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    script = Path(__file__).with_name("preloaded.py")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POOLHOUSE_", "AWS_", "PYTHON"))}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-W", "error::ResourceWarning", str(script), str(theirs.fileno())],
            env=kept,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(_end, ours, process)
    return ours


def _end(ours: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    ours.close()
    process.wait(10)
