"""The Python files of a Gen 1 project: its user pool, and Admin Queries with our function in the place of Node's."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from poolhouse.cli.adding import AUTH, BACKEND
from poolhouse.cli.drafts import Draft
from poolhouse.cli.editing import Keys, edited
from poolhouse.cli.editing_source import call_text
from poolhouse.define.admin_queries import GRANTS, TIMEOUT_SECONDS
from poolhouse.define.admin_queries_source import DEFINITION, definition, function_name, source_files
from poolhouse.define.grants import actions_of
from poolhouse.errors import ProjectError

from .gen1 import Lambda, Project
from .gen1_auth import arguments
from .report import Report

_NAME: Final = re.compile(r"AdminQueries[0-9a-f]{8}")
_EVERYONE: Final = "NONE"
_TOLD: Final = ("ENV", "GROUP", "USERPOOL", "REGION")
_API: Final = "from amplify.api.AdminQueries.resource import admin_queries\n"
_POOL: Final = "from amplify.auth.resource import auth\n\nfrom poolhouse import define_backend\n\n"


def write(draft: Draft, project: Project, report: Report) -> None:
    """Put the definitions into the draft. Raises ProjectError where no file says who may call."""
    made = arguments(project, report)
    if project.function is None:
        draft.put(BACKEND, f"{_POOL}backend = define_backend(auth=auth)\n")
    else:
        _write_admin(draft, project, project.function, made, report)
        draft.put(BACKEND, f"{_API}{_POOL}backend = define_backend(auth=auth, admin_queries=admin_queries)\n")
    draft.put(AUTH, f"from poolhouse import define_auth\n\nauth = {call_text('define_auth', made)}\n")


def _write_admin(draft: Draft, project: Project, function: Lambda, made: dict[str, Any], report: Report) -> None:
    group = _group(project, function, report)
    if group is not None and group not in made.get("groups", ()):
        why = "Gen 1 stored the name and made no group. Members of it may call Admin Queries."
        report.note(project.auth_file, f"the group {group} is added to the pool", why)
        made["groups"] = [*made.get("groups", ()), group]
    name = _name(function, report)
    text = definition(name, None if group is None else [group])
    draft.put(DEFINITION, edited(text, DEFINITION, "define_admin_queries", _options(function, report)))
    for path, source in source_files(name).items():
        draft.put(path, source, listed=True)
    if function.sources:
        why = (
            "Poolhouse's function with the same eleven routes takes its place, in Python. Routes and rules that you "
            "added have to be written there again."
        )
        report.left(function.sources[0].rpartition("/")[0], f"{len(function.sources)} files for Node.js", why)
    _report_grants(function, report)


def _group(project: Project, function: Lambda, report: Report) -> str | None:
    """Whose members may call; None for everybody. What the function is told decides, for it is what refuses."""
    asked = project.cognito.admin_query_group
    told = _variables(function).get("GROUP")
    if isinstance(told, str) and told:
        if asked not in {None, told}:
            why = f"The function's template says {told}, which is what is enforced, and was taken."
            report.note(project.auth_file, f"adminQueryGroup {asked}", why)
        return None if told == _EVERYONE else told
    if function.properties is not None and told is not None:
        report.note(function.file, "GROUP", "It is computed, so adminQueryGroup was taken.")
    if asked:
        return None if asked == _EVERYONE else asked
    raise ProjectError(
        "No file says which group may call Admin Queries.",
        resolution=f"Write adminQueryGroup into {project.auth_file}: a group's name, or NONE for every signed-in user.",
        location=function.file,
    )


def _variables(function: Lambda) -> Mapping[str, Any]:
    environment = (function.properties or {}).get("Environment")
    variables = environment.get("Variables") if isinstance(environment, dict) else None
    return variables if isinstance(variables, dict) else {}


def _name(function: Lambda, report: Report) -> str:
    """The same, unless it is not of the form that Amplify gives."""
    if _NAME.fullmatch(function.name):
        return function.name
    made = function_name(hashlib.sha256(function.name.encode()).hexdigest()[:8])
    report.note(function.file, f"the function {function.name}", f"It is named {made}, with eight hex digits.")
    return made


def _options(function: Lambda, report: Report) -> dict[Keys, object]:
    properties = function.properties or {}
    found: dict[Keys, object] = {}
    for theirs, ours, usual in (("Timeout", "timeout_seconds", TIMEOUT_SECONDS), ("MemorySize", "memory_mb", None)):
        value = properties.get(theirs, usual)
        if value == usual:
            continue
        if isinstance(value, int) and not isinstance(value, bool):
            found[ours,] = value
        else:
            report.left(function.file, theirs, "It is computed.")
    own = {name: value for name, value in _variables(function).items() if name not in _TOLD}
    for name, value in own.items():
        if not isinstance(value, str):
            report.left(function.file, f"the variable {name}", "Its value is computed by CloudFormation.")
    texts = {name: value for name, value in own.items() if isinstance(value, str)}
    if texts:
        found["environment",] = texts
    return found


def _report_grants(function: Lambda, report: Report) -> None:
    """Actions on the pool beyond those of the eleven routes."""
    more = [one for one in function.actions if one.startswith("cognito-idp:") and one not in actions_of(GRANTS)]
    if more:
        why = "The eleven routes do not call them. For routes of your own name the grants in more_grants=[...]."
        report.left(function.file, ", ".join(more), why)
