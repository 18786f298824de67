"""`poolhouse users ...`: what administrators do to users. Files of users are `user_files`."""

from typing import Annotated, Any

import typer

from poolhouse.cli.options import HERE, Database, DryRun, Json, PoolName, Project, Where, Yes, group
from poolhouse.cli.user_files import register

users = group("Users of a user pool.")
Name = Annotated[str, typer.Argument(help="Username, sub or alias.")]
Group = Annotated[str, typer.Argument(help="The group's name.")]
Attributes = Annotated[list[str], typer.Option("--attribute", "-a", metavar="NAME=VALUE", help="May be repeated.")]
register(users)


@users.command("list")
def users_list(
    filter_text: Annotated[str | None, typer.Option("--filter", help="AWS's: 'email ^= \"ada\"'.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many at most; 0 is all.")] = 60,
    after: Annotated[str | None, typer.Option("--after", metavar="TOKEN", help="Go on behind the last page.")] = None,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    as_json: Json = False,
) -> None:
    """Users of a user pool, page by page."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import print_json
    from poolhouse.cli.user_views import page_of_users, print_users

    async def work(administration: Administration) -> dict[str, Any]:
        return await page_of_users(administration, filter_text, limit, after)

    found = visit(Where(project, database, pool), work)
    if as_json:
        return print_json(found)
    print_users(found["Users"])
    if "PaginationToken" in found:
        typer.echo(f"There are more: --after {found['PaginationToken']}", err=True)
    return None


@users.command("show")
def users_show(
    name: Name, project: Project = HERE, database: Database = None, pool: PoolName = None, as_json: Json = False
) -> None:
    """One user with attributes and groups."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import print_json
    from poolhouse.cli.user_views import print_user

    async def work(administration: Administration) -> dict[str, Any]:
        user = await administration.of_pool("AdminGetUser", Username=name)
        pool_id = await administration.pool_id()
        named = {"UserPoolId": pool_id, "Username": name}
        groups = await administration.every("AdminListGroupsForUser", "Groups", **named)
        return user | {"Groups": [each["GroupName"] for each in groups]}

    found = visit(Where(project, database, pool), work)
    if as_json:
        return print_json(found)
    print_user(found, found["Groups"])
    return None


@users.command("create")
def users_create(
    name: Name,
    attribute: Attributes = [],  # noqa: B006 - typer copies it
    temporary_password: Annotated[
        bool, typer.Option("--temporary-password", help="Ask for it, or read it from a pipe; else one is made.")
    ] = False,
    no_message: Annotated[bool, typer.Option("--no-message", help="Send no invitation.")] = False,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    dry_run: DryRun = False,
) -> None:
    """Make a user who chooses a password at the first sign-in, and send the invitation."""
    from poolhouse.cli.changes import create_user, read_password

    pairs = [text.partition("=") for text in attribute]
    if any(not name or not equals for name, equals, _ in pairs):
        raise typer.BadParameter("an attribute is written NAME=VALUE.", param_hint="--attribute")
    request: dict[str, Any] = {"Username": name}
    request["UserAttributes"] = [{"Name": key, "Value": value} for key, _, value in pairs]
    if temporary_password and not dry_run:
        request["TemporaryPassword"] = read_password("Temporary password")
    if no_message:
        request["MessageAction"] = "SUPPRESS"
    typer.echo(create_user(Where(project, database, pool), request, dry_run=dry_run))


@users.command("delete")
def users_delete(
    name: Name,
    yes: Yes = False,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    dry_run: DryRun = False,
) -> None:
    """Delete a user with everything that belongs to him."""
    from poolhouse.cli.changes import change_user, confirm

    if not dry_run:
        confirm(f"Delete the user {name} for good?", yes=yes)
    typer.echo(change_user(Where(project, database, pool), name, "AdminDeleteUser", "delete", dry_run=dry_run))


def _plain(command: str, operation: str, verb: str, text: str) -> None:
    """A command that does one thing to one user."""

    @users.command(command, help=text)
    def change(
        name: Name,
        project: Project = HERE,
        database: Database = None,
        pool: PoolName = None,
        dry_run: DryRun = False,
    ) -> None:
        from poolhouse.cli.changes import change_user

        typer.echo(change_user(Where(project, database, pool), name, operation, verb, dry_run=dry_run))


_plain("enable", "AdminEnableUser", "enable", "Let a disabled user sign in again.")
_plain("disable", "AdminDisableUser", "disable", "Refuse a user's sign-ins and end all that exist.")
_plain("confirm", "AdminConfirmSignUp", "confirm", "Confirm a user who signed up; verifies no contact.")
_plain("reset-password", "AdminResetUserPassword", "reset the password of", "Forget a password and send a code.")
_plain("sign-out", "AdminUserGlobalSignOut", "sign out", "End every sign-in of a user.")


@users.command("set-password")
def users_set_password(
    name: Name,
    permanent: Annotated[
        bool, typer.Option("--permanent", help="Else it has to be changed at the next sign-in.")
    ] = False,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    dry_run: DryRun = False,
) -> None:
    """Set a password, which is asked for or read from a pipe."""
    from poolhouse.cli.changes import change_user, read_password

    more: dict[str, object] = {} if dry_run else {"Password": read_password("Password"), "Permanent": permanent}
    where, verb = Where(project, database, pool), "set the password of"
    typer.echo(change_user(where, name, "AdminSetUserPassword", verb, dry_run=dry_run, more=more))


def _membership(command: str, text: str, *, joins: bool) -> None:
    @users.command(command, help=text)
    def change(
        name: Name,
        group_name: Group,
        project: Project = HERE,
        database: Database = None,
        pool: PoolName = None,
        dry_run: DryRun = False,
    ) -> None:
        from poolhouse.cli.changes import change_membership

        typer.echo(change_membership(Where(project, database, pool), name, group_name, joins=joins, dry_run=dry_run))


_membership("add-to-group", "Put a user into a group.", joins=True)
_membership("remove-from-group", "Take a user out of a group.", joins=False)
