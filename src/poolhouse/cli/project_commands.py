"""`poolhouse init`, `add`, `update`, `remove`, `push`, `status`, `pull`: options in, one function call out."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from poolhouse.cli.aws_options import (
    AllowReplace,
    App,
    ContinueRollback,
    Env,
    NewStack,
    Profile,
    Region,
    Skip,
    Where,
    check_target,
)
from poolhouse.cli.options import HERE, Database, Destructive, Json, NamedHost, NamedPort, Project, Yes, group

project_commands = typer.Typer(rich_markup_mode=None)
add = group("Add to the definitions.")
update = group("Change the definitions.")
remove = group("Take something out of the definitions. No user is touched.")
project_commands.add_typer(add, name="add")
project_commands.add_typer(update, name="update")
project_commands.add_typer(remove, name="remove")


class FurtherRoute(StrEnum):
    """The values of --extra-route."""

    CREATE_USER = "createUser"
    DELETE_USER = "deleteUser"
    UPDATE_USER_ATTRIBUTES = "updateUserAttributes"
    RESET_USER_PASSWORD = "resetUserPassword"  # noqa: S105 - a route
    SET_USER_MFA_PREFERENCE = "setUserMfaPreference"


class SecondFactor(StrEnum):
    """The values of --mfa-type."""

    TOTP = "totp"
    EMAIL = "email"
    SMS = "sms"


_ROUTES = ", ".join(FurtherRoute)
_TARGETS = "local: the project's development database. server: that of poolhouse serve."
Target = Annotated[Literal["local", "server"], typer.Option("--target", help=_TARGETS)]
Anywhere = Annotated[
    Literal["local", "server", "aws"], typer.Option("--target", help=f"{_TARGETS} aws: an environment at AWS.")
]
OutDir = Annotated[
    Path | None,
    typer.Option(
        "--out-dir", metavar="DIR", help="Where the clients' files go; default: the project.", file_okay=False
    ),
]
Headless = Annotated[bool, typer.Option("--headless", help="Read Amplify's JSON request from standard input.")]
Input = Annotated[
    Path | None, typer.Option("--input", metavar="FILE", help="Read the request from this file.", dir_okay=False)
]
PoolGroups = Annotated[
    list[str] | None,
    typer.Option("--pool-group", metavar="GROUP", help="A group of the pool, strongest first; once for each."),
]
AdminGroups = Annotated[
    list[str] | None,
    typer.Option("--admin-group", metavar="GROUP", help="A group whose members may call the admin queries API."),
]
Everyone = Annotated[bool, typer.Option("--everyone", help="Let every signed-in user call it.")]
Assignable = Annotated[
    str | None,
    typer.Option(
        "--assignable-groups", metavar="WHICH", help="What callers may give and take: any, below (their own), or A,B."
    ),
]
ExtraRoutes = Annotated[
    list[FurtherRoute] | None,
    typer.Option("--extra-route", metavar="ROUTE", help=f"A further route of the API, once for each: {_ROUTES}."),
]
Filter = Annotated[bool | None, typer.Option("--filter-users/--no-filter-users", help="A filter in listUsers.")]
Live = Annotated[bool | None, typer.Option("--live-groups/--no-live-groups", help="Look callers up at every call.")]
Protect = Annotated[
    bool | None,
    typer.Option("--protect-stronger-users/--no-protect-stronger-users", help="From callers of weaker groups."),
]
Protected = Annotated[
    list[str] | None,
    typer.Option("--protected-group", metavar="GROUP", help="A group that never loses its last member."),
]
Mfa = Annotated[Literal["off", "optional", "on"] | None, typer.Option("--mfa", help="Second factors.")]
MfaTypes = Annotated[
    list[SecondFactor] | None, typer.Option("--mfa-type", metavar="FACTOR", help="totp, email or sms; once for each.")
]
Callbacks = Annotated[
    list[str] | None, typer.Option("--callback-url", metavar="URL", help="Where hosted sign-in sends people back to.")
]
Logouts = Annotated[
    list[str] | None, typer.Option("--logout-url", metavar="URL", help="Where hosted sign-out sends them.")
]
Template = Annotated[
    Literal["admin-actions", "admin-queries", "empty"] | None, typer.Option("--template", help="What it begins with.")
]
Frontend = Literal["none", "react", "vue", "next", "angular", "react-native", "swift", "android", "flutter", "python"]
DeleteSource = Annotated[bool, typer.Option("--delete-source", help="Also delete the function's source.")]


def _end(done: bool) -> None:
    if not done:
        raise typer.Exit(1)


@project_commands.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="The project's folder.", file_okay=False)] = HERE,
    template: Annotated[
        Literal["admin-actions", "admin-queries", "empty"] | None,
        typer.Option("--template", help="What it begins with."),
    ] = None,
    frontend: Annotated[Frontend, typer.Option("--frontend", help="A small app that calls the admin action.")] = "none",
    yes: Yes = False,
) -> None:
    """Begin a project, with tests that pass and settings for editors. What is there already is not touched."""
    from poolhouse.cli.describing import init as begin

    _end(begin(directory, template, frontend, yes=yes))


@add.command("auth")
def add_auth(
    project: Project = HERE,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="The resource's name.")] = None,
    sign_in: Annotated[
        Literal["username", "email", "phone", "email-or-phone"] | None,
        typer.Option("--sign-in", help="How people sign in; default: email."),
    ] = None,
    pool_group: PoolGroups = None,
    admin_group: AdminGroups = None,
    everyone: Everyone = False,
    assignable_groups: Assignable = None,
    extra_route: ExtraRoutes = None,
    filter_users: Filter = None,
    live_groups: Live = None,
    protect_stronger_users: Protect = None,
    protected_group: Protected = None,
    mfa: Mfa = None,
    mfa_type: MfaTypes = None,
    callback_url: Callbacks = None,
    logout_url: Logouts = None,
    headless: Headless = False,
    input_file: Input = None,
    yes: Yes = False,
) -> None:
    """Add a user pool, and the admin queries API. Asks, unless flags say everything."""
    from poolhouse.cli.describing import add as carry_out
    from poolhouse.cli.describing import exclude, request_of
    from poolhouse.cli.flags import Flags

    request = request_of(from_stdin=headless, file=input_file)
    flags = Flags(
        name=name,
        sign_in=sign_in,
        pool_groups=pool_group or (),
        admin_groups=admin_group or (),
        everyone=everyone,
        assignable_groups=assignable_groups,
        extra_routes=[route.value for route in extra_route or ()],
        filter_users=filter_users,
        live_groups=live_groups,
        protect_stronger_users=protect_stronger_users,
        protected_groups=protected_group or (),
        mfa=mfa,
        mfa_types=[factor.value for factor in mfa_type or ()],
        callback_urls=callback_url or (),
        logout_urls=logout_url or (),
    )
    exclude(request, flags)
    _end(carry_out(project, flags, request, yes=yes))


@update.command("auth")
def update_auth(
    project: Project = HERE,
    pool_group: PoolGroups = None,
    without_group: Annotated[
        list[str] | None, typer.Option("--without-group", metavar="GROUP", help="A group to take out of the pool.")
    ] = None,
    admin_group: AdminGroups = None,
    everyone: Everyone = False,
    no_admin_queries: Annotated[bool, typer.Option("--no-admin-queries", help="Take the API away.")] = False,
    assignable_groups: Assignable = None,
    extra_route: ExtraRoutes = None,
    filter_users: Filter = None,
    live_groups: Live = None,
    protect_stronger_users: Protect = None,
    protected_group: Protected = None,
    mfa: Mfa = None,
    mfa_type: MfaTypes = None,
    callback_url: Callbacks = None,
    logout_url: Logouts = None,
    headless: Headless = False,
    input_file: Input = None,
    yes: Yes = False,
) -> None:
    """Change the user pool or the admin queries API. The function's source is never rewritten."""
    from poolhouse.cli.describing import exclude, request_of
    from poolhouse.cli.describing import update as carry_out
    from poolhouse.cli.flags import Flags

    request = request_of(from_stdin=headless, file=input_file)
    flags = Flags(
        pool_groups=pool_group or (),
        without_groups=without_group or (),
        admin_groups=admin_group or (),
        everyone=everyone,
        no_admin_queries=no_admin_queries,
        assignable_groups=assignable_groups,
        extra_routes=[route.value for route in extra_route or ()],
        filter_users=filter_users,
        live_groups=live_groups,
        protect_stronger_users=protect_stronger_users,
        protected_groups=protected_group or (),
        mfa=mfa,
        mfa_types=[factor.value for factor in mfa_type or ()],
        callback_urls=callback_url or (),
        logout_urls=logout_url or (),
    )
    exclude(request, flags)
    _end(carry_out(project, flags, request, yes=yes))


