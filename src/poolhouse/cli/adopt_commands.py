"""`poolhouse adopt`: options in, one function call out."""

from pathlib import Path
from typing import Annotated

import typer

from poolhouse.cli.options import DryRun, Json, Yes

adopt_commands = typer.Typer(rich_markup_mode=None)


@adopt_commands.command()
def adopt(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds amplify/.", file_okay=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the Python project goes; default: DIR.", file_okay=False)
    ] = None,
    node: Annotated[
        Path | None, typer.Option("--node", help="Node's program, for TypeScript; default: node of the PATH.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write an Amplify project's definitions in Python, and say what could not be carried over.

    Reads Gen 1 projects with a user pool and Admin Queries, and Gen 2 projects, whose TypeScript runs with your Node.
    """
    from poolhouse.cli.adopting.telling import carry_out

    if not carry_out(directory, out, node, dry_run=dry_run, yes=yes, as_json=as_json):
        raise typer.Exit(1)
