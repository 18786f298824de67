"""`poolhouse seed`, `snapshot`, `restore`, `reset`, `test-server`: options in, one function call out."""

import json
from pathlib import Path
from typing import Annotated

import typer

from poolhouse.cli.options import HERE, Database, Json, PoolName, Project, Where, Yes

data_commands = typer.Typer(rich_markup_mode=None)

SeedFile = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="Default: amplify/seed.json or amplify/seed.py.", dir_okay=False),
]
Name = Annotated[str, typer.Argument(help="Letters, digits, _ . and -.")]
Assignments = Annotated[
    list[str] | None, typer.Option("--secret", metavar="NAME=VALUE", help="A secret of the functions; once for each.")
]


@data_commands.command()
def seed(
    file: SeedFile = None,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    as_json: Json = False,
) -> None:
    """Make the users that a file describes; running it again changes nothing."""
    from poolhouse.cli.seeding import seed as carry_out

    outcomes = carry_out(Where(project, database, pool), file)
    if as_json:
        typer.echo(json.dumps([{"username": name, "outcome": outcome} for name, outcome in outcomes], indent=2))
        return
    for name, outcome in outcomes:
        typer.echo(f"{outcome:<9}  {name}")


@data_commands.command()
def snapshot(
    name: Annotated[str | None, typer.Argument(help="Letters, digits, _ . and -; without it: list them.")] = None,
    project: Project = HERE,
    replace: Annotated[bool, typer.Option("--replace", help="Write over the snapshot of this name.")] = False,
    as_json: Json = False,
) -> None:
    """Keep the state of the project's development database under a name, or list the names."""
    from poolhouse.cli import snapshots

    if name is not None:
        typer.echo(snapshots.snapshot(project, name, replace=replace))
        return
    found = snapshots.listed(project)
    if as_json:
        typer.echo(json.dumps([each._asdict() for each in found], indent=2))
        return
    for each in found:
        typer.echo(f"{each.made}  {each.size / 1024:>9,.0f} kB  {each.name}")


@data_commands.command()
def restore(name: Name, project: Project = HERE) -> None:
    """Bring the development database back to a snapshot. What it was is kept as before-restore."""
    from poolhouse.cli import snapshots

    snapshots.restore(project, name)
    typer.echo(f"Restored {name}. Take it back with: poolhouse restore {snapshots.BEFORE_RESTORE}", err=True)


@data_commands.command()
def reset(
    project: Project = HERE,
    everything: Annotated[
        bool, typer.Option("--everything", help="Delete the database: new ids, no groups, keys and secrets.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Forget all users and messages of the development database. What it was is kept as before-reset."""
    from poolhouse.cli import snapshots
    from poolhouse.cli.prompts import agree

    what = "the whole development database" if everything else "all users and messages of the development database"
    if not agree(f"Forget {what}?", yes=yes, default=False):
        raise typer.Exit(1)
    snapshots.reset(project, everything=everything)
    typer.echo(f"Done. Take it back with: poolhouse restore {snapshots.BEFORE_RESET}", err=True)


@data_commands.command("test-server")
def serve_tests(
    project: Project = HERE,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 0,
    seed_file: Annotated[
        Path | None, typer.Option("--seed", help="Users that every test begins with.", dir_okay=False)
    ] = None,
    secret: Assignments = None,
) -> None:
    """Serve the project for tests, on a database of its own: one JSON line says where, standard input ends it."""
    from poolhouse.cli.definitions import Definitions

    definitions = Definitions(project)
    from poolhouse.cli.test_server import run_test_server

    run_test_server(project, definitions, port=port, seed_file=seed_file, secrets=secret or [])
