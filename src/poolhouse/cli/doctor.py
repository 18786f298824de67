"""`poolhouse doctor`: looks at everything that a server needs, changes nothing, and says what to do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import typer

from poolhouse.app import clock
from poolhouse.cli import doctor_project, doctor_settings
from poolhouse.cli.doctor_database import database, examined
from poolhouse.cli.doctor_isolation import isolation
from poolhouse.cli.findings import Finding, State
from poolhouse.cli.tables import print_json
from poolhouse.config import Mode
from poolhouse.store.inspection import is_current

_MARKS: dict[State, tuple[str, str]] = {"ok": ("ok", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


def examine(
    mode: Mode, project: Path, overrides: Mapping[str, object], now: Callable[[], int] = clock
) -> Iterator[Finding]:
    """Each finding as soon as it is made. What depends on something that failed is left out."""
    yield doctor_project.python()
    manifest, finding = doctor_project.definitions(project)
    yield finding
    if manifest is not None:
        yield from doctor_project.functions(project, manifest)
    settings, finding = doctor_settings.settings(mode, project, overrides)
    yield finding
    yield doctor_settings.master_key(mode, project)
    if settings is None:
        yield from doctor_settings.machine(now(), None, 0.0)
        return
    yield from doctor_settings.addresses(settings)
    yield from doctor_settings.certificate(settings, now())
    yield isolation(settings, project)
    condition, findings = database(settings, now)
    yield from findings
    fits = True
    if condition is not None:
        for finding in examined(settings, condition):
            fits = fits and finding.state != "fail"
            yield finding
    if manifest is not None and condition is not None and fits and is_current(condition):
        yield doctor_project.outputs(settings, project, manifest)
    newest, ahead = (None, 0.0) if condition is None else (condition.newest, condition.seconds)
    yield from doctor_settings.machine(now(), newest, ahead)


def report(findings: Iterator[Finding], *, as_json: bool) -> bool:
    """Print them; whether nothing failed."""
    if as_json:
        found: Sequence[Finding] = list(findings)
        print_json([finding._asdict() for finding in found])
        return not any(finding.state == "fail" for finding in found)
    counts: dict[State, int] = {"ok": 0, "warn": 0, "fail": 0}
    for finding in findings:
        counts[finding.state] += 1
        _show(finding)
    typer.echo(f"{counts['ok']} well, {counts['warn']} to look at, {counts['fail']} to mend.")
    return counts["fail"] == 0


def _show(finding: Finding) -> None:
    word, colour = _MARKS[finding.state]
    mark = typer.style(f"{word:<4}", fg=colour, bold=finding.state != "ok")
    typer.echo(f"{mark}  {finding.name}: {finding.text}")
    if finding.remedy:
        typer.echo(f"      {typer.style('Do this:', bold=True)} {finding.remedy}")
