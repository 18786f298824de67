"""`poolhouse dev`, `serve`, `generate ...`, `secret ...`: options in, one function call out."""

import base64
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from poolhouse.errors import UserError

app = typer.Typer(
    name="poolhouse",
    help="User pools and admin actions, described in Python.\n\nExample: poolhouse dev --project my-app",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
generate = typer.Typer(help="Write files and keys.", no_args_is_help=True, rich_markup_mode=None)
secret = typer.Typer(
    help='The values behind secret("NAME") in the definitions.', no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(generate, name="generate")
app.add_typer(secret, name="secret")

Project = Annotated[Path, typer.Option("--project", help="The folder that holds amplify/.", file_okay=False)]
Database = Annotated[str | None, typer.Option("--database", help="sqlite:///FILE or postgresql://...")]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 takes a free one.")
]
Destructive = Annotated[
    bool, typer.Option("--allow-destructive", help="Also carry out changes that drop users or memberships.")
]
Name = Annotated[str, typer.Argument(help="Letters, digits, _ . and -.")]
HERE = Path()


def _version(value: bool) -> None:
    if value:
        typer.echo(f"poolhouse {version('poolhouse')}")
        raise typer.Exit


@app.callback()
def _root(
    _show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command()
def dev(
    project: Project = HERE,
    host: Host = None,
    port: Port = None,
    database: Database = None,
    allow_destructive: Destructive = False,
) -> None:
    """Run the backend on this machine, reload it on every change, and show where everything is."""
    from poolhouse.cli.definitions import Definitions

    definitions = Definitions(project)
    from poolhouse.cli.running import run_dev

    overrides = {"host": host, "port": port, "database": database}
    run_dev(project, definitions, overrides, allow_destructive=allow_destructive)


@app.command()
def serve(
    project: Project = HERE,
    host: Host = None,
    port: Port = None,
    database: Database = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes; more than one needs PostgreSQL.")] = 1,
    allow_destructive: Destructive = False,
    inherited: Annotated[int | None, typer.Option("--socket", hidden=True)] = None,
) -> None:
    """Run the backend in production. Refuses development secrets and plain HTTP on public addresses."""
    from poolhouse.cli.definitions import Definitions

    definitions = Definitions(project)
    from poolhouse.cli.running import run_serve

    overrides = {"host": host, "port": port, "database": database}
    run_serve(
        project, definitions, overrides, workers=workers, allow_destructive=allow_destructive, inherited=inherited
    )


@generate.command("outputs")
def generate_outputs(
    project: Project = HERE,
    out_dir: Annotated[Path, typer.Option("--out-dir", help="Where the files go.", file_okay=False)] = HERE,
    host: Host = None,
    port: Port = None,
    database: Database = None,
) -> None:
    """Write amplify_outputs.json and the JavaScript module of an applied backend; changes nothing else."""
    from poolhouse.cli.running import write_client_files

    for path in write_client_files(project, out_dir, {"host": host, "port": port, "database": database}):
        typer.echo(path)


@generate.command("master-key")
def generate_master_key() -> None:
    """Print a new POOLHOUSE_MASTER_KEY."""
    from poolhouse.crypto.vault import generate_master_key as make

    typer.echo(base64.b64encode(make()).decode())


@app.command()
def manifest(project: Project = HERE) -> None:
    """Print the Manifest that the definitions make, as JSON."""
    from poolhouse.define.manifest import encode
    from poolhouse.define.project import load

    typer.echo(json.dumps(json.loads(encode(load(project))), indent=2))


@secret.command("set")
def secret_set(name: Name, project: Project = HERE, database: Database = None) -> None:
    """Store a new version; the value is asked for, or read from a pipe."""
    from poolhouse.cli.secrets import check_name, put

    check_name(name)
    if sys.stdin.isatty():
        value = typer.prompt("Value", hide_input=True, confirmation_prompt=False)
    else:
        value = sys.stdin.read().removesuffix("\n")
    if not value:
        raise UserError("The value is empty.", resolution="Type a value, or pipe one in.")
    typer.echo(f"Created version {put(project, database, name, value)} of secret {name}.")


@secret.command("get")
def secret_get(name: Name, project: Project = HERE, database: Database = None) -> None:
    """Print a secret's value."""
    from poolhouse.cli.secrets import get

    typer.echo(get(project, database, name))


@secret.command("list")
def secret_list(project: Project = HERE, database: Database = None) -> None:
    """Print the names."""
    from poolhouse.cli.secrets import names

    for name in names(project, database):
        typer.echo(name)


@secret.command("remove")
def secret_remove(name: Name, project: Project = HERE, database: Database = None) -> None:
    """Forget a secret."""
    from poolhouse.cli.secrets import remove

    remove(project, database, name)
    typer.echo(f"Removed secret {name}.")
