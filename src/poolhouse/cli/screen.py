"""What the commands say to people: styled lines, plain where nobody looks at a terminal."""

import typer

from poolhouse.errors import UserError


def show(error: UserError) -> None:
    """What happened, why, and what to do."""
    if error.location:
        typer.secho(error.location, err=True, dim=True)
    typer.echo(f"{typer.style(error.name, fg='red', bold=True)}  {error.message}", err=True)
    if error.resolution:
        typer.echo(f"{typer.style('Do this:', bold=True)} {error.resolution}", err=True)
