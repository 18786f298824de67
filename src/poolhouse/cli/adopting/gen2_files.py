"""The Python files of a Gen 2 project: each definition in the place of the module that had it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from poolhouse.cli.adding import AUTH, BACKEND
from poolhouse.cli.drafts import Draft
from poolhouse.cli.editing_source import Code, call_text, flat
from poolhouse.errors import ProjectError

from .functions import Carried, carried, handler_text
from .gen2 import BackendCall, Made, Recording
from .gen2_auth import AuthReading, Reading
from .gen2_data import DataReading
from .gen2_reference import ReferenceReading
from .names import identifier, module, python_path
from .report import Report
from .values import Values

_READINGS: Final = {"defineAuth": AuthReading, "referenceAuth": ReferenceReading}
_KINDS: Final = ("defineFunction", *_READINGS, "defineData")


class Modules:
    """Python modules that grow: names from other modules of the project, names of ours, and definitions."""

    def __init__(self) -> None:
        self._imports: dict[str, dict[str, set[str]]] = {}
        self._ours: dict[str, set[str]] = {}
        self._bodies: dict[str, list[str]] = {}

    def define(self, file: str, text: str, ours: Iterable[str]) -> None:
        self._ours.setdefault(file, set()).update(ours)
        self._bodies.setdefault(file, []).append(text)

    def use(self, file: str, other: str, name: str) -> None:
        if other != file:
            self._imports.setdefault(file, {}).setdefault(module(other), set()).add(name)

    def texts(self) -> dict[str, str]:
        return {file: self._text(file) for file in self._bodies}

    def _text(self, file: str) -> str:
        others = "".join(
            f"from {other} import {', '.join(sorted(names))}\n"
            for other, names in sorted(self._imports.get(file, {}).items())
        )
        ours = f"from poolhouse import {', '.join(sorted(self._ours[file]))}\n"
        return "\n".join([*([others] if others else []), ours, "\n".join(f"{body}\n" for body in self._bodies[file])])


def write(draft: Draft, recording: Recording, report: Report) -> None:
    """Put everything that is carried over into the draft. Raises ProjectError where there is no backend."""
    if recording.backend is None:
        raise ProjectError(
            "amplify/backend.ts does not call defineBackend().", resolution="Call it there, as Amplify's page shows."
        )
    functions = carried([made for made in recording.made if made.kind == "defineFunction"], report)
    values = Values({number: function.referred() for number, function in functions.items()})
    modules = Modules()
    for function in functions.values():
        _write_function(draft, modules, function, values, report)
    members = _members(recording.backend, recording.made, report)
    auth = _auth(members, values, report)
    arguments: dict[str, Any] = {}
    if auth is not None:
        arguments["auth"] = _write_auth(modules, auth, functions)
    data = _data(members, values, auth, report)
    if data is not None:
        arguments["data"] = _write_data(modules, data, functions, values)
    arguments |= _others(modules, members, functions)
    for name in ("auth", "data"):
        if name in arguments:
            modules.use(BACKEND, _file(members, name), name)
    modules.define(BACKEND, f"backend = {_one_line('define_backend', arguments)}", ["define_backend"])
    for file, text in modules.texts().items():
        draft.put(file, text)


def _one_line(function: str, arguments: Mapping[str, Any]) -> str:
    line = f"{function}({', '.join(f'{name}={flat(value)}' for name, value in arguments.items())})"
    return line if len(line) <= 100 else call_text(function, arguments)


def _members(backend: BackendCall, made: tuple[Made, ...], report: Report) -> dict[str, Made]:
    """What defineBackend() was given, without what is not carried over."""
    given = backend.members if isinstance(backend.members, Mapping) and "$" not in backend.members else {}
    by_number = {one.id: one for one in made}
    found = {}
    for name, value in given.items():
        one = by_number.get(value["id"]) if isinstance(value, Mapping) and value.get("$") == "recorded" else None
        if one is None:
            report.left(backend.file, f"{name} of defineBackend()", "It is not made by a factory of Amplify.")
        elif one.kind not in _KINDS:
            report.left(one.file, f"{one.kind}()", "Poolhouse has no such part.")
        else:
            found[name] = one
    for one in made:
        if one.kind in {*_READINGS, "defineData"} and one not in found.values():
            report.left(one.file, f"{one.kind}()", "It is not passed to defineBackend().")
    return found


def _file(members: Mapping[str, Made], kind: str) -> str:
    if kind == "auth":
        return AUTH
    return python_path(next(one.file for one in members.values() if one.kind == "defineData"))


def _write_function(draft: Draft, modules: Modules, function: Carried, values: Values, report: Report) -> None:
    arguments = {name: values.source(value) for name, value in function.arguments.items()}
    ours = ["define_function", *(["secret"] if "secret(" in str(arguments) else [])]
    modules.define(function.file, f"{function.variable} = {_one_line('define_function', arguments)}", ours)
    why = f"A handler for Node.js does not run here. {function.handler} raises NotImplementedError until you write it."
    report.left(function.before, f"the handler of {function.name}", why)
    draft.put(function.handler, handler_text(function))


def _auth(members: Mapping[str, Made], values: Values, report: Report) -> Reading | None:
    made = next((one for one in members.values() if one.kind in _READINGS), None)
    if made is None:
        return None
    reading = _READINGS[made.kind](made, values, report)
    if isinstance(reading, ReferenceReading) and not reading.accepted:
        return None
    reading.made()
    return reading


def _write_auth(modules: Modules, auth: Reading, functions: Mapping[int, Carried]) -> Code:
    text = f"auth = {call_text(auth.factory, auth.arguments)}"
    modules.define(AUTH, text, [auth.factory, *(["secret"] if "secret(" in text else [])])
    for number in sorted(auth.referred):
        modules.use(AUTH, functions[number].file, functions[number].variable)
    return Code("auth")


def _data(members: Mapping[str, Made], values: Values, auth: Reading | None, report: Report) -> DataReading | None:
    made = next((one for one in members.values() if one.kind == "defineData"), None)
    if made is None:
        return None
    reading = DataReading(made, values, None if auth is None else auth.made().auth, report)
    return reading if reading.members else None


def _write_data(modules: Modules, data: DataReading, functions: Mapping[int, Carried], values: Values) -> Code:
    file = python_path(data.file)
    schema = data.schema_text()
    modules.define(file, f"schema = {schema}", ["a", "define_data"])
    modules.define(file, f"data = {_one_line('define_data', data.written())}", [])
    for number in sorted(values.referred([data.members, data.rules])):
        modules.use(file, functions[number].file, functions[number].variable)
    return Code("data")


def _others(modules: Modules, members: Mapping[str, Made], functions: Mapping[int, Carried]) -> dict[str, Code]:
    """Functions that defineBackend() lists."""
    found = {}
    for name, made in members.items():
        function = functions.get(made.id)
        if function is not None:
            modules.use(BACKEND, function.file, function.variable)
            found[identifier(name)] = Code(function.variable)
    return found
