"""What the commands print of a database: aligned columns, named values, JSON. Stored text cannot steer a terminal."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import typer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 60


def printable(value: object) -> str:
    """One line without control characters, which a name or an attribute may hold."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def moment(seconds: float | None) -> str:
    return "" if seconds is None else f"{_EPOCH + timedelta(seconds=int(seconds)):%Y-%m-%d %H:%M:%S}Z"


def counted(count: int, thing: str) -> str:
    """`1 user`, `2 users`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def megabytes(size: int) -> str:
    """A size in bytes; small ones in kilobytes."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{-(-size // 1000)} kB"


def print_json(value: Any) -> None:
    """In ASCII: every terminal can show it, and nothing in it steers one."""
    typer.echo(json.dumps(value, indent=2))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Long cells are cut; `--json` has them whole."""
    shown = [[_cut(printable(cell)) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(headers, *shown, strict=True)]
    typer.secho(_line(headers, widths), bold=True)
    for row in shown:
        typer.echo(_line(row, widths))


def print_values(values: Mapping[str, object]) -> None:
    """One line for each value there is."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        if value not in (None, "", []):
            typer.echo(f"{typer.style(f'{name:<{width}}', dim=True)}  {printable(value)}")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
