"""Files of which every line is settled and told of: opened, counted and reported alike by the commands for them."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final, Protocol, Self, TextIO

import typer

from poolhouse.cli.bars import Bar
from poolhouse.cli.tables import print_json, printable
from poolhouse.errors import UserError

_SHOWN: Final = 20
_MARKS: Final = {"Imported": "SUCCEEDED", "Changed": "SUCCEEDED", "Skipped": "SKIPPED", "Failed": "FAILED"}


class Told(Protocol):
    """What became of a line, in words that name nobody."""

    @property
    def line(self) -> int: ...
    @property
    def outcome(self) -> str: ...
    @property
    def message(self) -> str: ...


class Summary:
    """How many lines came to each outcome, and the first that failed. `done` is the outcome of those that succeed."""

    def __init__(self, done: str) -> None:
        self.counts = {done: 0, "Skipped": 0, "Failed": 0}
        self.failed: list[Told] = []

    def count(self, told: Told) -> None:
        self.counts[told.outcome] += 1
        if told.outcome == "Failed" and len(self.failed) < _SHOWN:
            self.failed.append(told)

    def show(self, sentence: str, members: Mapping[str, object], *, as_json: bool) -> None:
        """Print it, failed lines to standard error. The sentence or the members say what succeeded."""
        skipped, failed = self.counts["Skipped"], self.counts["Failed"]
        if as_json:
            failures = [{"line": row.line, "outcome": row.outcome, "message": row.message} for row in self.failed]
            print_json({**members, "skipped": skipped, "failed": failed, "failures": failures})
            return
        typer.echo(printable(f"{sentence}, skipped {skipped}, failed {failed}."))
        for row in self.failed:
            typer.echo(f"  line {row.line}: {printable(row.message)}", err=True)
        if failed > len(self.failed):
            typer.echo("  ... and more; --report FILE names them all.", err=True)


def report_line(told: Told) -> str:
    """As in AWS's reports of import jobs."""
    return f"[{_MARKS[told.outcome]}] Line Number {told.line} - {printable(told.message)}\n"


class LineFile:
    """A file that is read piece by piece while its lines are settled, with progress and, if wished, a report."""

    def __init__(self, file: Path, report: Path | None, label: str, *, done: str) -> None:
        self.summary = Summary(done)
        self._file, self._report, self._label = file, report, label

    def __enter__(self) -> Self:
        """Raises UserError for a file that cannot be read or a report that cannot be written."""
        with ExitStack() as stack:
            self._source, size = _opened(self._file, stack)
            self._told = None if self._report is None else stack.enter_context(_created(self._report))
            self._bar = Bar(stack, size, self._label)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def chunks(self) -> Iterator[bytes]:
        return self._bar.chunks(self._source)

    def settled(self, lines: Sequence[Told]) -> None:
        for told in lines:
            self.summary.count(told)
        self._bar.settled(len(lines))
        if self._told is not None:
            self._told.writelines(map(report_line, lines))


def _opened(file: Path, stack: ExitStack) -> tuple[BinaryIO, int | None]:
    """The file and its size, None for a pipe. Raises UserError."""
    if str(file) == "-":
        return sys.stdin.buffer, None
    try:
        return stack.enter_context(file.open("rb")), file.stat().st_size
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}).", resolution="Check its name.") from error


def _created(report: Path) -> TextIO:
    """Raises UserError."""
    try:
        return report.open("w", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{report} cannot be written ({error.strerror}).", resolution="Choose another file.") from error
