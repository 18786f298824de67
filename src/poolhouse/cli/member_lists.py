"""Files of users for a group: read piece by piece, settled by the operations, and every line told of."""

from pathlib import Path
from typing import Final, Literal

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.line_files import LineFile, Summary
from poolhouse.cli.options import Where
from poolhouse.errors import UserError
from poolhouse.operations import member_files
from poolhouse.operations.audit import Cause
from poolhouse.operations.import_csv import UnusableFile
from poolhouse.operations.member_files import OPERATIONS, Action, Group

Form = Literal["text", "csv"]
_AT_AWS: Final = {"add": "admin-add-user-to-group", "remove": "admin-remove-user-from-group"}
_LABELS: Final = {"add": "Adding", "remove": "Removing"}
_VERBS: Final = {"add": ("Added", "Would add", "to"), "remove": ("Removed", "Would remove", "from")}


def carry_out(
    where: Where, change: tuple[str, Action], source: tuple[Path, Form], report: Path | None, *, dry_run: bool
) -> Summary:
    """What became of the lines of a file; a second run finds them done. Raises UserError."""
    (name, action), (file, form) = change, source

    async def work(administration: Administration) -> Summary:
        pool = await administration.pool(_AT_AWS[action])
        await administration.of_pool("GetGroup", GroupName=name)
        with LineFile(file, report, _LABELS[action], done="Changed") as lines:
            entries = (member_files.csv_entries if form == "csv" else member_files.text_entries)(lines.chunks())
            cause = None if dry_run else await _begun(administration, name, action, file)
            group = Group(administration.services, pool, name, action, cause)
            async for outcomes in member_files.settle(group, entries):
                lines.settled(outcomes)
        return lines.summary

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


def show_summary(summary: Summary, group: str, action: Action, *, as_json: bool, dry_run: bool) -> None:
    """Print it; the lines that failed to standard error."""
    done, would, where = _VERBS[action]
    changed = summary.counts["Changed"]
    sentence = f"{would if dry_run else done} {changed} {where} group {group}"
    summary.show(sentence, {"dry_run": dry_run, "group": group, done.lower(): changed}, as_json=as_json)
