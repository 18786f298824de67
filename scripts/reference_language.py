"""The reference page of the definition language, read off its functions, builders and option types.

A public function, method or option type without a docstring ends the making of the page.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, get_origin, is_typeddict

import poolhouse
from poolhouse.define import access, delegation, fields, operations, rules, schema

_WIDTH = 120
_ELSEWHERE = {"GrantName": "grants.md", "SingleName": "grants.md"}
"""Types whose values have a page of their own."""
_BUILDERS = (
    ("a", "`a`: types and operations of the schema", (schema.Builder, schema.SchemaDefinition)),
    ("a.string()", "Fields", (fields.Modified,)),
    ("a.mutation()", "Operations", (operations.OperationDefinition, operations.HandlerKinds)),
    (
        "allow",
        "`allow` of an operation's or a schema's `.authorization(...)`",
        (rules.OperationAllow, rules.SchemaAllow),
    ),
    ("allow", "`allow` of `access=`", (access.PoolAllow, access.PoolResource)),
    ("allow", "`allow` of `delegation=`", (delegation.DelegationAllow, delegation.DelegatedGroup)),
)
_CALLED = {
    "SchemaDefinition": "a.schema(...)",
    "HandlerKinds": "a.handler",
    "PoolResource": "allow.resource(...)",
    "DelegatedGroup": "allow.group(...)",
}


def page() -> str:
    """The functions in the order of their names, what their options are made of, and the builders."""
    functions = [(name, inspect.unwrap(getattr(poolhouse, name))) for name in poolhouse.__all__ if name != "a"]
    lines = [
        "# The definition language\n",
        "What `from poolhouse import ...` offers, with the types that an editor shows. All of it is checked when the",
        "project is read: a wrong name or value is answered with what, why and what to do, and with the line.",
        "[Definitions](definitions.md) explains it with examples.\n",
        "## Functions\n",
    ]
    found: dict[str, tuple[Any, ast.ClassDef | ast.AnnAssign]] = {}
    for name, function in functions:
        lines += _function(name, function)
        _collect(_node(function), function.__globals__, found)
    lines.append("## Options\n")
    for name in sorted(found):
        lines += _type(name, *found[name])
    lines.append("## Builders\n")
    for called, title, kinds in _BUILDERS:
        lines += _builder(called, title, kinds)
    return "\n".join(lines)


def _function(name: str, function: Callable[..., Any]) -> list[str]:
    node = _Values(function.__globals__).visit(_node(function))
    return [f"### {name}\n", f"```python\ndef {_signature(name, node)}: ...\n```\n", _told(function, name) + "\n"]


class _Values(ast.NodeTransformer):
    """Puts the value of a constant in the place of its name, where a default names one."""

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._known.get(node.id)
        return ast.Constant(value) if isinstance(value, int | str) else node


def _node(function: Callable[..., Any]) -> ast.FunctionDef:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    return node


def _shown(node: ast.AST) -> str:
    """Source as this project writes it; no text of a definition holds a quotation mark."""
    return ast.unparse(node).replace("'", '"')


def _signature(name: str, node: ast.FunctionDef) -> str:
    """One parameter a line where there are several."""
    parameters = list(_parameters(node.args))
    if len(parameters) < 3:
        return _call(name, node)
    inside = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"{name}(\n{inside}){_returned(node)}"


def _call(name: str, node: ast.FunctionDef) -> str:
    return f"{name}({', '.join(_parameters(node.args))}){_returned(node)}"


def _returned(node: ast.FunctionDef) -> str:
    return f" -> {_shown(node.returns)}" if node.returns else ""


def _parameters(given: ast.arguments) -> Iterator[str]:
    first = len(given.args) - len(given.defaults)
    for place, argument in enumerate(given.args):
        if argument.arg == "self":
            continue
        yield _parameter(argument, given.defaults[place - first] if place >= first else None)
    if given.kwonlyargs:
        yield "*"
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _parameter(argument, default)
    if given.kwarg:
        yield f"**{_parameter(given.kwarg, None)}"


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    typed = f": {_shown(argument.annotation)}" if argument.annotation else ""
    return argument.arg + typed + (f" = {_shown(default)}" if default else "")


def _told(thing: Any, name: str) -> str:
    if not thing.__doc__:
        sys.exit(f"{name} has no docstring, and the definition language is public.")
    return inspect.cleandoc(thing.__doc__)


def _collect(node: ast.AST, known: dict[str, Any], found: dict[str, tuple[Any, ast.ClassDef | ast.AnnAssign]]) -> None:
    """Every option type that the annotations below the node name, and those that these name in turn."""
    for inner in ast.walk(node):
        annotation = inner.annotation if isinstance(inner, ast.arg | ast.AnnAssign) else None
        for name in _names(annotation):
            value = known.get(name)
            if name in found or name in _ELSEWHERE or not (is_typeddict(value) or get_origin(value) is not None):
                continue
            home = _home(name, value, known)
            defined = _defined(name, home)
            found[name] = value, defined
            _collect(defined, vars(home), found)


def _names(annotation: ast.expr | None) -> Iterator[str]:
    for inner in ast.walk(annotation) if annotation else ():
        if isinstance(inner, ast.Name):
            yield inner.id


def _home(name: str, value: Any, known: dict[str, Any]) -> Any:
    """The module whose source defines the name: an alias does not know its own."""
    if is_typeddict(value):
        return sys.modules[value.__module__]
    here = sys.modules[known["__name__"]]
    if _assigned(name, here) is not None:
        return here
    modules = (module for key, module in sorted(sys.modules.items()) if key.startswith("poolhouse.define."))
    return next(module for module in modules if _assigned(name, module) is not None)


def _assigned(name: str, module: Any) -> ast.Assign | None:
    tree = ast.parse(inspect.getsource(module))
    named = (node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name))
    return next((node for node in named if node.targets[0].id == name), None)


def _defined(name: str, module: Any) -> ast.ClassDef | ast.AnnAssign:
    tree = ast.parse(inspect.getsource(module))
    kinds = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    if kind := next(kinds, None):
        return kind
    assigned = _assigned(name, module)
    assert assigned is not None
    return ast.AnnAssign(assigned.targets[0], assigned.value, None, 1)


def _type(name: str, value: Any, node: ast.ClassDef | ast.AnnAssign) -> list[str]:
    if isinstance(node, ast.AnnAssign):
        return [f"### {name}\n", f"```python\n{_alias(name, node.annotation)}\n```\n"]
    lines = [f"### {name}\n", _told(value, name) + "\n", "| member | type | |", "|---|---|---|"]
    needed = value.__required_keys__
    for member, typed in _members(value):
        lines.append(f"| `{member}` | `{_cell(typed)}` | {'needed' if member in needed else ''} |")
    return [*lines, ""]


def _alias(name: str, value: ast.expr) -> str:
    """On one line where it fits; a long choice has a line for each of its words."""
    line = f"{name} = {_shown(value)}"
    if len(line) <= _WIDTH or not (isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Tuple)):
        return line
    words = "".join(f"    {_shown(word)},\n" for word in value.slice.elts)
    return f"{name} = {_shown(value.value)}[\n{words}]"


def _members(value: Any) -> Iterator[tuple[str, str]]:
    """Members in the order of the source, those of the types that it extends first."""
    for base in getattr(value, "__orig_bases__", ()):
        if is_typeddict(base):
            yield from _members(base)
    node = _defined(value.__name__, sys.modules[value.__module__])
    for inner in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
            yield inner.target.id, _shown(inner.annotation)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _builder(called: str, title: str, kinds: tuple[type, ...]) -> list[str]:
    lines = [f"### {title}\n", "| call | what it does |", "|---|---|"]
    for kind in kinds:
        owner = _CALLED.get(kind.__name__, called)
        for name, method in vars(kind).items():
            if inspect.isfunction(method) and not name.startswith("_") and name not in {"compiled", "check"}:
                told = " ".join(_told(method, f"{owner}.{name}").split()).replace("|", "\\|")
                lines.append(f"| `{_cell(_call(f'{owner}.{name}', _node(method)))}` | {told} |")
    return [*lines, ""]
