"""Files of users for a group: read piece by piece, settled by the operations, and every line told of."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final, Literal, NamedTuple

import typer

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.moving_in import Bar, created_report, opened_file
from poolhouse.cli.options import Where
from poolhouse.cli.tables import print_json, printable
from poolhouse.errors import UserError
from poolhouse.operations import member_files
from poolhouse.operations.audit import Cause
from poolhouse.operations.import_csv import UnusableFile
from poolhouse.operations.member_files import OPERATIONS, Action, Group, LineOutcome, Outcome

Form = Literal["text", "csv"]
_SHOWN: Final = 20
_MARKS: Final = {"Changed": "SUCCEEDED", "Skipped": "SKIPPED", "Failed": "FAILED"}
_AT_AWS: Final = {"add": "admin-add-user-to-group", "remove": "admin-remove-user-from-group"}
_LABELS: Final = {"add": "Adding", "remove": "Removing"}
_VERBS: Final = {"add": ("Added", "Would add", "to"), "remove": ("Removed", "Would remove", "from")}


class Summary(NamedTuple):
    """How many lines came to each outcome, and the first that failed."""

    counts: dict[Outcome, int]
    failed: list[LineOutcome]


def carry_out(
    where: Where, group: tuple[str, Action], source: tuple[Path, Form], report: Path | None, *, dry_run: bool
) -> Summary:
    """What became of the lines of a file; a second run finds them done. Raises UserError."""
    (name, action), (file, form) = group, source

    async def work(administration: Administration) -> Summary:
        pool = await administration.pool(_AT_AWS[action])
        await administration.of_pool("GetGroup", GroupName=name)
        summary = Summary({"Changed": 0, "Skipped": 0, "Failed": 0}, [])
        with ExitStack() as stack:
            data, size = opened_file(file, stack)
            told = None if report is None else stack.enter_context(created_report(report))
            bar = Bar(stack, size, _LABELS[action])
            chunks = bar.chunks(data)
            entries = member_files.csv_entries(chunks) if form == "csv" else member_files.text_entries(chunks)
            cause = None if dry_run else await _begun(administration, name, action, file)
            async for outcomes in member_files.settle(
                Group(administration.services, pool, name, action, cause), entries
            ):
                _count(summary, outcomes)
                bar.settled(len(outcomes))
                if told is not None:
                    told.writelines(map(_line, outcomes))
        return summary

    try:
        return visit(where, work)
    except UnusableFile as error:
        raise UserError(
            f"{file} cannot be used. {error}",
            resolution="A CSV file begins with a header; --format text reads a name in each line.",
        ) from error


async def _begun(administration: Administration, name: str, action: Action, file: Path) -> Cause:
    """Records of memberships name the run that is recorded here."""
    cause = await administration.cause(file.name)
    async with administration.services.database.write() as tx:
        await administration.did(tx, "ChangeMembers", name, Run=cause.run, Operation=OPERATIONS[action], From=file.name)
    return cause


def _count(summary: Summary, outcomes: list[LineOutcome]) -> None:
    for outcome in outcomes:
        summary.counts[outcome.outcome] += 1
        if outcome.outcome == "Failed" and len(summary.failed) < _SHOWN:
            summary.failed.append(outcome)


def _line(told: LineOutcome) -> str:
    return f"[{_MARKS[told.outcome]}] Line Number {told.line} - {printable(told.message)}\n"


def show_summary(summary: Summary, group: str, action: Action, *, as_json: bool, dry_run: bool) -> None:
    """Print it; the lines that failed to standard error."""
    counts, failed = summary.counts, summary.failed
    done, would, where = _VERBS[action]
    if as_json:
        members = {done.lower(): counts["Changed"], "skipped": counts["Skipped"], "failed": counts["Failed"]}
        print_json({"dry_run": dry_run, "group": group, **members, "failures": [row._asdict() for row in failed]})
        return
    told = f"{would if dry_run else done} {counts['Changed']} {where} group {group}"
    typer.echo(printable(f"{told}, skipped {counts['Skipped']}, failed {counts['Failed']}."))
    for row in failed:
        typer.echo(f"  line {row.line}: {printable(row.message)}", err=True)
    if counts["Failed"] > len(failed):
        typer.echo("  ... and more; --report FILE names them all.", err=True)
