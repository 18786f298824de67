"""`poolhouse doctor`, `backup`, `restore-backup`: options in, one function call out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from poolhouse.cli.options import HERE, Database, Host, Json, Port, Project, Where

if TYPE_CHECKING:
    from poolhouse.cli.backups import Done

operating_commands = typer.Typer(rich_markup_mode=None)
File = Annotated[Path, typer.Argument(help="The backup.", dir_okay=False)]
Passphrase = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="A file with a passphrase, - for a pipe, in place of the master key."),
]


@operating_commands.command()
def doctor(
    project: Project = HERE,
    database: Database = None,
    host: Host = None,
    port: Port = None,
    serve: Annotated[bool, typer.Option("--serve", help="Ask what poolhouse serve would ask, instead of dev.")] = False,
    as_json: Json = False,
) -> None:
    """Look at all that a server needs and say what to do; exit with 1 when something must be mended."""
    from poolhouse.cli.doctor import examine, report

    overrides = {"host": host, "port": port, "database": database}
    if not report(examine("serve" if serve else "dev", project, overrides), as_json=as_json):
        raise typer.Exit(1)


@operating_commands.command()
def backup(
    file: File,
    project: Project = HERE,
    database: Database = None,
    passphrase_file: Passphrase = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
    as_json: Json = False,
) -> None:
    """Write the whole database, as it is at one moment, into a sealed file. A server may run meanwhile."""
    from poolhouse.cli import backups

    done = backups.backup(Where(project, database), file, passphrase_file, overwrite=overwrite)
    _tell(done, "Backed up", as_json=as_json)


@operating_commands.command("restore-backup")
def restore_backup(
    file: File,
    project: Project = HERE,
    database: Database = None,
    passphrase_file: Passphrase = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the file to its end, and make nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Put a backup into an empty database of either kind, and bring it up to date."""
    from poolhouse.cli import backups

    done = backups.restore(Where(project, database), file, passphrase_file, dry_run=dry_run)
    _tell(done, "Would restore" if dry_run else "Restored", as_json=as_json)


def _tell(done: "Done", verb: str, *, as_json: bool) -> None:
    from poolhouse.cli import backups

    if as_json:
        typer.echo(json.dumps(done._asdict(), indent=2))
    else:
        backups.show(done, verb)
