"""A worker's output: whole lines, bounded, without secrets. Where the lines go is the caller's business."""

import os
import re
from collections.abc import Callable, Iterable

LINE_LIMIT = 64 * 1024
"""Bytes of one line that are kept; the rest of a longer line is dropped and said to be."""

_MARGIN = 16 * 1024
_CHUNK = 64 * 1024
_BURST = 64
HIDDEN = "[hidden]"
_SHORTEST_SECRET = 4


class Redactor:
    """Replaces secret values wherever they occur. Values of fewer than four characters are too common to hide."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        lines = {line for value in values for line in value.splitlines()}
        fresh = {line for line in lines if len(line) >= _SHORTEST_SECRET} - self._values
        if fresh:
            self._values |= fresh
            longest_first = sorted(self._values, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def hide(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)


class LineReader:
    """Reads a non-blocking pipe and hands over its lines.

    awslambdaric separates the lines of a traceback with carriage returns and indents them with no-break spaces,
    for CloudWatch's sake; here they become lines and spaces again.
    """

    def __init__(self, fd: int, redactor: Redactor, emit: Callable[[str], None]) -> None:
        self._fd = fd
        self._redactor = redactor
        self._emit = emit
        self._rest = b""
        self._skipping = False

    def drain(self) -> bool:
        """Takes what is there now, up to a bound that keeps the event loop fair; False at the end of the pipe."""
        for _ in range(_BURST):
            try:
                chunk = os.read(self._fd, _CHUNK)
            except BlockingIOError:
                return True
            if not chunk:
                self.flush()
                return False
            self._take(chunk)
            if len(chunk) < _CHUNK:
                return True
        return True

    def flush(self) -> None:
        """Hands over a last line that has no line feed."""
        rest, self._rest = self._rest, b""
        if rest and not self._skipping:
            self._hand_over(rest)
        self._skipping = False

    def _take(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if not self._skipping:
                self._hand_over(line)
            self._skipping = False
        if self._skipping:
            self._rest = b""
        elif len(self._rest) > LINE_LIMIT + _MARGIN:
            self._hand_over(self._rest)
            self._rest, self._skipping = b"", True

    def _hand_over(self, line: bytes) -> None:
        """A cut falls inside the margin, so that a secret across it is seen whole or not at all."""
        cut = len(line) > LINE_LIMIT
        text = self._redactor.hide(line[: LINE_LIMIT + _MARGIN].decode("utf-8", "replace"))
        if cut:
            text = f"{text[:-_MARGIN]} [line cut at {LINE_LIMIT} bytes]"
        for part in text.split("\r"):
            if part:
                self._emit(part.replace("\xa0", " "))
