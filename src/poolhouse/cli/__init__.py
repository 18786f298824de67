"""The commands. Results go to stdout, talk to stderr; a user's mistake is told without a traceback.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

import sys

from rich.console import Console
from rich.markup import escape

from poolhouse.cli.commands import app
from poolhouse.errors import UserError


def main() -> None:
    """The `poolhouse` command."""
    try:
        app(prog_name="poolhouse", standalone_mode=True)
    except UserError as error:
        show(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def show(error: UserError, console: Console | None = None) -> None:
    """What happened, why, and what to do."""
    console = console or Console(stderr=True, highlight=False, soft_wrap=True)
    where = f"[dim]{escape(error.location)}[/dim]\n" if error.location else ""
    console.print(f"{where}[bold red]{error.name}[/bold red]  {escape(error.message)}")
    if error.resolution:
        console.print(f"[bold]Do this:[/bold] {escape(error.resolution)}")
