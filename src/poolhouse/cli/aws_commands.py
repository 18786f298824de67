"""`poolhouse plan`, `destroy`, `outputs`: options in, one function call out. They know one target, AWS."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from poolhouse.cli.aws_options import App, Env, Profile, Region, Where
from poolhouse.cli.options import HERE, Json, Project
from poolhouse.errors import UserError

aws_commands = typer.Typer(rich_markup_mode=None)

Aws = Annotated[Literal["aws"], typer.Option("--target", help="Where the environment is.")]


@aws_commands.command()
def plan(
    project: Project = HERE,
    target: Aws = "aws",  # noqa: ARG001 - there is one; it is written so that scripts say what they mean
    env: Env = "dev",
    app: App = None,
    profile: Profile = None,
    region: Region = None,
    offline: Annotated[bool, typer.Option("--offline", help="Without an account: write the template only.")] = False,
    as_json: Json = False,
) -> None:
    """Show what push --target aws would do; writes the template into amplify/.build and changes nothing at AWS."""
    from poolhouse.cli import aws_pushing

    where = Where(project, env, app, profile, region)
    if offline:
        aws_pushing.offline(where, as_json=as_json)
    else:
        aws_pushing.plan(where, as_json=as_json)


@aws_commands.command()
def destroy(
    project: Project = HERE,
    target: Aws = "aws",  # noqa: ARG001 - there is one
    env: Annotated[str | None, typer.Option("--env", help="The environment at AWS that is to end.")] = None,
    app: App = None,
    profile: Profile = None,
    region: Region = None,
    delete_users: Annotated[
        bool, typer.Option("--delete-users", help="Delete the user pool as well, with everybody in it.")
    ] = False,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="ENV", help="The environment's name, instead of typing it.")
    ] = None,
) -> None:
    """Delete an environment at AWS. Asks for its name; the user pool stays unless --delete-users."""
    from poolhouse.cli.aws_destroying import destroy as carry_out

    if env is None:
        raise UserError("No environment is named.", resolution="Name it: poolhouse destroy --target aws --env NAME.")
    if not carry_out(Where(project, env, app, profile, region), delete_users=delete_users, confirmed=confirm):
        raise typer.Exit(1)


@aws_commands.command()
def outputs(
    project: Project = HERE,
    target: Aws = "aws",  # noqa: ARG001 - there is one
    env: Env = "dev",
    app: App = None,
    profile: Profile = None,
    region: Region = None,
    out_dir: Annotated[Path, typer.Option("--out-dir", help="Where the files go.", file_okay=False)] = HERE,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", metavar="FORMAT", help="Which file; may be given again. See poolhouse generate outputs --list."
        ),
    ] = None,
) -> None:
    """Write the clients' files of an environment at AWS; changes nothing in it."""
    from poolhouse.cli.aws_outputs import outputs as carry_out

    for path in carry_out(Where(project, env, app, profile, region), out_dir, formats):
        typer.echo(path)
