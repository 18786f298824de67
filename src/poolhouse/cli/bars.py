"""Progress on standard error, on a terminal only."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

_CHUNK: Final = 65_536


class Bar:
    """Progress by the bytes that were read."""

    def __init__(self, stack: ExitStack, size: int | None, label: str) -> None:
        console = Console(stderr=True)
        columns = (TextColumn(label), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[lines]} lines"))
        self._progress = Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("import", total=size, lines=0)
        self._lines = 0
        stack.enter_context(self._progress)

    def chunks(self, source: BinaryIO) -> Iterator[bytes]:
        while chunk := source.read(_CHUNK):
            self._progress.advance(self._task, len(chunk))
            yield chunk

    def settled(self, lines: int = 1) -> None:
        self._lines += lines
        self._progress.update(self._task, lines=self._lines)


def counting(label: str, total: int) -> Progress:
    """A progress bar of things that are counted."""
    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    progress.add_task(label, total=total)
    return progress
