"""Commands that change one user or one group: looked up first, so that a dry run tells as much as the change itself."""

import sys
from collections.abc import Mapping
from typing import Any, Final

import typer

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.cli.tables import printable
from poolhouse.errors import RefusedCommand, UserError
from poolhouse.operations import import_users
from poolhouse.operations.import_users import NewUser

_PAST: Final = {
    "confirm": "Confirmed",
    "create": "Created",
    "delete": "Deleted",
    "disable": "Disabled",
    "enable": "Enabled",
    "reset the password of": "Reset the password of",
    "set the password of": "Set the password of",
    "sign out": "Signed out",
}


def confirm(question: str, *, yes: bool) -> None:
    """Raises UserError where nobody can be asked, typer.Abort for a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UserError("Nobody is there to confirm this.", resolution="Add --yes.")
    typer.confirm(question, abort=True)


def read_password(prompt: str) -> str:
    """Typed twice and not shown, or read from a pipe; never an argument, which other processes could see."""
    if sys.stdin.isatty():
        value: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=True)
    else:
        value = sys.stdin.readline().rstrip("\r\n")
    if not value:
        raise UserError("The password is empty.", resolution="Type one, or pipe one in.")
    return value


def change_user(
    where: Where, name: str, operation: str, verb: str, *, dry_run: bool, more: Mapping[str, object] | None = None
) -> str:
    """What was done to an existing user, or would be. Raises RefusedCommand."""

    async def work(administration: Administration) -> str:
        await administration.of_pool("AdminGetUser", Username=name)
        if not dry_run:
            await administration.of_pool(operation, Username=name, **(more or {}))
        return _told(verb, f"user {name}", dry_run=dry_run)

    return visit(where, work)


def create_user(where: Where, request: Mapping[str, Any], *, dry_run: bool) -> str:
    name = str(request["Username"])

    async def work(administration: Administration) -> str:
        if dry_run:
            held = {entry["Name"]: entry["Value"] for entry in request["UserAttributes"]}
            planned = NewUser(username=name, attributes=held, status="FORCE_CHANGE_PASSWORD", complete=False)
            import_users.checked(await administration.described(), planned)
            await _require_free(administration, "AdminGetUser", "user", Username=name)
        else:
            await administration.of_pool("AdminCreateUser", **request)
        return _told("create", f"user {name}", dry_run=dry_run)

    return visit(where, work)


def change_membership(where: Where, name: str, group: str, *, joins: bool, dry_run: bool) -> str:
    async def work(administration: Administration) -> str:
        await administration.of_pool("AdminGetUser", Username=name)
        await administration.of_pool("GetGroup", GroupName=group)
        if not dry_run:
            operation = "AdminAddUserToGroup" if joins else "AdminRemoveUserFromGroup"
            await administration.of_pool(operation, Username=name, GroupName=group)
        done, planned = ("Added", "add") if joins else ("Removed", "remove")
        told = f"Would {planned}" if dry_run else done
        return printable(f"{told} user {name} {'to' if joins else 'from'} group {group}.")

    return visit(where, work)


def create_group(where: Where, name: str, given: Mapping[str, object], *, dry_run: bool) -> str:
    async def work(administration: Administration) -> str:
        if dry_run:
            await _require_free(administration, "GetGroup", "group", GroupName=name)
        else:
            request = {member: value for member, value in given.items() if value is not None}
            await administration.of_pool("CreateGroup", GroupName=name, **request)
        return _told("create", f"group {name}", dry_run=dry_run)

    return visit(where, work)


def change_group(where: Where, name: str, operation: str, verb: str, *, dry_run: bool) -> str:
    async def work(administration: Administration) -> str:
        await administration.of_pool("GetGroup", GroupName=name)
        if not dry_run:
            await administration.of_pool(operation, GroupName=name)
        return _told(verb, f"group {name}", dry_run=dry_run)

    return visit(where, work)


async def _require_free(administration: Administration, operation: str, what: str, **named: str) -> None:
    try:
        await administration.of_pool(operation, **named)
    except RefusedCommand as error:
        if error.code in ("UserNotFoundException", "ResourceNotFoundException"):
            return
        raise
    raise RefusedCommand("AlreadyThere", f"There is a {what} {next(iter(named.values()))} already.")


def _told(verb: str, whom: str, *, dry_run: bool) -> str:
    return printable(f"Would {verb} {whom}." if dry_run else f"{_PAST[verb]} {whom}.")
