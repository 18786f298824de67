"""Recorded values as real ones and as Python source, side by side: what is tried out is what is written."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from poolhouse.cli.editing_source import Code, flat, rendered
from poolhouse.define.functions import FunctionDefinition
from poolhouse.define.schema import a
from poolhouse.define.secret import secret
from poolhouse.errors import UserError

from .names import snake


class NotCarried(Exception):
    """A value without an equal in Python; the text says what it is."""


class Referred(NamedTuple):
    """A function of the project, and the variable that holds it."""

    variable: str
    definition: FunctionDefinition


_WIDTH: Final = 100
_PYTHON: Final = {"async": "async_"}


class Values:
    """`functions` are those that can be referred to, by their number. `used` collects what was referred to."""

    def __init__(self, functions: Mapping[int, Referred]) -> None:
        self.functions = functions

    def real(self, value: Any, scope: Mapping[str, Any] | None = None) -> Any:
        """Raises NotCarried, and UserError where a factory refuses it."""
        names = {"a": a, **(scope or {})}
        if isinstance(value, list):
            return [self.real(one, names) for one in value]
        if not isinstance(value, dict):
            return value
        match value.get("$"):
            case None:
                return {key: self.real(one, names) for key, one in value.items()}
            case "recorded":
                return self._function(value).definition
            case "secret":
                return secret(value["name"])
            case "chain":
                return self._chain(value, names)
            case "rules":
                return lambda allow: self.real(value["value"], {**names, "allow": allow})
            case _:
                raise NotCarried(told(value))

    def _chain(self, value: Mapping[str, Any], names: Mapping[str, Any]) -> Any:
        made = names[value["root"]]
        for step in value["steps"]:
            try:
                made = getattr(made, _PYTHON.get(step["name"], step["name"]))
            except AttributeError as error:
                raise NotCarried(f"{step['name']} of {value['root']}") from error
            if step["args"] is not None:
                made = self._called(made, step, names)
        return made

    def _called(self, made: Callable[..., Any], step: Mapping[str, Any], names: Mapping[str, Any]) -> Any:
        arguments = [self.real(one, names) for one in step["args"]]
        try:
            return made(*arguments)
        except TypeError as error:
            raise NotCarried(f"{step['name']}() with {len(arguments)} arguments") from error

    def _function(self, value: Mapping[str, Any]) -> Referred:
        found = self.functions.get(value["id"])
        if found is None:
            raise NotCarried(f"the function that {value['kind']}() could not carry over")
        return found

    def referred(self, value: Any) -> set[int]:
        """The numbers of the functions in a value."""
        if isinstance(value, dict):
            own = {value["id"]} if value.get("$") == "recorded" else set()
            return own.union(*(self.referred(one) for one in value.values()))
        return set().union(*(self.referred(one) for one in value)) if isinstance(value, list) else set()

    def source(self, value: Any, indent: str = "") -> Any:
        """The value with Code where source stands; `indent` is that of its line."""
        if isinstance(value, list):
            return [self.source(one, indent + "    ") for one in value]
        if not isinstance(value, dict):
            return value
        match value.get("$"):
            case None:
                return {key: self.source(one, indent + "    ") for key, one in value.items()}
            case "recorded":
                return Code(self._function(value).variable)
            case "secret":
                return Code(f"secret({rendered(value['name'])})")
            case "chain":
                return Code(self._chain_source(value, indent))
            case "rules":
                return Code(f"lambda allow: {rendered(self.source(value['value'], indent), indent, 70)}")
            case _:
                raise NotCarried(told(value))

    def _chain_source(self, value: Mapping[str, Any], indent: str) -> str:
        """On one line, or, for operations, with a line for each method."""
        parts = [str(value["root"]), *(self._step_source(step, indent) for step in value["steps"])]
        line = "".join(parts)
        if parts[1] not in {".query()", ".mutation()"} and len(line) <= 80:
            return line
        head, rest = ("".join(parts[:2]), parts[2:])
        return "".join([head, *(f"\n{indent}{part}" for part in rest)])

    def _step_source(self, step: Mapping[str, Any], indent: str) -> str:
        name = _PYTHON.get(step["name"], step["name"])
        if step["args"] is None:
            return f".{name}"
        line = ", ".join(flat(self.source(one, indent)) for one in step["args"])
        if "\n" not in line and len(f"{indent}.{name}({line})") <= _WIDTH:
            return f".{name}({line})"
        inner = indent + "    "
        lines = "".join(f"{inner}{rendered(self.source(one, inner), inner)},\n" for one in step["args"])
        if len(step["args"]) == 1:
            lines = f"{lines[:-2]}\n"
        return f".{name}(\n{lines}{indent})"


def told(value: Mapping[str, Any]) -> str:
    """A value that JSON has not got, in words."""
    match value["$"]:
        case "stand-in":
            return f"a value of {value['name']}"
        case "undefined":
            return "undefined"
        case _:
            return str(value.get("name", "a value of an unknown kind"))


def problem(values: Values, value: Any) -> str | None:
    """Why a value cannot be carried over; None when it can."""
    try:
        values.real(value)
    except NotCarried as reason:
        return f"It is {reason}."
    except UserError as error:
        return error.message
    return None


def options(value: Any, keep: tuple[str, ...] = ()) -> Any:
    """The keys of options in Python's spelling, at every depth; those below `keep` are names that users gave."""
    if isinstance(value, list):
        return [options(one) for one in value]
    if not isinstance(value, dict) or "$" in value:
        return value
    return {
        snake(key) if ":" not in key else key: one if key in keep else options(one, keep) for key, one in value.items()
    }
