"""`poolhouse dev`, `serve`, `generate ...`, `secret ...`: options in, one function call out."""

import base64
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from poolhouse.cli.adopt_commands import adopt_commands
from poolhouse.cli.audit_commands import audit
from poolhouse.cli.aws_commands import aws_commands
from poolhouse.cli.clients import clients
from poolhouse.cli.console_commands import console_commands
from poolhouse.cli.data_commands import data_commands
from poolhouse.cli.groups import groups
from poolhouse.cli.headings import Root
from poolhouse.cli.master_key_command import keys
from poolhouse.cli.operating_commands import operating_commands
from poolhouse.cli.options import (
    HERE,
    Database,
    Destructive,
    Host,
    Json,
    NamedHost,
    NamedPort,
    NamedTls,
    Port,
    Project,
    ServedDatabase,
    Tls,
    group,
)
from poolhouse.cli.pools import pools
from poolhouse.cli.project_commands import project_commands
from poolhouse.cli.pull_users import pull_users_commands
from poolhouse.cli.users import users
from poolhouse.config import plain_text
from poolhouse.errors import UserError

app = typer.Typer(
    cls=Root,
    name="poolhouse",
    help="User pools and admin actions, described in Python.\n\nExample: poolhouse dev --project my-app",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
generate = group("Write files and keys.")
secret = group('The values behind secret("NAME") in the definitions.')
app.add_typer(project_commands)
app.add_typer(adopt_commands)
app.add_typer(aws_commands)
app.add_typer(data_commands)
app.add_typer(pull_users_commands)
app.add_typer(console_commands)
app.add_typer(operating_commands)
app.add_typer(generate, name="generate")
app.add_typer(secret, name="secret")
app.add_typer(users, name="users")
app.add_typer(groups, name="groups")
app.add_typer(pools, name="pools")
app.add_typer(clients, name="clients")
app.add_typer(audit, name="audit")
app.add_typer(keys, name="keys")

Name = Annotated[str, typer.Argument(help="Letters, digits, _ . and -.")]


def _version(value: bool) -> None:
    if value:
        from poolhouse.cli.versions import parts

        for name, text in parts():
            typer.echo(f"{name} {text}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    _show: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the versions of Poolhouse and its parts."
        ),
    ] = False,
) -> None:
    if plain_text():
        context.color = False


@app.command()
def dev(
    project: Project = HERE,
    host: Host = None,
    port: Port = None,
    database: Database = None,
    tls: Tls = False,
    allow_destructive: Destructive = False,
) -> None:
    """Run the backend on this machine, reload it on every change, and show where everything is."""
    from poolhouse.cli.definitions import Definitions

    definitions = Definitions(project)
    from poolhouse.cli.running import run_dev

    overrides = {"host": host, "port": port, "database": database, "tls": tls or None}
    run_dev(project, definitions, overrides, allow_destructive=allow_destructive)


@app.command()
def serve(
    project: Project = HERE,
    host: Host = None,
    port: Port = None,
    database: ServedDatabase = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, metavar="N", help="Processes; more than one needs PostgreSQL.")
    ] = 1,
    tls_cert: Annotated[
        str | None, typer.Option("--tls-cert", metavar="FILE", help="A PEM file with the certificate: speak TLS.")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option("--tls-key", metavar="FILE", help="The PEM file with its private key.")
    ] = None,
    allow_destructive: Destructive = False,
    inherited: Annotated[int | None, typer.Option("--socket", hidden=True)] = None,
    number: Annotated[int, typer.Option("--worker", hidden=True)] = 0,
) -> None:
    """Run the backend in production. Refuses development secrets and plain HTTP on public addresses."""
    from poolhouse.cli.definitions import Definitions

    definitions = Definitions(project)
    from poolhouse.cli.running import run_serve

    overrides = {"host": host, "port": port, "database": database, "tls_cert": tls_cert, "tls_key": tls_key}
    run_serve(
        project,
        definitions,
        overrides,
        workers=workers,
        allow_destructive=allow_destructive,
        inherited=inherited,
        number=number,
    )


@generate.command("outputs")
def generate_outputs(
    project: Project = HERE,
    out_dir: Annotated[
        Path, typer.Option("--out-dir", metavar="DIR", help="Where the files go.", file_okay=False)
    ] = HERE,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", metavar="FORMAT", help="Which file; may be given again. Without it: json and js. See --list."
        ),
    ] = None,
    host: NamedHost = None,
    port: NamedPort = None,
    database: Database = None,
    tls: NamedTls = False,
    list_formats: Annotated[bool, typer.Option("--list", help="Print the formats and what each is for.")] = False,
) -> None:
    """Write the files that clients need of an applied backend; changes nothing else."""
    from poolhouse.cli.formats import checked, described

    if list_formats:
        typer.echo(described())
        raise typer.Exit
    wanted = checked(formats)
    from poolhouse.cli.running import write_client_files

    overrides = {"host": host, "port": port, "database": database, "tls": tls or None}
    for path in write_client_files(project, out_dir, overrides, wanted):
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


@app.command()
def check(
    project: Project = HERE,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on an error or a warning.")] = False,
    as_json: Json = False,
) -> None:
    """Report unused grants, operations that everybody may call, calls that the default mode refuses, idle groups."""
    from poolhouse.cli.checking import findings
    from poolhouse.cli.screen import show_finding

    found = findings(project)
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in found], indent=2))
    for finding in () if as_json else found:
        show_finding(*finding)
    if not found and not as_json:
        typer.echo("Nothing to report.")
    if strict and any(finding.severity != "note" for finding in found):
        raise typer.Exit(1)


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

    typer.echo(get(project, database, name).encode())  # never with other characters, whatever the terminal can show


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
