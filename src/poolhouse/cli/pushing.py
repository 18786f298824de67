"""`push`, `status` and `pull`: how definitions and an applied backend differ, the change, and the clients' files."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer

from poolhouse import outputs
from poolhouse.cli.applied import Difference, Target, applied, carry_out, difference, exists, settings_of
from poolhouse.cli.prompts import agree
from poolhouse.cli.running import rest_urls, write_for
from poolhouse.cli.status_rows import COLOURS, SAME, Row
from poolhouse.cli.tables import print_values
from poolhouse.config import Settings
from poolhouse.define.manifest import Manifest
from poolhouse.define.project import load
from poolhouse.operations.backend import Applied, Change
from poolhouse.operations.backend.state import API, API_KEY, GROUP, REST_API

_OPERATIONS = {"create": "Create", "change": "Update", "rename": "Update", "replace": "Replace", "remove": "Delete"}


def push(
    project: Path,
    target: Target,
    overrides: Mapping[str, object],
    *,
    yes: bool,
    allow_destructive: bool,
    out_dir: Path | None,
) -> bool:
    """Show the plan, ask, apply, say what changed. False when changes were withheld or the answer was No."""
    manifest = load(project)
    settings = settings_of(target, project, overrides)
    found = difference(settings, project, manifest)
    lines = list(_plan(found, manifest))
    typer.echo(f"{typer.style(f'Plan for {_where(target, settings)}', bold=True)}\n")
    for line in lines or ["  Nothing to change: everything is applied."]:
        typer.echo(line)
    typer.echo()
    if lines and not agree("Are you sure you want to continue?", yes=yes):
        typer.echo("Nothing was changed.")
        return False
    became, made, withheld = carry_out(settings, project, manifest, allow_destructive=allow_destructive)
    files = write_for(settings, became, out_dir or project)
    _tell([*map(str, made), *_code_lines(found, manifest)], withheld)
    if lines:
        typer.echo()
    print_values({**_endpoints(became, settings), "Wrote": ", ".join(str(path) for path in files)})
    return not withheld


def _where(target: Target, settings: Settings) -> str:
    """The target, without the password that an address may hold."""
    scheme, _, rest = settings.database.partition("://")
    return f"{target}: {scheme}://{rest.rpartition('@')[2]}"


def _plan(found: Difference, manifest: Manifest) -> Iterator[str]:
    for change in found.changes:
        danger = " (it holds users: needs --allow-destructive)" if change.holds_users else ""
        shown = typer.style(f"  {change}", fg=COLOURS[_OPERATIONS[change.action]])
        yield shown + typer.style(danger, fg="red", bold=True)
    for line in _code_lines(found, manifest):
        yield typer.style(f"  {line}", fg=COLOURS["Update"])


def _code_lines(found: Difference, manifest: Manifest) -> Iterator[str]:
    verbs = {"Create": "create", "Update": "change", "Delete": "remove"}
    for row in _code(found, manifest):
        if row.operation != SAME:
            yield f"{verbs[row.operation]} function {row.name}"
    if manifest.data is not None and _data_differs(found, manifest):
        yield f"change operations of {manifest.data.name}"


def _data_differs(found: Difference, manifest: Manifest) -> bool:
    """Whether an API that stays has other operations or rules than those that were noted."""
    before = found.record.manifest.data if found.record else None
    return before is not None and manifest.data is not None and before != manifest.data


def _tell(made: Sequence[str], withheld: Sequence[Change]) -> None:
    for line in made:
        typer.echo(f"  {typer.style('✓', fg='green')} {line}")
    for change in withheld:
        kept = typer.style("Kept:", fg="yellow", bold=True)
        typer.echo(f"{kept} {change}. To do it all the same: --allow-destructive", err=True)
    if made and not withheld:
        typer.secho("\nDone.", bold=True)


def _endpoints(became: Applied, settings: Settings) -> dict[str, object]:
    return {
        "Server": settings.public_url,
        "GraphQL": f"{settings.public_url}/graphql" if became.manifest.data else None,
        **rest_urls(became.manifest, settings.public_url),
        "User pool": became.pool_id,
        "App client": became.client_id,
        "Identity pool": became.identity_pool_id,
    }


def status(project: Path, target: Target, overrides: Mapping[str, object]) -> list[Row]:
    """Every resource that is defined or applied, and what `push` would do with it."""
    manifest = load(project)
    settings = settings_of(target, project, overrides)
    found = difference(settings, project, manifest) if exists(settings) else _everything(manifest)
    return [*_auth(found, manifest), *_groups(found, manifest), *_code(found, manifest), *_apis(found, manifest)]


def _everything(manifest: Manifest) -> Difference:
    """The difference to a database that is not there."""
    apis = [Change("create", REST_API, api.name) for api in manifest.rest_apis]
    data = [Change("create", API, manifest.data.name)] if manifest.data else []
    auth = manifest.auth
    groups = [Change("create", GROUP, group.name) for group in auth.groups] if auth else []
    pool = [Change("create", "pool", auth.name)] if auth else []
    return Difference([*data, *apis, *pool, *groups], None, {})


def _auth(found: Difference, manifest: Manifest) -> Iterator[Row]:
    """The pool with what hangs on it, as one resource."""
    changes = [change for change in found.changes if change.kind not in {GROUP, API, API_KEY, REST_API}]
    actions = [change.action for change in changes if change.kind == "pool"] or [change.action for change in changes]
    name = manifest.auth.name if manifest.auth else next((change.name for change in changes), None)
    if name is None:
        return
    operation = _OPERATIONS[actions[0]] if actions else SAME
    if any(change.kind == "pool" for change in changes) or not changes:
        yield Row("Auth", name, operation)
    else:
        yield Row("Auth", name, "Update")


def _groups(found: Difference, manifest: Manifest) -> Iterator[Row]:
    actions = {change.name: change.action for change in found.changes if change.kind == GROUP}
    names = [group.name for group in manifest.auth.groups] if manifest.auth else []
    for name in dict.fromkeys([*names, *actions]):
        yield Row("Auth", f"group {name}", _OPERATIONS[actions[name]] if name in actions else SAME)


def _code(found: Difference, manifest: Manifest) -> Iterator[Row]:
    """Functions, by definition and source; against what was noted when they were applied."""
    record = found.record
    before = {function.name: function for function in record.manifest.functions} if record else {}
    for function in manifest.functions:
        known = before.pop(function.name, None)
        if record is None or known is None:
            yield Row("Function", function.name, "Create")
        elif known != function or record.sources.get(function.name) != found.sources[function.name]:
            yield Row("Function", function.name, "Update")
        else:
            yield Row("Function", function.name, SAME)
    for name in before:
        yield Row("Function", name, "Delete")


def _apis(found: Difference, manifest: Manifest) -> Iterator[Row]:
    actions = {change.name: change.action for change in found.changes if change.kind in {API, REST_API}}
    names = [manifest.data.name] if manifest.data else []
    names += [api.name for api in manifest.rest_apis]
    for name in dict.fromkeys([*names, *actions]):
        operation = _OPERATIONS[actions[name]] if name in actions else SAME
        if operation == SAME and manifest.data and name == manifest.data.name and _data_differs(found, manifest):
            operation = "Update"
        yield Row("Api", name, operation)


def pull(project: Path, target: Target, overrides: Mapping[str, object], out_dir: Path | None) -> None:
    """Write the clients' files of a backend as it was applied, and say what it has. Changes nothing in it."""
    settings = settings_of(target, project, overrides)
    became, record = applied(settings)
    auth = record.manifest.auth
    groups = ", ".join(group.name for group in auth.groups) if auth else None
    functions = ", ".join(function.name for function in record.manifest.functions)
    files = ", ".join(str((out_dir or project) / name) for name in outputs.DEFAULT)
    write_for(settings, became, out_dir or project)
    print_values({**_endpoints(became, settings), "Groups": groups, "Functions": functions, "Wrote": files})