@remove.command("auth")
def remove_auth(project: Project = HERE, delete_source: DeleteSource = False, yes: Yes = False) -> None:
    """Remove the user pool and the admin queries API from the definitions."""
    from poolhouse.cli.describing import remove as carry_out

    _end(carry_out(project, "auth", delete_source=delete_source, yes=yes))


@remove.command("admin-queries")
def remove_admin_queries(project: Project = HERE, delete_source: DeleteSource = False, yes: Yes = False) -> None:
    """Remove the admin queries API from the definitions."""
    from poolhouse.cli.describing import remove as carry_out

    _end(carry_out(project, "admin-queries", delete_source=delete_source, yes=yes))


@project_commands.command()
def push(
    context: typer.Context,
    project: Project = HERE,
    target: Anywhere = "local",
    database: Database = None,
    host: NamedHost = None,
    port: NamedPort = None,
    out_dir: OutDir = None,
    allow_destructive: Destructive = False,
    env: Env = "dev",
    app: App = None,
    profile: Profile = None,
    region: Region = None,
    allow_replace: AllowReplace = None,
    new_stack: NewStack = False,
    continue_rollback: ContinueRollback = False,
    skip: Skip = None,
    yes: Yes = False,
) -> None:
    """Apply the definitions: shows the plan, asks, says what changed, writes the clients' files."""
    check_target(context, target)
    if target == "aws":
        from poolhouse.cli import aws_pushing

        where = Where(project, env, app, profile, region)
        if continue_rollback:
            aws_pushing.continue_rollback(where, skip or ())
            return
        allowed = allow_replace or ()
        _end(aws_pushing.push(where, yes=yes, allowed=allowed, out_dir=out_dir, new_stack=new_stack))
        return
    from poolhouse.cli.pushing import push as carry_out

    overrides = {"database": database, "host": host, "port": port}
    done = carry_out(project, target, overrides, yes=yes, allow_destructive=allow_destructive, out_dir=out_dir)
    _end(done)


