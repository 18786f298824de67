"""`poolhouse groups add-members` and `remove-members`: the options; the work is in `member_lists`."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from poolhouse.cli.options import HERE, Database, DryRun, Json, PoolName, Project, Report, Where

Format = Annotated[
    Literal["text", "csv"] | None,
    typer.Option("--format", help="A name in each line, or CSV with a username column; default: by the file's name."),
]
_HELP: Final = {
    "add": "Put the users of a file into a group. Members are skipped; exits with 1 when a line failed.",
    "remove": "Take the users of a file out of a group. Others are skipped; exits with 1 when a line failed.",
}


def register(groups: typer.Typer) -> None:
    """Add the commands."""
    _register(groups, "add")
    _register(groups, "remove")


def _register(groups: typer.Typer, action: Literal["add", "remove"]) -> None:
    @groups.command(f"{action}-members", help=_HELP[action])
    def change(
        name: Annotated[str, typer.Argument(help="The group's name.")],
        file: Annotated[Path, typer.Argument(help="Usernames, subs or aliases; - reads a pipe.", dir_okay=False)],
        form: Format = None,
        report: Report = None,
        project: Project = HERE,
        database: Database = None,
        pool: PoolName = None,
        as_json: Json = False,
        dry_run: DryRun = False,
    ) -> None:
        from poolhouse.cli.member_lists import carry_out, show_summary

        asked = form or ("csv" if file.suffix.lower() == ".csv" else "text")
        where = Where(project, database, pool)
        summary = carry_out(where, (name, action), (file, asked), report, dry_run=dry_run)
        show_summary(summary, name, action, as_json=as_json, dry_run=dry_run)
        if summary.counts["Failed"]:
            raise typer.Exit(1)
