"""`destroy`: the end of an environment at AWS, after its name was typed."""

import typer

from poolhouse.cli import aws_account, aws_names
from poolhouse.cli.aws_account import Reached
from poolhouse.cli.aws_options import Where
from poolhouse.cli.aws_screen import followed
from poolhouse.cli.prompts import interactive
from poolhouse.deploy.push import guard, run, stacks
from poolhouse.deploy.push.ending import destroy as carry_out
from poolhouse.deploy.push.ending import holding_users
from poolhouse.deploy.push.stacks import Held, Stack
from poolhouse.errors import UserError


def destroy(where: Where, *, delete_users: bool, confirmed: str | None) -> bool:
    """Say what goes and what stays, have the name typed, delete the stack. False when another name was typed."""
    reached = aws_account.reach(aws_names.named(where))
    stack = _at_rest(reached)
    if stack is None:
        typer.echo(f"There is no stack {reached.place}.")
        return True
    held = stacks.resources(reached.account, stack.name)
    _tell(reached, held, delete_users=delete_users)
    if not _confirmed(where.env, confirmed):
        typer.echo("Nothing was changed.")
        return False
    users = {name: held[name] for name in _users(reached, stack) if name in held}
    with followed() as progress:
        carry_out(reached.account, stack, reached.bucket, progress, delete_users=delete_users)
    _tell_rest(reached, users, delete_users=delete_users)
    return True


def _at_rest(reached: Reached) -> Stack | None:
    """What is going on is followed to its end first, whatever that is."""
    stack = reached.find()
    if stack is not None and stack.state == "moving":
        typer.echo(f"Something is going on in {reached.place} ({stack.status}). Following it.\n")
        with followed() as progress:
            run.rest(reached.account, stack, progress)
        stack = reached.find()
    return stack


def _users(reached: Reached, stack: Stack) -> tuple[str, ...]:
    return holding_users(stacks.template(reached.account, stack.name)) if stack.state != "absent" else ()


def _tell(reached: Reached, held: dict[str, Held], *, delete_users: bool) -> None:
    typer.secho(f"This deletes {reached.place}: {len(held)} resources.", bold=True)
    for one in held.values():
        if one.type == guard.POOL and one.physical_id:
            count = guard.estimated_users(reached.account, one.physical_id)
            users = f"user pool {one.physical_id} (about {count} users) and its groups"
            if delete_users:
                typer.secho(f"The {users} are deleted with it. There is no way back.", fg="red", bold=True)
            else:
                typer.echo(f"The {users} stay in the account, without app client and roles.")


def _confirmed(name: str, given: str | None) -> bool:
    if given is None:
        if not interactive():
            raise UserError(
                "This command asks for the environment's name, and there is no terminal to ask on.",
                resolution=f"Add --confirm {name}.",
            )
        given = typer.prompt(f"Type the name of the environment ({name}) to go on", default="", show_default=False)
    return given.strip() == name


def _tell_rest(reached: Reached, users: dict[str, Held], *, delete_users: bool) -> None:
    typer.secho(f"\n{reached.place} is gone.", bold=True)
    pool = next((one.physical_id for one in users.values() if one.type == guard.POOL), "")
    if pool and not delete_users:
        typer.echo(f"User pool {pool} stays, with its users and groups; a new push makes a new pool.")
    typer.echo(f"Bucket {reached.bucket} stays: the app's other environments use it, and it costs next to nothing.")
