"""`push --target aws` and `plan`: what would change at AWS, what is refused, the question, the change, the files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import typer

from poolhouse.cli import aws_account, aws_names, aws_outputs
from poolhouse.cli.aws_account import Reached
from poolhouse.cli.aws_options import Where
from poolhouse.cli.aws_screen import followed, print_access, print_notes, print_plan, print_resources
from poolhouse.cli.prompts import agree
from poolhouse.cli.tables import print_json
from poolhouse.define.manifest import Manifest
from poolhouse.define.project import load
from poolhouse.deploy.context import BUILD_FOLDER, Assembly
from poolhouse.deploy.opened import opened
from poolhouse.deploy.push import bucket, changes, environments, guard, plans, referenced, run, secrets, stacks
from poolhouse.deploy.push.plans import Plan
from poolhouse.deploy.push.stacks import Stack
from poolhouse.deploy.synthesis import synthesise, write
from poolhouse.errors import PushRefused


def push(where: Where, *, yes: bool, allowed: Sequence[str], out_dir: Path | None, new_stack: bool = False) -> bool:
    """Show the plan, ask, carry it out, write the clients' files. False when the answer was No.

    `new_stack` allows a first stack where the project has one under another name.
    """
    pushing = begin(where)
    stack = aws_account.at_rest(pushing.reached, yes=yes)
    if stack is None and not new_stack:
        aws_names.check_first(where, pushing.reached, pushing.manifest)
    plan = _proposed(pushing, stack, allowed)
    _warn(pushing)
    if plan.change_set or stack is None:
        if not _agreed(pushing, plan, yes=yes):
            return False
        stack = _carry_out(pushing, plan, stack)
    assert stack is not None
    reached = pushing.reached
    aws_names.remember(where, reached)
    run.protect(reached.account, stack, on=environments.is_protected(reached.environment.name))
    aws_outputs.tell(pushing.manifest, stack, reached.account.region, out_dir or where.project)
    return True


def continue_rollback(where: Where, skipped: Sequence[str]) -> None:
    """Take up a rollback that failed."""
    reached = aws_account.reach(aws_names.named(where))
    stack = aws_account.required(reached)
    with followed() as progress:
        run.continue_rollback(reached.account, stack, skipped, progress)
    typer.secho("\nThe stack is back as it was. Push again.", bold=True)


def plan(where: Where, *, as_json: bool) -> None:
    """Show what a push would do. Changes nothing: a change set is made for it and thrown away."""
    pushing = begin(where)
    stack = existing(pushing.reached)
    shown, dangers = compared(pushing, stack)
    notes = list(pushing.assembly.notes)
    second = _second(where, pushing) if stack is None else ""
    if as_json:
        refused = [danger.sentence for danger in dangers] + ([second] if second else [])
        print_json({**shown.document(), "refused": refused, "notes": notes})
        return
    print_plan(shown, f"Plan for {pushing.reached.place}", notes)
    _warn(pushing)
    for danger in dangers:
        typer.secho(
            f"{danger.sentence} A push refuses it without --allow-replace {danger.change.logical_id}.", fg="red"
        )
    if second:
        typer.secho(f"{second} A push refuses it without --new-stack.", fg="red")


def _second(where: Where, pushing: "Pushing") -> str:
    """Why a push would be a second stack of this project; empty where it would not."""
    try:
        aws_names.check_first(where, pushing.reached, pushing.manifest)
    except PushRefused as refused:
        return refused.message
    return ""


def offline(where: Where, *, as_json: bool) -> None:
    """Write the template and show what is in it, without an account."""
    region = where.region or "us-east-1"
    manifest = load(where.project)
    app = aws_names.named(where, manifest).app
    environment = environments.environment(where.project, where.env, app, region=region, account_id="")
    assembly = synthesise(manifest, environment, where.project)
    path = _write_template(where, assembly)
    made, access = plans.of_new(environment.prefix, assembly.template), opened(manifest, assembly.template)
    if as_json:
        notes = list(assembly.notes)
        print_json({**made.document(), "template": str(path), "access": dict(access), "notes": notes})
        return
    typer.secho(f"{environment.prefix}: {len(made.changes)} resources\n", bold=True)
    print_resources(assembly.template)
    print_access(access)
    print_notes(assembly.notes)
    typer.echo(f"Wrote {path}")


class Pushing(NamedTuple):
    """What the definitions make, and where it goes."""

    reached: Reached
    manifest: Manifest
    assembly: Assembly


def begin(where: Where) -> Pushing:
    """The definitions first: their mistakes need no account."""
    manifest = load(where.project)
    reached = aws_account.reach(aws_names.named(where, manifest))
    assembly = synthesise(manifest, reached.environment, where.project)
    referenced.check(reached.account, manifest)
    _write_template(where, assembly)
    return Pushing(reached, manifest, assembly)


def existing(reached: Reached) -> Stack | None:
    """The stack to compare with. One whose first creation failed is as good as none, since it is made anew."""
    stack = reached.find()
    if stack is None or stack.state in {"absent", "never-created"}:
        return None
    if stack.state == "moving":
        raise PushRefused(
            f"Something is going on in {reached.place} ({stack.status}), so there is nothing to compare with yet.",
            resolution="Wait for it, or follow it with: poolhouse push --target aws.",
        )
    return stack


def compared(pushing: Pushing, stack: Stack | None) -> tuple[Plan, list[guard.Danger]]:
    """What a push would do, and what of it would cost users. Leaves no change set behind."""
    reached = pushing.reached
    if stack is None:
        return plans.of_new(reached.stack, pushing.assembly.template), []
    shown, dangers = _change_set(pushing, stack)
    if shown.change_set:
        changes.discard(reached.account, reached.stack, shown.change_set)
    return shown, dangers


def _write_template(where: Where, assembly: Assembly) -> Path:
    """`amplify/.build/template.<env>.json`, to be read and compared."""
    return write(assembly, where.project / BUILD_FOLDER, f"template.{where.env}.json")


def _proposed(pushing: Pushing, stack: Stack | None, allowed: Sequence[str]) -> Plan:
    """Show the plan; with a change set where a stack is there. Raises PushRefused, and leaves no change set then."""
    reached, notes = pushing.reached, pushing.assembly.notes
    title = f"Plan for {reached.place}"
    if stack is None:
        plan = plans.of_new(reached.stack, pushing.assembly.template)
        print_plan(plan, title, notes)
        return plan
    plan, dangers = _change_set(pushing, stack)
    print_plan(plan, title, notes)
    try:
        guard.refuse(dangers, allowed)
    except PushRefused:
        changes.discard(reached.account, reached.stack, plan.change_set)
        raise
    return plan


def _change_set(pushing: Pushing, stack: Stack) -> tuple[Plan, list[guard.Danger]]:
    account = pushing.reached.account
    before = stacks.template(account, stack.name)
    plan = _propose(pushing, stack, before)
    if not plan.change_set:
        return plan, []
    return plan, guard.dangers(account, plan, stacks.resources(account, stack.name), before)


def _propose(pushing: Pushing, stack: Stack | None, before: Mapping[str, Any] | None) -> Plan:
    reached = pushing.reached
    return changes.propose(
        reached.account,
        reached.stack,
        pushing.assembly.template,
        before=before,
        parameters=reached.parameters(pushing.manifest, pushing.assembly, stack),
        tags=environments.tags(reached.environment),
        bucket=reached.bucket,
    )


def _warn(pushing: Pushing) -> None:
    """Functions start without a secret that nobody stored, and fail then."""
    reached = pushing.reached
    for path in secrets.missing(reached.account, reached.environment, pushing.manifest):
        typer.secho(f"The secret {path} is not set. Its functions fail until it is:", fg="yellow", err=True)
        typer.echo(f"  aws ssm put-parameter --type SecureString --name {path} --value ...\n", err=True)


def _agreed(pushing: Pushing, plan: Plan, *, yes: bool) -> bool:
    agreed = False
    try:
        agreed = agree("Are you sure you want to continue?", yes=yes)
    finally:
        if not agreed and plan.change_set:
            changes.discard(pushing.reached.account, pushing.reached.stack, plan.change_set)
    if not agreed:
        typer.echo("Nothing was changed.")
    return agreed


def _carry_out(pushing: Pushing, plan: Plan, stack: Stack | None) -> Stack:
    """Upload what the template refers to, then let CloudFormation work."""
    reached = pushing.reached
    done = typer.style("✓", fg="green")
    if bucket.ensure(reached.account, reached.bucket):
        typer.echo(f"  {done} created the bucket {reached.bucket}")
    for asset in bucket.upload(reached.account, reached.bucket, pushing.assembly.assets):
        typer.echo(f"  {done} uploaded {asset.name}")
    if stack is None:
        plan = _propose(pushing, None, None)
    with followed() as progress:
        return run.execute(reached.account, plan, progress)
