"""The doctor on the project: its definitions, what its functions import, its client files."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from poolhouse.cli.findings import Finding, fail, ok, warn
from poolhouse.cli.running import applied_of, write_for
from poolhouse.config import Settings
from poolhouse.define.manifest import Manifest
from poolhouse.define.project import load
from poolhouse.deploy.imports import follow
from poolhouse.errors import UserError

_GENERATED = frozenset({"amplify_env", "amplify_types"})
_OUTPUTS = "amplify_outputs.json"


def python() -> Finding:
    """What runs this; an older one cannot be installed into."""
    return ok("python", f"Python {'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}")


def definitions(project: Path) -> tuple[Manifest | None, Finding]:
    try:
        manifest = load(project)
    except UserError as error:
        where = f" ({error.location})" if error.location else ""
        return None, fail("project", f"{error.message}{where}", error.resolution or "Correct the definitions.")
    count = len(manifest.functions)
    return manifest, ok("project", f"{project.resolve()}: {count} {'function' if count == 1 else 'functions'}")


def functions(project: Path, manifest: Manifest) -> Iterator[Finding]:
    """What each handler imports when it is loaded; nothing of it is run."""
    for function in manifest.functions:
        entry = project.resolve() / function.entry
        name = f"function {function.name}"
        if not entry.is_file():
            yield fail(name, f"{function.entry} is no file.", "Write the handler, or correct entry= of the definition.")
            continue
        try:
            foreign = follow([entry], (entry.parent, project.resolve())).foreign.keys() - _GENERATED
        except UserError as error:
            yield fail(name, error.message, error.resolution or "Correct the file.")
            continue
        missing = sorted(module for module in foreign if find_spec(module) is None)
        if missing:
            packages = " ".join(missing)
            yield fail(
                name, f"It imports {packages}, which cannot be found.", f"Install it here: pip install {packages}"
            )
        else:
            yield ok(name, f"{function.entry} imports {', '.join(sorted(foreign)) or 'the standard library only'}")


def outputs(settings: Settings, project: Path, manifest: Manifest) -> Finding:
    """Whether the client file says what this database and these settings would make it say."""
    name, there = "outputs", project / _OUTPUTS
    if not there.is_file():
        return warn(name, f"There is no {_OUTPUTS}.", f"Write it: poolhouse generate outputs --out-dir {project}")
    applied = asyncio.run(applied_of(settings, manifest))
    if manifest.auth is not None and applied.pool_id is None:
        return warn(name, "The definitions were never applied to this database.", "Run poolhouse dev or serve once.")
    with tempfile.TemporaryDirectory() as folder:
        write_for(settings, applied, Path(folder), ("json",))
        current = (Path(folder) / _OUTPUTS).read_bytes() == there.read_bytes()
    if current:
        return ok(name, f"{_OUTPUTS} is current")
    again = f"Write it again: poolhouse generate outputs --out-dir {project}"
    return warn(name, f"{_OUTPUTS} is of other definitions, another database or another address.", again)
