"""`defineData` as define_data(): the schema member by member, as far as each is accepted; the rest is reported."""

from collections.abc import Mapping
from typing import Any, Final

from poolhouse.cli.editing_source import Code, rendered
from poolhouse.define.data import compile_data
from poolhouse.define.manifest import Auth
from poolhouse.errors import UserError

from . import trial
from .gen2 import Made
from .report import Report
from .values import NotCarried, Values, options, problem

_INDENT: Final = "        "


class DataReading:
    """What of one call is carried over: `members` and `rules` of the schema, and `arguments` of define_data()."""

    def __init__(self, made: Made, values: Values, auth: Auth | None, report: Report) -> None:
        self.file = made.file
        self._values = values
        self._auth = auth
        self._report = report
        self.members: dict[str, Any] = {}
        self.rules: Any = None
        self.arguments: dict[str, Any] = {}
        props: Mapping[str, Any] = made.props if isinstance(made.props, Mapping) and "$" not in made.props else {}
        steps = self._schema(props.get("schema"))
        if steps is None:
            report.left(self.file, "schema", "It is not made by a.schema({...}).")
            return
        self._options(props)
        self._rules(steps[1:])
        self._carry(steps[0]["args"][0])
        if not any(self._is_operation(member) for member in self.members.values()):
            report.left(self.file, "defineData()", "Nothing of its schema that could be called was carried over.")
            self.members = {}

    def _schema(self, value: Any) -> list[Any] | None:
        if not isinstance(value, Mapping) or value.get("$") != "chain" or value["root"] != "a":
            return None
        steps = list(value["steps"])
        first = steps[0] if steps else {"name": "", "args": None}
        given = first["args"][0] if first["name"] == "schema" and first["args"] else None
        return steps if isinstance(given, Mapping) and "$" not in given else None

    def _options(self, props: Mapping[str, Any]) -> None:
        """Names and modes; `schema` is there already."""
        modes = dict(props.get("authorizationModes") or {})
        for name in [name for name in modes if name not in {"defaultAuthorizationMode", "apiKeyAuthorizationMode"}]:
            self._report.left(self.file, f"authorizationModes.{name}", "It is not served yet.")
            del modes[name]
        given = {"authorization_modes": options(modes)} if modes else {}
        given |= {"name": props["name"]} if "name" in props else {}
        for name, value in given.items():
            try:
                trial.data({"schema": self._values.real(_schema_of({}, None)), **self.arguments, name: value})
            except UserError as error:
                self._report.left(self.file, name, error.message)
            else:
                self.arguments[name] = value
        for name in props.keys() - {"schema", "authorizationModes", "name"}:
            self._report.left(self.file, name, "define_data() has no such option.")

    def _rules(self, steps: list[Any]) -> None:
        for step in steps:
            schema = _schema_of({}, step["args"])
            reason = problem(self._values, schema) if step["name"] == "authorization" else "It is not served."
            if reason is None:
                self.rules = step["args"]
            else:
                self._report.left(self.file, f"a.schema(...).{step['name']}()", reason)

    def _carry(self, members: Mapping[str, Any]) -> None:
        """Types first, without those that refer to what is not there; then each operation with them."""
        types = {name: one for name, one in members.items() if not self._is_operation(one)}
        accepted = {name: one for name, one in types.items() if self._accepted(name, one)}
        while lost := [name for name, one in accepted.items() if not _refers(one) <= accepted.keys()]:
            for name in lost:
                missing = ", ".join(sorted(_refers(accepted[name]) - accepted.keys()))
                self._report.left(self.file, f"{name} of the schema", f"It refers to {missing}, which is not there.")
                del accepted[name]
        kept = set(accepted)
        for name, one in members.items():
            if name not in types and self._compiles(name, one, accepted):
                kept.add(name)
        self.members = {name: one for name, one in members.items() if name in kept}

    def _accepted(self, name: str, member: Any) -> bool:
        reason = problem(self._values, member)
        if reason is not None:
            self._report.left(self.file, f"{name} of the schema", reason)
        return reason is None

    def _compiles(self, name: str, member: Any, types: Mapping[str, Any]) -> bool:
        """Whether the operation is accepted together with the types, the rules, the modes and the user pool."""
        try:
            schema = self._values.real(_schema_of({**types, name: member}, self.rules))
            compile_data(trial.data({"schema": schema, **self.arguments}), self._auth)
        except NotCarried as error:
            reason = f"It refers to {error}."
        except UserError as error:
            reason = error.message
        else:
            return True
        self._report.left(self.file, f"{name} of the schema", reason)
        return False

    @staticmethod
    def _is_operation(member: Any) -> bool:
        steps = member["steps"] if isinstance(member, Mapping) and member.get("$") == "chain" else []
        return bool(steps) and steps[0]["name"] in {"query", "mutation", "subscription", "generation"}

    def schema_text(self) -> str:
        """`a.schema({...})`, a line for each method of an operation."""
        lines = [
            f"{_INDENT}{rendered(name)}: {rendered(self._values.source(member, _INDENT), _INDENT)},\n"
            for name, member in self.members.items()
        ]
        text = f"a.schema(\n    {{\n{''.join(lines)}    }}\n)"
        if self.rules is not None:
            text += f".authorization({rendered(self._values.source(self.rules[0], ''), '')})"
        return text

    def written(self) -> dict[str, Any]:
        return {"schema": Code("schema"), **{name: self._values.source(one) for name, one in self.arguments.items()}}


def _schema_of(members: Mapping[str, Any], rules: Any) -> dict[str, Any]:
    steps = [{"name": "schema", "args": [dict(members)]}]
    steps += [] if rules is None else [{"name": "authorization", "args": rules}]
    return {"$": "chain", "root": "a", "steps": steps}


def _refers(value: Any) -> set[str]:
    """The names in `a.ref("Name")`."""
    if isinstance(value, list):
        return set().union(*(_refers(one) for one in value))
    if not isinstance(value, Mapping):
        return set()
    found = set().union(*(_refers(one) for one in value.values()))
    if value.get("name") == "ref" and value.get("args") and isinstance(value["args"][0], str):
        found.add(value["args"][0])
    return found
