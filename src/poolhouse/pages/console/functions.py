"""/functions and /function: what each function may do, and what it did last. For the operator.

Values of the environment are never shown, and lines are those that the log has: without secrets.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response

from poolhouse.define.manifest import VERSION, Function, Grant, Manifest, SecretRef, UserPoolId
from poolhouse.define.unused_grants import unused_grants
from poolhouse.errors import PageNotFound
from poolhouse.functions.history import MOST_RUNS, Run
from poolhouse.operations.console.functions import policies

from . import charts, render
from .charts import Chart, Point, Series
from .page import Nav, Page
from .visit import ConsoleVisit

_DURATIONS: Final = (Series("worked", 1), Series("failed", 2))
_UNREADABLE: Final = "The source could not be read: {problem}."


async def shown(visit: ConsoleVisit) -> Response:
    manifest = _manifest(visit)
    rows = [_line(visit, manifest, function) for function in manifest.functions]
    return render.page("functions", visit, rows=rows, most=MOST_RUNS)


async def one_shown(visit: ConsoleVisit) -> Response:
    """With `run` the lines of that run, else the lines of no run."""
    manifest = _manifest(visit)
    name = visit.query.get("name", "")
    function = next((one for one in manifest.functions if one.name == name), None)
    if function is None:
        raise PageNotFound(f"The definitions have no function {name}.")
    runs = _runs(visit, name)
    chosen = visit.query.get("run", "")
    run = next((one for one in runs if one.request_id == chosen), None)
    if chosen and run is None:
        raise PageNotFound("That run is not remembered any more.")
    unused, problem = await _unused(visit, manifest, function)
    return render.page(
        "function",
        visit,
        function=function,
        grants=[_grant(grant) for grant in _grants(manifest, name)],
        api=_api(manifest, name),
        unused=unused,
        unreadable=problem,
        policies=await policies(visit.services, visit.applied.function_roles.get(name, "") if visit.applied else ""),
        environment=[_variable(key, value) for key, value in sorted(function.environment.items())],
        called_by=_callers(manifest, name),
        chart=_chart(runs),
        runs=[_run(visit, name, one) for one in runs[:50]],
        count=len(runs),
        most=MOST_RUNS,
        run=run and _run(visit, name, run),
        outside=_outside(visit, name),
    )


def _manifest(visit: ConsoleVisit) -> Manifest:
    return visit.applied.manifest if visit.applied else Manifest(version=VERSION)


def _runs(visit: ConsoleVisit, name: str) -> list[Run]:
    return visit.services.functions.history.runs(name) if visit.services.functions else []


def _outside(visit: ConsoleVisit, name: str) -> list[str]:
    return visit.services.functions.history.outside(name) if visit.services.functions else []


def _line(visit: ConsoleVisit, manifest: Manifest, function: Function) -> dict[str, Any]:
    runs = _runs(visit, function.name)
    done = [run.duration_us / 1000 for run in runs if run.duration_us is not None and run.ran]
    return {
        "name": function.name,
        "href": visit.url("/function", name=function.name),
        "entry": function.entry,
        "grants": [name for grant in _grants(manifest, function.name) for name in grant.names],
        "runs": len(runs),
        "failed": sum(run.failed for run in runs),
        "last": runs[0].started / 1e6 if runs else None,
        "median": charts.percentile(done, 0.5) if done else None,
    }


# --- what it may do ----------------------------------------------------------------------------------------


def _grants(manifest: Manifest, name: str) -> list[Grant]:
    return [grant for grant in (manifest.auth.grants if manifest.auth else ()) if grant.function == name]


def _grant(grant: Grant) -> dict[str, Any]:
    """In plain words, with the limits."""
    limits = []
    if grant.groups:
        limits.append(f"only for the groups {', '.join(grant.groups)}")
    if grant.own_authority:
        limits.append("by its own authority: delegation does not ask who called it")
    operations = [action.partition(":")[2] for action in grant.actions]
    return {"names": grant.names, "operations": operations, "limits": limits}


def _api(manifest: Manifest, name: str) -> list[str]:
    """What it may ask of the GraphQL API."""
    found = [access for access in (manifest.data.access if manifest.data else ()) if access.function == name]
    words = {"query": "run every query", "mutate": "run every mutation"}
    return [" and ".join(words[action] for action in access.actions) for access in found]


def _callers(manifest: Manifest, name: str) -> list[str]:
    """Where the definitions lead to the function."""
    found = [
        f"GraphQL {operation.kind} {operation.name}"
        for operation in (manifest.data.operations if manifest.data else ())
        if any(handler.function == name for handler in operation.handlers)
    ]
    found += [
        f"REST {api.name} {route.method} {route.path}"
        for api in manifest.rest_apis
        for route in api.routes
        if route.function == name
    ]
    triggers = manifest.auth.triggers if manifest.auth else {}
    return found + [f"Trigger {trigger}" for trigger, target in triggers.items() if target == name]


def _variable(name: str, value: object) -> tuple[str, str]:
    """The name, and where the value comes from."""
    if isinstance(value, SecretRef):
        return name, f"the secret {value.name}"
    return name, "the id of the user pool" if isinstance(value, UserPoolId) else "the definitions"


async def _unused(visit: ConsoleVisit, manifest: Manifest, function: Function) -> tuple[list[str], str]:
    """The operations that the source names nowhere, and why it could not be read."""
    functions = visit.services.functions
    spec = functions.spec(function.name) if functions else None
    granted = tuple(dict.fromkeys(action for grant in _grants(manifest, function.name) for action in grant.actions))
    if spec is None or not granted:
        return [], ""
    where = (spec.revision, spec.project, spec.entry, spec.handler)
    try:
        return list(await visit.services.compute(_found, *where, granted)), ""
    except (OSError, SyntaxError) as problem:
        return [], _UNREADABLE.format(problem=type(problem).__name__)


@lru_cache(maxsize=256)
def _found(_revision: str, project: Path, entry: str, handler: str, granted: tuple[str, ...]) -> tuple[str, ...]:
    """Read once for each revision of the source."""
    return tuple(action.partition(":")[2] for action in unused_grants(project, entry, granted, handler))


# --- what it did -------------------------------------------------------------------------------------------


def _run(visit: ConsoleVisit, function: str, run: Run) -> dict[str, Any]:
    return {
        "id": run.request_id,
        "href": visit.url("/function", name=function, run=run.request_id) + "#run",
        "at": run.started / 1e6,
        "milliseconds": None if run.duration_us is None else run.duration_us / 1000,
        "cold": None if run.init_us is None else run.init_us / 1000,
        "error": run.error,
        "message": run.message,
        "ran": run.ran,
        "running": run.is_running,
        "lines": list(run.lines),
        "dropped": run.dropped,
    }


def _chart(runs: Sequence[Run]) -> Chart:
    """The oldest first, with the median and the 95th percentile of those that ran."""
    done = [(run, run.duration_us / 1000) for run in reversed(runs) if run.duration_us is not None and run.ran]
    times = [milliseconds for _, milliseconds in done]
    median, slow = charts.percentile(times, 0.5), charts.percentile(times, 0.95)
    points = [
        Point(f"{place}", (0.0, milliseconds) if run.failed else (milliseconds, 0.0))
        for place, (run, milliseconds) in enumerate(done, start=1)
    ]
    if not done:
        return charts.bars("durations", "Durations", "Of runs that are remembered", _DURATIONS, [], unit="ms")
    half, most = charts.shown(median), charts.shown(slow)
    summary = f"The last {len(done)} runs: half took at most {half} ms, 95 % at most {most} ms"
    levels = [("p50", median, 3), ("p95", slow, 2)]
    return charts.bars("durations", "Durations", summary, _DURATIONS, points, unit="ms", levels=levels)


PAGES: Final = (
    Page("/functions", shown, operator_only=True, nav=Nav("Functions", "functions", "Server")),
    Page("/function", one_shown, operator_only=True),
)
