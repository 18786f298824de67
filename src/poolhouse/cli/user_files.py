"""`poolhouse users import`, `export` and `import-report`: the options; the work is in `moving_in` and `moving_out`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from poolhouse.cli.options import HERE, Database, DryRun, Json, PoolName, Project, Report, Where
from poolhouse.errors import UserError

Format = Annotated[
    Literal["csv", "jsonl"] | None,
    typer.Option("--format", help="AWS's CSV, or JSON Lines; default: by the file's name."),
]


def register(users: typer.Typer) -> None:
    """Add the commands."""
    users.command("import")(users_import)
    users.command("export")(users_export)
    users.command("import-report")(users_import_report)


def chosen_format(given: Literal["csv", "jsonl"] | None, file: Path) -> Literal["csv", "jsonl"]:
    """Raises typer.BadParameter when nothing tells."""
    if given is not None:
        return given
    if file.suffix.lower() in (".jsonl", ".ndjson"):
        return "jsonl"
    if file.suffix.lower() == ".csv":
        return "csv"
    raise typer.BadParameter("the file's name does not end in .csv or .jsonl: say which it is.", param_hint="--format")


def users_import(
    file: Annotated[Path, typer.Argument(help="The file; - reads a pipe.", dir_okay=False)],
    form: Format = None,
    report: Report = None,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Bring users and groups in. Who is there already is skipped; exits with 1 when a line failed."""
    form = chosen_format(form, file)
    from poolhouse.cli.moving_in import import_file, show_summary

    summary = import_file(Where(project, database, pool), file, form, report, dry_run=dry_run)
    show_summary(summary, as_json=as_json, dry_run=dry_run)
    if summary.counts["Failed"]:
        raise typer.Exit(1)


def users_export(
    file: Annotated[Path, typer.Argument(help="The new file; - writes to standard output.", dir_okay=False)],
    form: Format = None,
    include_password_hashes: Annotated[
        bool,
        typer.Option(
            "--include-password-hashes", help="JSON Lines only. Guard the file: the hashes are not encrypted."
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
) -> None:
    """Write users to a file. JSON Lines hold all that an import takes, AWS's CSV no status, group or password."""
    form = chosen_format(form, file)
    if include_password_hashes and form == "csv":
        raise typer.BadParameter("CSV has no column for them: use JSON Lines.", param_hint="--include-password-hashes")
    from poolhouse.cli.moving_out import export_file

    for line in export_file(
        Where(project, database, pool), file, form, hashes=include_password_hashes, overwrite=overwrite
    ):
        typer.echo(line, err=True)


def users_import_report(
    job: Annotated[str, typer.Argument(help="The import job's id.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write it to a file.", dir_okay=False)] = None,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    as_json: Json = False,
) -> None:
    """What became of every row of an import job's file."""
    from poolhouse.cli.moving_in import job_report

    text = job_report(Where(project, database, pool), job, as_json=as_json)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{out} cannot be written ({error.strerror}).", resolution="Choose another file.") from error
    typer.echo(out)
