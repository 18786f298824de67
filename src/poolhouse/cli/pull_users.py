"""`poolhouse pull-users`: options in, one function call out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from poolhouse.cli.options import HERE, Database, DryRun, Json, PoolName, Project, Where
from poolhouse.errors import UserError

if TYPE_CHECKING:
    from poolhouse.cli.pull_users_source import Place

pull_users_commands = typer.Typer(rich_markup_mode=None)

From = Annotated[str, typer.Option("--from", metavar="POOL_ID", help="The user pool at AWS.")]
Region = Annotated[str | None, typer.Option("--region", help="Its region; default: the one that its id begins with.")]
Profile = Annotated[str | None, typer.Option("--profile", help="The profile of the AWS configuration.")]
Endpoint = Annotated[str | None, typer.Option("--endpoint-url", help="Where it is served, when that is not AWS.")]
Groups = Annotated[bool, typer.Option("--groups/--no-groups", help="Groups and memberships too.")]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="NAME", help="An attribute to leave behind; once for each.")
]
WriteTrigger = Annotated[
    bool, typer.Option("--write-trigger", help="Only write the user_migration function into the project.")
]
Client = Annotated[
    str | None, typer.Option("--client-id", help="For --write-trigger: an app client of the pool at AWS.")
]
HasSecret = Annotated[bool, typer.Option("--client-secret", help="For --write-trigger: that app client has a secret.")]


@pull_users_commands.command("pull-users")
def pull_users(
    source: From,
    region: Region = None,
    profile: Profile = None,
    endpoint_url: Endpoint = None,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    groups: Groups = True,
    without: Without = None,
    dry_run: DryRun = False,
    write_trigger: WriteTrigger = False,
    client_id: Client = None,
    client_secret: HasSecret = False,
    as_json: Json = False,
) -> None:
    """Copy the users and groups of a user pool at AWS. Passwords follow at each user's first sign-in."""
    from poolhouse.cli.pull_users_run import Wanted, pull, show
    from poolhouse.cli.pull_users_source import Place

    place = Place(source, region, profile, endpoint_url)
    if write_trigger:
        return _write(project, place, client_id, has_secret=client_secret)
    if client_id or client_secret:
        raise UserError("--client-id and --client-secret belong to --write-trigger.", resolution="Leave them out.")
    wanted = Wanted(place, groups, dry_run, tuple(without or ()))
    pulled = pull(Where(project, database, pool), wanted)
    show(pulled, as_json=as_json, dry_run=dry_run)
    if pulled.journal.failures:
        raise typer.Exit(1)
    return None


def _write(project: Path, place: "Place", client_id: str | None, *, has_secret: bool) -> None:
    from poolhouse.cli.pull_users_trigger import OldClient, write_trigger

    if client_id is None:
        raise UserError(
            "--write-trigger needs to know through which app client the old pool is asked.",
            resolution="Add --client-id ID: one with ALLOW_USER_PASSWORD_AUTH.",
        )
    written, rest = write_trigger(project, OldClient(place.where, place.endpoint, client_id, has_secret))
    for path in written:
        typer.echo(f"Wrote {path}")
    typer.echo(f"\n{rest}")
