"""Imports: a file read piece by piece, its lines settled by the operations, and a report of every one of them."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.cli.tables import print_json, printable
from poolhouse.errors import UserError
from poolhouse.operations import import_files
from poolhouse.operations.import_csv import UnusableFile
from poolhouse.operations.import_files import Entry
from poolhouse.operations.import_settling import Import
from poolhouse.store import import_jobs
from poolhouse.store.import_jobs import FileForm, Outcome, RowOutcome
from poolhouse.store.pools import Pool

_CHUNK: Final = 65_536
_SHOWN: Final = 20
_PAGE: Final = 1000
_WORDS: Final = {"Imported": "SUCCEEDED", "Skipped": "SKIPPED", "Failed": "FAILED"}


class Summary(NamedTuple):
    """How many lines came to each outcome, and the first that failed."""

    counts: dict[Outcome, int]
    failed: list[RowOutcome]


def import_file(
    where: Where, file: Path, form: Literal["csv", "jsonl"], report: Path | None, *, dry_run: bool
) -> Summary:
    """Raises UserError."""

    async def work(administration: Administration) -> Summary:
        pool = await administration.pool("create-user-import-job")
        summary = Summary({"Imported": 0, "Skipped": 0, "Failed": 0}, [])
        with ExitStack() as stack:
            source, size = opened_file(file, stack)
            told = None if report is None else stack.enter_context(created_report(report))
            bar = Bar(stack, size, "Importing")
            entries = _entries(pool, form, bar.chunks(source))
            async for outcome in await _outcomes(administration, entries, file, form, dry_run=dry_run):
                _count(summary, outcome)
                bar.settled()
                if told is not None:
                    told.write(_line(outcome))
        return summary

    try:
        return visit(where, work)
    except UnusableFile as error:
        raise UserError(
            f"{file} cannot be imported. {error}",
            resolution="The columns are those of: aws cognito-idp get-csv-header; --format says what the file is.",
        ) from error


async def _outcomes(
    administration: Administration, entries: Iterator[Entry], file: Path, form: FileForm, *, dry_run: bool
) -> AsyncIterator[RowOutcome]:
    services, pool = administration.services, await administration.pool()
    if dry_run:
        return import_files.try_out(services, pool, entries)
    cause = await administration.cause(file.name)
    async with services.database.write() as tx:
        await administration.did(tx, "ImportUsers", file.name, Run=cause.run, Format=form)
    return import_files.bring_in(Import(services, pool, cause), entries)


def _entries(pool: Pool, form: Literal["csv", "jsonl"], chunks: Iterator[bytes]) -> Iterator[Entry]:
    return import_files.csv_entries(pool, chunks) if form == "csv" else import_files.json_entries(chunks)


def opened_file(file: Path, stack: ExitStack) -> tuple[BinaryIO, int | None]:
    """The file and its size, None for a pipe. Raises UserError."""
    if str(file) == "-":
        return sys.stdin.buffer, None
    try:
        return stack.enter_context(file.open("rb")), file.stat().st_size
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}).", resolution="Check its name.") from error


def created_report(report: Path) -> TextIO:
    """Raises UserError."""
    try:
        return report.open("w", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{report} cannot be written ({error.strerror}).", resolution="Choose another file.") from error


def _count(summary: Summary, outcome: RowOutcome) -> None:
    summary.counts[outcome.outcome] += 1
    if outcome.outcome == "Failed" and len(summary.failed) < _SHOWN:
        summary.failed.append(outcome)


class Bar:
    """Progress by the bytes that were read, on a terminal only."""

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
    """A progress bar of things that are counted, on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    progress.add_task(label, total=total)
    return progress


def show_summary(summary: Summary, *, as_json: bool, dry_run: bool) -> None:
    counts = summary.counts
    if as_json:
        members = {name.lower(): number for name, number in counts.items()}
        print_json({"dry_run": dry_run, **members, "failures": [row._asdict() for row in summary.failed]})
        return
    verb = "Would import" if dry_run else "Imported"
    typer.echo(f"{verb} {counts['Imported']}, skipped {counts['Skipped']}, failed {counts['Failed']}.")
    for row in summary.failed:
        typer.echo(f"  line {row.line}: {printable(row.message)}", err=True)
    if counts["Failed"] > len(summary.failed):
        typer.echo("  ... and more; --report FILE names them all.", err=True)


# --- jobs of the server ------------------------------------------------------------------------------------


def job_report(where: Where, job_id: str, *, as_json: bool) -> str:
    """The rows of a job in AWS's words, one line each, or as JSON."""

    async def work(administration: Administration) -> str:
        job = (await administration.of_pool("DescribeUserImportJob", JobId=job_id))["UserImportJob"]
        found: list[RowOutcome] = []
        while True:
            async with administration.services.database.read() as tx:
                page = await import_jobs.rows(tx, job_id, found[-1].line if found else 0, _PAGE)
            if not page:
                break
            found += page
        if as_json:
            return json.dumps(job | {"Rows": [row._asdict() for row in found]}, indent=2) + "\n"
        return "".join(map(_line, found))

    return visit(where, work)


def _line(row: RowOutcome) -> str:
    return f"[{_WORDS[row.outcome]}] Line Number {row.line} - {printable(row.message)}\n"
