"""`poolhouse console-link`: options in, one function call out."""

from typing import Annotated

import typer

from poolhouse.cli.options import HERE, Database, Project

console_commands = typer.Typer(rich_markup_mode=None)


@console_commands.command("console-link")
def console_link(
    project: Project = HERE,
    database: Database = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url", help="The server's address; default: POOLHOUSE_PUBLIC_URL, else that of the running dev."
        ),
    ] = None,
) -> None:
    """Print a link that lets whoever has it into the console as the operator: once, within five minutes."""
    from poolhouse.cli.console_links import new_link

    typer.echo(new_link(project, database, url))
    typer.echo("Good once, for five minutes. Give it to nobody who should not be able to do everything.", err=True)
