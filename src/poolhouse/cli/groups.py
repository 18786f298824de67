"""`poolhouse groups ...`: groups of a user pool and who is in them."""

from typing import Annotated, Any

import typer

from poolhouse.cli.group_files import register
from poolhouse.cli.options import HERE, Database, DryRun, Json, PoolName, Project, Where, Yes, group

groups = group("Groups of a user pool.")
Name = Annotated[str, typer.Argument(help="The group's name.")]
register(groups)


@groups.command("list")
def groups_list(
    project: Project = HERE, database: Database = None, pool: PoolName = None, as_json: Json = False
) -> None:
    """Every group of a user pool."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import print_json, print_table

    async def work(administration: Administration) -> list[dict[str, Any]]:
        return await administration.every_of_pool("ListGroups", "Groups")

    found = visit(Where(project, database, pool), work)
    if as_json:
        return print_json(found)
    rows = [(each["GroupName"], each.get("Precedence"), each.get("Description")) for each in found]
    print_table(("NAME", "PRECEDENCE", "DESCRIPTION"), rows)
    return None


@groups.command("show")
def groups_show(
    name: Name, project: Project = HERE, database: Database = None, pool: PoolName = None, as_json: Json = False
) -> None:
    """One group."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import moment, print_json, print_values

    async def work(administration: Administration) -> dict[str, Any]:
        found: dict[str, Any] = (await administration.of_pool("GetGroup", GroupName=name))["Group"]
        return found

    found = visit(Where(project, database, pool), work)
    if as_json:
        return print_json(found)
    print_values(
        {
            "Name": found["GroupName"],
            "Precedence": found.get("Precedence"),
            "Description": found.get("Description"),
            "Role": found.get("RoleArn"),
            "Created": moment(found["CreationDate"]),
        }
    )
    return None


@groups.command("create")
def groups_create(
    name: Name,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
    precedence: Annotated[int | None, typer.Option("--precedence", min=0, help="0 is the strongest.")] = None,
    role_arn: Annotated[str | None, typer.Option("--role-arn", help="The role of its members' credentials.")] = None,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    dry_run: DryRun = False,
) -> None:
    """Make a group."""
    from poolhouse.cli.changes import create_group

    given = {"Description": description, "Precedence": precedence, "RoleArn": role_arn}
    typer.echo(create_group(Where(project, database, pool), name, given, dry_run=dry_run))


@groups.command("delete")
def groups_delete(
    name: Name,
    yes: Yes = False,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    dry_run: DryRun = False,
) -> None:
    """Delete a group; its members stay users."""
    from poolhouse.cli.changes import change_group, confirm

    if not dry_run:
        confirm(f"Delete the group {name} and every membership in it?", yes=yes)
    typer.echo(change_group(Where(project, database, pool), name, "DeleteGroup", "delete", dry_run=dry_run))


@groups.command("members")
def groups_members(
    name: Name, project: Project = HERE, database: Database = None, pool: PoolName = None, as_json: Json = False
) -> None:
    """The users of a group."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import print_json
    from poolhouse.cli.user_views import print_users

    async def work(administration: Administration) -> list[dict[str, Any]]:
        return await administration.every_of_pool("ListUsersInGroup", "Users", GroupName=name)

    found = visit(Where(project, database, pool), work)
    if as_json:
        return print_json(found)
    print_users(found)
    return None
