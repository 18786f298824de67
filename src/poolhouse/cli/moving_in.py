"""Imports: a file read piece by piece, its lines settled by the operations, and a report of every one of them."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, Literal

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.line_files import LineFile, Summary, report_line
from poolhouse.cli.options import Where
from poolhouse.errors import UserError
from poolhouse.operations import import_files
from poolhouse.operations.import_csv import UnusableFile
from poolhouse.operations.import_files import Entry
from poolhouse.operations.import_settling import Import
from poolhouse.store import import_jobs
from poolhouse.store.import_jobs import FileForm, RowOutcome
from poolhouse.store.pools import Pool

_PAGE: Final = 1000


def import_file(
    where: Where, file: Path, form: Literal["csv", "jsonl"], report: Path | None, *, dry_run: bool
) -> Summary:
    """Raises UserError."""

    async def work(administration: Administration) -> Summary:
        pool = await administration.pool("create-user-import-job")
        with LineFile(file, report, "Importing", done="Imported") as lines:
            entries = _entries(pool, form, lines.chunks())
            async for outcome in await _outcomes(administration, entries, file, form, dry_run=dry_run):
                lines.settled([outcome])
        return lines.summary

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


def show_summary(summary: Summary, *, as_json: bool, dry_run: bool) -> None:
    """Print it; the lines that failed to standard error."""
    imported = summary.counts["Imported"]
    sentence = f"{'Would import' if dry_run else 'Imported'} {imported}"
    summary.show(sentence, {"dry_run": dry_run, "imported": imported}, as_json=as_json)


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
        return "".join(map(report_line, found))

    return visit(where, work)
