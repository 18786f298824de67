"""What `status` prints of either target; a machine that only pushes to AWS has no server to import for it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import typer

COLOURS: Final = {"Create": "green", "Update": "yellow", "Replace": "red", "Delete": "red"}
SAME: Final = "No Change"


class Row(NamedTuple):
    """A line of `status`."""

    category: str
    name: str
    operation: str


def print_status(rows: Sequence[Row]) -> None:
    """The table that Amplify's users know."""
    headers = ("Category", "Resource name", "Operation")
    widths = [max(len(cell) for cell in column) for column in zip(headers, *rows, strict=True)]

    def line(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (width + 2) for width in widths) + right

    typer.secho(line("┌", "┬", "┐"), dim=True)
    bar = typer.style("│", dim=True)
    for row in (headers, *rows):
        cells = [f" {cell:<{width}} " for cell, width in zip(row, widths, strict=True)]
        if row is headers:
            cells = [typer.style(cell, bold=True) for cell in cells]
        else:
            cells[2] = typer.style(cells[2], fg=COLOURS.get(row[2]), dim=row[2] == SAME or None)
        typer.echo(bar + bar.join(cells) + bar)
        if row is headers and rows:
            typer.secho(line("├", "┼", "┤"), dim=True)
    typer.secho(line("└", "┴", "┘"), dim=True)
