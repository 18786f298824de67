"""What the commands that speak to AWS show: plans, progress by resource, drift."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import typer

from poolhouse.cli.tables import print_table, printable
from poolhouse.config import plain_text
from poolhouse.deploy.opened import Opened
from poolhouse.deploy.push.drift import Report
from poolhouse.deploy.push.following import Event
from poolhouse.deploy.push.plans import ACTIONS, Action, Change, Plan

_SIGNS: Final[Mapping[Action, tuple[str, str, str]]] = {
    "create": ("Create", "+", "green"),
    "change": ("Change", "~", "yellow"),
    "replace": ("Replace", "!", "red"),
    "delete": ("Delete", "-", "red"),
}
_DONE: Final = {
    "CREATE_COMPLETE": "created",
    "UPDATE_COMPLETE": "changed",
    "DELETE_COMPLETE": "deleted",
    "DELETE_SKIPPED": "kept",
    "IMPORT_COMPLETE": "taken in",
}


def print_plan(plan: Plan, title: str, notes: Sequence[str] = ()) -> None:
    """Grouped by what happens, then who may do what from then on."""
    typer.echo(f"{typer.style(title, bold=True)}\n")
    if not plan.changes and not plan.change_set:
        typer.echo("  Nothing to change: everything is deployed.\n")
    for action in ACTIONS:
        _print_group(action, plan.of(action))
    if plan.change_set and not plan.changes:
        typer.echo("  Change the outputs of the stack.\n")
    if plan.permissions:
        typer.secho("Permissions", bold=True)
        for permission in plan.permissions:
            sign, colour = ("+", "green") if permission.change == "added" else ("-", "red")
            typer.secho(f"  {sign} {printable(permission)}", fg=colour)
        typer.echo()
    print_notes(notes)


def print_notes(notes: Sequence[str]) -> None:
    """What the person who pushes must know."""
    if notes:
        typer.secho("Notes", bold=True)
        for note in notes:
            typer.echo(f"  {printable(note)}")
        typer.echo()


def print_resources(template: Mapping[str, Any]) -> None:
    """Every resource of a template, by type."""
    rows = sorted((one["Type"], name) for name, one in template["Resources"].items())
    print_table(["Type", "Resource"], rows)
    typer.echo()


def print_access(rows: Sequence[Opened]) -> None:
    """Who may call what, where there is something to call."""
    if rows:
        typer.secho("Who may call what", bold=True)
        for row in rows:
            typer.echo(f"  {printable(row.what)}: {printable('; '.join(row.who)) or 'nobody'}")
        typer.echo()


def print_drift(report: Report) -> None:
    """What is not as the template says."""
    if not report.drifts:
        typer.echo(f"No drift in the {report.checked} resources that CloudFormation can compare.")
    for drift in report.drifts:
        typer.secho(f"{drift.logical_id} ({drift.type}) {drift.physical_id}: {drift.status.lower()}", fg="yellow")
        for one in drift.differences:
            typer.echo(f"  {one.path}: {_value(one.expected)} became {_value(one.actual)}")
    if report.unchecked:
        typer.echo(f"CloudFormation cannot compare {len(report.unchecked)}: {', '.join(report.unchecked)}.")


def _value(text: str) -> str:
    return printable(text) or "nothing"


def _print_group(action: Action, changes: Sequence[Change]) -> None:
    if not changes:
        return
    title, sign, colour = _SIGNS[action]
    typer.secho(f"{title} ({len(changes)})", bold=True)
    width = max(len(change.logical_id) for change in changes)
    for change in changes:
        typer.secho(f"  {sign} {change.logical_id:<{width}}  {''.join(_about(change))}", fg=colour)
    typer.echo()


def _about(change: Change) -> Iterator[str]:
    yield change.type
    if change.properties:
        yield f": {', '.join(change.properties)}"
    if change.unsure:
        yield " (may be replaced)"
    if change.kept:
        yield " (stays in the account)"


@contextmanager
def followed() -> Iterator["Progress"]:
    """Shows progress; an interruption leaves the stack going, and says so."""
    progress = Progress()
    try:
        yield progress
    except KeyboardInterrupt:
        progress.end()
        typer.echo("\nCloudFormation goes on by itself. The same command follows it again.", err=True)
        raise
    finally:
        progress.end()


class Progress:
    """A line for each resource that is done or has failed; on a terminal a last line of what is being done."""

    def __init__(self) -> None:
        self._moving: dict[str, None] = {}
        self._live = sys.stdout.isatty() and not plain_text()

    def __call__(self, event: Event) -> None:
        self._wipe()
        if event.is_stack:
            self._tell_stack(event)
        elif event.status.endswith("_IN_PROGRESS"):
            self._moving[event.logical_id] = None
        else:
            self._moving.pop(event.logical_id, None)
            _tell_end(event)
        if self._live and self._moving:
            line = f"  … {', '.join(self._moving)}"
            typer.echo(line[: shutil.get_terminal_size().columns - 1], nl=False)

    def end(self) -> None:
        """Take the last line away."""
        self._wipe()
        self._moving.clear()

    def _tell_stack(self, event: Event) -> None:
        if event.status in {"ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"}:
            self._moving.clear()
            typer.secho("  Going back to what was before.", fg="yellow")

    def _wipe(self) -> None:
        if self._live:
            typer.echo("\r\x1b[K", nl=False)


def _tell_end(event: Event) -> None:
    if event.is_failure:
        typer.secho(f"  ✗ {event.logical_id}  {printable(event.reason)}", fg="red")
    elif event.status in _DONE:
        typer.echo(f"  {typer.style('✓', fg='green')} {_DONE[event.status]} {event.logical_id}  {event.type}")
