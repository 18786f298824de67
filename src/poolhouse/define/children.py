"""The end of a child process that reads definitions: its answer from a pipe, then the whole group's end."""

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress


def answer_of(child: "subprocess.Popen[bytes]", reading: int, seconds: float) -> tuple[bytes, int]:
    """What the child writes to its pipe until it closes it, and its exit status. Closes `reading`.

    Raises TimeoutError. The whole process group is ended, whatever happened.
    """
    try:
        answer = _read(reading, time.monotonic() + seconds)
        if not answer:  # it closed the pipe while it was ending: its own exit status tells more than our signal
            with suppress(subprocess.TimeoutExpired):
                child.wait(1)
    finally:
        os.close(reading)
        _end_group(child)
    return answer, child.returncode


def _read(reading: int, deadline: float) -> bytes:
    answer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(reading, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            part = os.read(reading, 1 << 16)
            if not part:
                return bytes(answer)
            answer += part
    raise TimeoutError


def _end_group(child: "subprocess.Popen[bytes]") -> None:
    """End the child and what the user's modules may have started; before the wait, so that the id cannot be another's.

    A child that has ended keeps its own exit status.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
