"""`status --target aws`: how the stack stands, what a push would do, and what was changed by hand."""

from typing import Any

import typer

from poolhouse.cli.aws_account import Reached
from poolhouse.cli.aws_options import Where
from poolhouse.cli.aws_pushing import begin, compared, existing
from poolhouse.cli.aws_screen import print_drift
from poolhouse.cli.status_rows import Row, print_status
from poolhouse.cli.tables import print_json, print_values
from poolhouse.deploy.context import Assembly
from poolhouse.deploy.push import drift, following
from poolhouse.deploy.push.drift import Report
from poolhouse.deploy.push.plans import Plan
from poolhouse.deploy.push.stacks import Stack
from poolhouse.errors import PushRefused

_OPERATIONS = {"create": "Create", "change": "Update", "replace": "Replace", "delete": "Delete"}


def status(where: Where, *, as_json: bool, with_drift: bool) -> None:
    """The stack, and every resource with what a push would do to it. Changes nothing."""
    pushing = begin(where)
    reached = pushing.reached
    stack = reached.find()
    if stack is not None and stack.state == "absent":
        stack = None
    if with_drift and stack is None:
        raise PushRefused(f"There is no stack {reached.place}, so nothing can drift.", resolution="Push it first.")
    is_moving = stack is not None and stack.state == "moving"
    rows = [] if is_moving else _rows(compared(pushing, existing(reached))[0], pushing.assembly)
    report = drift.detect(reached.account, stack) if with_drift and stack is not None else None
    if as_json:
        print_json(_document(reached, stack, rows, report))
    else:
        _print(reached, stack, rows, report)


def _rows(plan: Plan, assembly: Assembly) -> list[Row]:
    changes = {change.logical_id: change for change in plan.changes}
    kept = {name: one["Type"] for name, one in assembly.template["Resources"].items() if name not in changes}
    rows = [Row(_category(change.type), change.logical_id, _OPERATIONS[change.action]) for change in plan.changes]
    return sorted([*rows, *(Row(_category(kind), name, "No Change") for name, kind in kept.items())])


def _category(kind: str) -> str:
    """`AWS::Cognito::UserPool` -> `Cognito`."""
    return kind.split("::")[1]


def _facts(reached: Reached, stack: Stack | None) -> dict[str, Any]:
    if stack is None:
        return {"stack": reached.stack, "status": "not deployed", "region": reached.account.region}
    return {
        "stack": stack.name,
        "status": stack.status,
        "reason": stack.reason or None,
        "region": reached.account.region,
        "account": reached.account.id,
        "changed": stack.changed,
        "terminationProtection": stack.is_protected,
        "failure": _failure(reached, stack),
    }


def _failure(reached: Reached, stack: Stack) -> str | None:
    """What a stack failed of that is not as it should be."""
    if stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"} or stack.state == "moving":
        return None
    cause = following.last_ending(reached.account, stack.id, stack.status).cause
    return f"{cause.logical_id} ({cause.type}): {cause.reason}" if cause else None


def _document(reached: Reached, stack: Stack | None, rows: list[Row], report: Report | None) -> dict[str, Any]:
    made = {**_facts(reached, stack), "resources": [row._asdict() for row in rows]}
    made["outputs"] = dict(stack.outputs) if stack else {}
    if report is not None:
        made["drift"] = {
            "resources": [
                {**one._asdict(), "differences": [each._asdict() for each in one.differences]} for one in report.drifts
            ],
            "checked": report.checked,
            "unchecked": list(report.unchecked),
        }
    return made


def _print(reached: Reached, stack: Stack | None, rows: list[Row], report: Report | None) -> None:
    facts = _facts(reached, stack)
    named = {"terminationProtection": "Termination protection"}
    print_values({named.get(name, name.capitalize()): _said(value) for name, value in facts.items()})
    typer.echo()
    if rows:
        print_status(rows)
    if stack is not None and stack.outputs:
        typer.echo()
        print_values(stack.outputs)
    if report is not None:
        typer.echo()
        print_drift(report)


def _said(value: Any) -> Any:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value
