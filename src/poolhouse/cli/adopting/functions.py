"""Functions of a Gen 2 project: their definitions in Python, and handlers to be written in the place of Node's."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from . import trial
from .gen2 import Made
from .names import entry_from, identifier, python_path
from .report import Report
from .values import Referred, told

_NUMBERS: Final = {"timeoutSeconds": "timeout_seconds", "memoryMB": "memory_mb"}
_OURS: Final = frozenset({"a", "allow", "auth", "backend", "data", "schema", "secret"}) | {
    f"define_{kind}" for kind in ("auth", "backend", "data", "function")
}
_WITHOUT: Final = {
    "runtime": "It names a version of Node.js; the function runs on the Python that runs Poolhouse.",
    "bundling": "Python functions are not bundled.",
    "layers": "Install the packages where Poolhouse runs.",
    "schedule": "Schedules are not served yet.",
    "resourceGroupName": "Stacks are Poolhouse's own.",
    "logging": "Logs are Poolhouse's own.",
    "architecture": "Functions run on the machine that they are on.",
    "ephemeralStorageSizeMB": "The size of a function's disk is not limited.",
    "durableConfig": "It is not served.",
}


class Carried(NamedTuple):
    """A function as it is written: its file, variable and arguments, and its handler's old and new file."""

    made: Made
    file: str
    variable: str
    name: str
    arguments: dict[str, Any]
    handler: str
    before: str

    def referred(self) -> Referred:
        return Referred(self.variable, trial.function(self.name))


def carried(calls: Sequence[Made], report: Report) -> dict[int, Carried]:
    """Every function that describes itself, by its number. No two share a variable: any file can import both."""
    found: dict[int, Carried] = {}
    taken = set(_OURS)
    for made in calls:
        if not isinstance(made.props, Mapping) or "$" in made.props:
            undefined = isinstance(made.props, Mapping) and made.props["$"] == "undefined"
            if not undefined:
                why = "It is built by the CDK; describe it with define_function() and a handler in Python."
                report.left(made.file, f"the function {made.exported or 'without a name'}", why)
                continue
        one = _carried(made, made.props if "$" not in made.props else {}, report, taken)
        if one is not None:
            found[made.id] = one
            taken.add(one.variable)
    return found


def _carried(made: Made, props: Mapping[str, Any], report: Report, taken: set[str]) -> Carried | None:
    folder = PurePosixPath(made.file).parent
    entry = props.get("entry")
    name = props.get("name", folder.name if entry is None else PurePosixPath(str(entry)).stem)
    if not isinstance(name, str) or not isinstance(entry, str | None):
        report.left(made.file, f"the function {made.exported or ''}".rstrip(), "Its name or entry is computed.")
        return None
    file, before = python_path(made.file), _joined(folder, entry or "./handler.ts")
    handler = python_path(before)
    variable = identifier(made.exported or name)
    while variable in taken:
        variable = f"{variable}_function"
    arguments: dict[str, Any] = {"name": name}
    if entry_from(file, handler) != "./handler.py":
        arguments["entry"] = entry_from(file, handler)
    for theirs, ours in _NUMBERS.items():
        if theirs in props:
            arguments[ours] = props[theirs]
    arguments |= _environment(made, name, props.get("environment", {}), report)
    for option in props.keys() - {"name", "entry", "environment", *_NUMBERS}:
        why = _WITHOUT.get(option, "define_function() has no such option.")
        report.left(made.file, f"{option} of the function {name}", why)
    return Carried(made, file, variable, name, arguments, handler, before)


def _joined(folder: PurePosixPath, entry: str) -> str:
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(entry).parts:
        if part == "..":
            del parts[-1:]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _environment(made: Made, name: str, given: Any, report: Report) -> dict[str, Any]:
    """Texts and secrets; anything else is computed by something that does not run here."""
    if not isinstance(given, Mapping) or "$" in given:
        report.left(made.file, f"the environment of the function {name}", "It is computed.")
        return {}
    kept = {}
    for variable, value in given.items():
        if isinstance(value, str) or (isinstance(value, Mapping) and value.get("$") == "secret"):
            kept[variable] = value
            continue
        what = told(value) if isinstance(value, Mapping) and "$" in value else f"{value!r}, which is no text"
        report.left(made.file, f"the variable {variable} of the function {name}", f"Its value is {what}.")
    return {"environment": kept} if kept else {}


def handler_text(function: Carried) -> str:
    """A handler that says what is missing. Code in another language is never guessed at."""
    what = f"{function.before} is not translated: write the handler of {function.name} here."
    summary = f"The handler of the function {function.name}: what {function.before} did, in Python."
    text = json.dumps(what, ensure_ascii=False)
    error = text if len(text) <= 64 else f"\n        {text}\n    "
    return (
        f'"""{_quoted(summary)}"""\n\n\n'
        "def handler(event: dict[str, object], _context: object) -> object:\n"
        f"    raise NotImplementedError({error})\n"
    )


def _quoted(text: str) -> str:
    """As a docstring can hold it."""
    return text.replace("\\", "\\\\").replace('"', "'")
