"""The real command as a process: started, read, signalled, and looked after to its end."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import httpx
from cli.forked import Forked

COMMAND = [str(Path(sys.executable).with_name("poolhouse"))]
MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
ROOT_KEY, ROOT_SECRET = "AKIAPRODUCTIONROOTKEY", "a-production-secret-of-some-length"
SERVE = {
    "POOLHOUSE_MASTER_KEY": MASTER_KEY,
    "POOLHOUSE_ROOT_ACCESS_KEY_ID": ROOT_KEY,
    "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": ROOT_SECRET,
}


def environment(given: dict[str, str] | None = None) -> dict[str, str]:
    """The tests' environment without settings of ours, and what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POOLHOUSE_", "AWS_"))}
    return {**kept, "PYTHONWARNINGS": "error::ResourceWarning", **(given or {})}


def run(*arguments: str, cwd: Path, given: dict[str, str] | None = None, stdin: str | None = None):
    """A command that ends by itself: a process of its own, without the second that its imports would take."""
    with contextlib.ExitStack() as files:
        typed, out, error = (files.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _ in range(3))
        typed.write(stdin or "")
        typed.seek(0)
        streams = (typed.fileno(), out.fileno(), error.fileno())
        process = Forked(arguments, cwd=cwd, env=environment(given), streams=streams)
        try:
            status = process.wait(120)
        finally:
            process.kill()
        for file in (out, error):
            file.seek(0)
        return subprocess.CompletedProcess([*COMMAND, *arguments], status, out.read(), error.read())


def family(pid: int) -> list[int]:
    """The living descendants of a process."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after = status.read_text().rpartition(")")[2].split()
            if after[0] != "Z":
                parents[int(status.parent.name)] = int(after[1])
    found, level = [], [pid]
    while level:
        level = [child for child, parent in parents.items() if parent in level]
        found += level
    return found


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}/stat").exists() and _state(pid) != "Z"]


def _state(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return "Z"


def gone(pids: list[int], seconds: float = 10) -> bool:
    """Whether all of them end in time."""
    return wait_for(lambda: not alive(pids), seconds)


def wait_for(condition, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Running:
    """A server process, and what it has printed so far."""

    def __init__(self, process: "subprocess.Popen[bytes] | Forked", printed: list[TextIO]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._readers = [threading.Thread(target=self._collect, args=(stream,)) for stream in printed]
        for reader in self._readers:
            reader.start()

    def _collect(self, stream: TextIO) -> None:
        with stream:
            self.lines.extend(iter(stream.readline, ""))

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def says(self, pattern: str, seconds: float = 120) -> "re.Match[str]":
        """Wait until the output matches."""
        ended = lambda: re.search(pattern, self.text) or self.process.poll() is not None  # noqa: E731
        wait_for(ended, seconds)
        found = re.search(pattern, self.text)
        assert found, f"no {pattern!r} in:\n{self.text}"
        return found

    def family(self) -> list[int]:
        return family(self.process.pid)

    def end(self, number: int = signal.SIGINT) -> int:
        """Signal it and wait; the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(30)
        for reader in self._readers:
            reader.join(10)
        return status


@contextlib.contextmanager
def started(*arguments: str, cwd: Path, given: dict[str, str] | None = None, fresh: bool = False) -> Iterator[Running]:
    """Start a server; it and its children are gone afterwards, whatever the test did.

    It is forked from a process that has its imports, unless it is `fresh`: where the start itself is what is tested.
    """
    reading, writing = zip(os.pipe(), os.pipe(), strict=True)
    printed = [os.fdopen(descriptor, encoding="utf-8") for descriptor in reading]
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device
        streams = (nothing.fileno(), *writing)
        if fresh:
            named = dict(zip(("stdin", "stdout", "stderr"), streams, strict=True))
            process = subprocess.Popen([*COMMAND, *arguments], cwd=cwd, env=environment(given), **named)
        else:
            process = Forked(arguments, cwd=cwd, env=environment(given), streams=streams)
    for descriptor in writing:
        os.close(descriptor)
    server = Running(process, printed)
    try:
        yield server
    finally:
        children = server.family()
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
        for pid in [process.pid, *children]:
            with contextlib.suppress(ProcessLookupError):
                if process.poll() is None or pid != process.pid:
                    os.kill(pid, signal.SIGKILL)
        server.wait()


def ready(url: str, seconds: float = 120) -> bool:
    def asked() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{url}/health/ready", timeout=5).status_code == 200
        return False

    return wait_for(asked, seconds)
