"""What `adopt` says and asks before it writes."""

from pathlib import Path

import msgspec
import typer

from poolhouse.cli.answers import current_admin
from poolhouse.cli.prompts import agree
from poolhouse.cli.questions_admin import warn_open
from poolhouse.errors import UserError

from .adoption import Adoption, Told, adopt


def carry_out(directory: Path, out: Path | None, node: Path | None, *, dry_run: bool, yes: bool, as_json: bool) -> bool:
    """False when the answer was No."""
    if as_json and not (dry_run or yes):
        raise UserError("--json asks no questions.", resolution="Add --dry-run to look, or --yes to write.")
    adoption = adopt(directory, out, node)
    if as_json:
        if not dry_run:
            adoption.draft.write()
        typer.echo(msgspec.json.format(msgspec.json.encode(_told(adoption, written=not dry_run)), indent=2))
        return True
    _show(adoption)
    if dry_run:
        typer.echo("Nothing was written.")
        return True
    if not agree("Write these files?", yes=yes):
        typer.echo("Nothing was written.")
        return False
    files = adoption.draft.write()
    typer.secho(f"Wrote {len(files)} files in {adoption.draft.project}", fg="green")
    typer.echo("\nTo see it work: poolhouse dev")
    return True


def _show(adoption: Adoption) -> None:
    typer.echo()
    adoption.draft.show()
    adoption.report.show()
    admin = current_admin(adoption.manifest)
    if admin is not None and admin.groups is None:
        warn_open()


def _told(adoption: Adoption, *, written: bool) -> Told:
    files = {path: text for path, text in adoption.texts.items() if text is not None}
    return Told(adoption.generation, str(adoption.draft.project), written, files, tuple(adoption.report.findings))
