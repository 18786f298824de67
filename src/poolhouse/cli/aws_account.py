"""From options to an account, an environment and what the definitions make of it; the stack brought to rest."""

import time
from typing import NamedTuple

import typer

from poolhouse.cli.aws_options import Where
from poolhouse.cli.aws_screen import followed
from poolhouse.cli.prompts import agree
from poolhouse.define.manifest import Manifest
from poolhouse.deploy import graphql, naming
from poolhouse.deploy.context import Assembly, Environment
from poolhouse.deploy.push import environments, run, stacks
from poolhouse.deploy.push.session import Account, connect
from poolhouse.deploy.push.stacks import Stack
from poolhouse.errors import PushFailed, PushRefused


class Reached(NamedTuple):
    """An account, and the environment in it that a command means."""

    account: Account
    environment: Environment

    @property
    def stack(self) -> str:
        return self.environment.prefix

    @property
    def bucket(self) -> str:
        return environments.bucket_name(self.environment)

    @property
    def place(self) -> str:
        return f"{self.stack} in {self.account.region} (account {self.account.id})"

    def find(self) -> Stack | None:
        """The environment's stack, when there is one. Raises PushRefused for a stack of somebody else."""
        found = stacks.find(self.account, self.stack)
        if found is None or found.status == "DELETE_COMPLETE":
            return None
        if found.state != "absent":
            stacks.require_ours(found, environments.tags(self.environment))
        return found

    def parameters(self, manifest: Manifest, assembly: Assembly, stack: Stack | None) -> dict[str, str]:
        """The values of the template's parameters. The end of the API key stays what it is while it is far enough."""
        asked = assembly.template.get("Parameters", {})
        given = {naming.ASSET_BUCKET: self.bucket} if naming.ASSET_BUCKET in asked else {}
        if graphql.API_KEY_EXPIRES in asked and manifest.data is not None:
            known = stack.parameters.get(graphql.API_KEY_EXPIRES) if stack else None
            ends = graphql.api_key_expiry(manifest.data, time.time_ns() // 10**9, int(known) if known else None)
            given[graphql.API_KEY_EXPIRES] = str(ends)
        return given


def reach(where: Where) -> Reached:
    """Check the names first, then ask AWS who is calling. Raises UserError, AwsError."""
    environments.environment(where.project, where.env, where.app, region="", account_id="")
    account = connect(where.profile, where.region)
    made = environments.environment(where.project, where.env, where.app, region=account.region, account_id=account.id)
    return Reached(account, made)


def required(reached: Reached) -> Stack:
    """The environment's stack. Raises PushRefused when there is none."""
    found = reached.find()
    if found is None or found.state == "absent":
        raise PushRefused(
            f"There is no stack {reached.place}.",
            resolution="Push it first: poolhouse push --target aws, or choose another --env, --app or --region.",
        )
    return found


def at_rest(reached: Reached, *, yes: bool) -> Stack | None:
    """The stack, once whatever is going on in it has ended; None when there is none (any more).

    A stack whose first creation failed is removed after a question, since nothing can become of it.
    """
    stack = reached.find()
    if stack is not None and stack.state == "moving":
        typer.echo(f"Something is going on in {reached.place} ({stack.status}). Following it.\n")
        with followed() as progress:
            stack = run.resume(reached.account, stack, progress)
        typer.echo()
    if stack is None or stack.state in {"absent", "settled"}:
        return stack if stack is not None and stack.state == "settled" else None
    if stack.state == "never-created":
        _remove_wreck(reached, stack, yes=yes)
        return None
    resolution = (
        "Mend what kept it from going back (poolhouse status --target aws shows it), then: poolhouse push --target aws "
        f"--env {reached.environment.name} --continue-rollback"
        if stack.state == "half-rolled-back"
        else f"Run: poolhouse destroy --target aws --env {reached.environment.name}"
    )
    raise PushFailed(f"The stack {stack.name} is {stack.status}: {stack.reason}", resolution=resolution)


def _remove_wreck(reached: Reached, stack: Stack, *, yes: bool) -> None:
    typer.echo(f"The stack {stack.name} never came to be ({stack.status}). It must go before it can be created anew.")
    if not agree("Remove what is left of it?", yes=yes):
        raise typer.Exit(1)
    with followed() as progress:
        run.remove(reached.account, stack, progress)
    typer.echo()
