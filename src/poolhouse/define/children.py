"""A child process that reads definitions: its answer comes through a pipe, then its whole group is ended."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


def answer_of(
    command: Sequence[str], folder: Path, seconds: float, *, env: Mapping[str, str] | None = None
) -> tuple[bytes, int]:
    """What a child writes to its pipe until it closes it, and its exit status. Its last argument is the pipe's number.

    Raises TimeoutError, and OSError when it cannot be started. The whole process group is ended, whatever happened.
    """
    reading, writing = os.pipe()
    try:
        child = subprocess.Popen(  # noqa: S603 - our own script, in our interpreter or the user's own Node
            [*command, str(writing)],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=[writing],
            start_new_session=True,
        )
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
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
