"""Options that many commands share, and what they say together: which database, and which user pool in it."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from poolhouse.cli.headings import Commands

Project = Annotated[
    Path, typer.Option("--project", metavar="DIR", help="The folder that holds amplify/.", file_okay=False)
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://...; default: POOLHOUSE_DATABASE, else the project's own.",
    ),
]
ServedDatabase = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="sqlite:///FILE or postgresql://...; default: POOLHOUSE_DATABASE."),
]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen on; default: 127.0.0.1.")]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="The port to listen on, default 4500; 0 takes a free one."),
]
Tls = Annotated[bool, typer.Option("--tls", help="Speak HTTPS, with a certificate of the project's own authority.")]
NamedHost = Annotated[
    str | None, typer.Option("--host", help="The server's host in the files; default: that of the dev that runs.")
]
NamedPort = Annotated[
    int | None,
    typer.Option("--port", min=1, max=65535, help="Its port; default: that of the dev that runs, else 4500."),
]
NamedTls = Annotated[bool, typer.Option("--tls", help="The server speaks HTTPS, as dev --tls does.")]
Destructive = Annotated[
    bool, typer.Option("--allow-destructive", help="Also carry out changes that drop users or memberships.")
]
PoolName = Annotated[
    str | None, typer.Option("--pool", metavar="POOL", help="The user pool's id or name; default: the only one.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write what became of every line there.", dir_okay=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check it, say what would be done, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
HERE = Path()


class Where(NamedTuple):
    """The database, None for the project's own, and the pool, None for the only one; `option` is how one names it."""

    project: Path
    database: str | None
    pool: str | None = None
    option: str = "--pool "


def group(help_text: str) -> typer.Typer:
    """A command that has commands of its own."""
    return typer.Typer(cls=Commands, help=help_text, no_args_is_help=True, rich_markup_mode=None)
