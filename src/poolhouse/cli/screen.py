"""What the commands say to people: styled lines, plain where nobody looks at a terminal."""

import typer

from poolhouse.config import plain_text
from poolhouse.errors import UserError


def show(error: UserError) -> None:
    """What happened, why, and what to do."""
    color = False if plain_text() else None
    if error.location:
        typer.secho(error.location, err=True, dim=True, color=color)
    typer.echo(f"{typer.style(error.name, fg='red', bold=True)}  {error.message}", err=True, color=color)
    if error.resolution:
        typer.echo(f"{typer.style('Do this:', bold=True)} {error.resolution}", err=True, color=color)


def show_finding(severity: str, code: str, _subject: str, what: str, why: str, do: str) -> None:
    """A finding of `poolhouse check`, on stdout: it is the command's result."""
    color = False if plain_text() else None
    colours = {"error": typer.colors.RED, "warning": typer.colors.YELLOW, "note": typer.colors.CYAN}
    typer.echo(f"{typer.style(severity, fg=colours[severity], bold=True)} {code}  {what}", color=color)
    typer.echo(f"  {why}", color=color)
    typer.echo(f"  {typer.style('Do this:', bold=True)} {do}", color=color)
