"""`poolhouse check`: grants of the project's functions that their source no longer uses."""

from pathlib import Path

from poolhouse.define.manifest import Function, Manifest
from poolhouse.define.project import load
from poolhouse.define.unused_grants import unused_grants
from poolhouse.errors import ProjectError


def unused(project: Path) -> dict[str, list[str]]:
    """The unused IAM actions of each function that has any, by its name. Raises what reading the project raises."""
    manifest = load(project)
    found = {function.name: _unused(project.resolve(), manifest, function) for function in manifest.functions}
    return {name: actions for name, actions in found.items() if actions}


def _unused(project: Path, manifest: Manifest, function: Function) -> list[str]:
    grants = manifest.auth.grants if manifest.auth else ()
    granted = dict.fromkeys(action for grant in grants if grant.function == function.name for action in grant.actions)
    if not granted:
        return []
    try:
        return unused_grants(project, function.entry, granted, function.handler)
    except (SyntaxError, UnicodeDecodeError) as error:
        place = f"{getattr(error, 'filename', None) or function.entry}:{getattr(error, 'lineno', None) or 1}"
        raise ProjectError(
            f"The source of the function {function.name!r} cannot be read: {error}.",
            resolution="Mend that line.",
            location=place,
        ) from error