@project_commands.command()
def status(
    context: typer.Context,
    project: Project = HERE,
    target: Anywhere = "local",
    database: Database = None,
    env: Env = "dev",
    app: App = None,
    profile: Profile = None,
    region: Region = None,
    drift: Annotated[bool, typer.Option("--drift", help="Also what was changed at AWS by hand.")] = False,
    as_json: Json = False,
) -> None:
    """Show what differs between the definitions and what is applied."""
    check_target(context, target)
    if target == "aws":
        from poolhouse.cli.aws_status import status as shown

        shown(Where(project, env, app, profile, region), as_json=as_json, with_drift=drift)
        return
    from poolhouse.cli.pushing import status as compared
    from poolhouse.cli.status_rows import print_status

    rows = compared(project, target, {"database": database})
    if as_json:
        typer.echo(json.dumps([row._asdict() for row in rows], indent=2))
    else:
        print_status(rows)


@project_commands.command()
def pull(
    project: Project = HERE,
    target: Target = "local",
    database: Database = None,
    host: NamedHost = None,
    port: NamedPort = None,
    out_dir: OutDir = None,
) -> None:
    """Write the clients' files of an applied backend and say what it has; changes nothing in it."""
    from poolhouse.cli.pushing import pull as carry_out

    carry_out(project, target, {"database": database, "host": host, "port": port}, out_dir)
