"""What the modules of src/ import, read from their text: when they are loaded, and at any time."""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from distribution.conftest import ROOT

SOURCE = ROOT / "src"
COMMAND = frozenset({"poolhouse", "poolhouse.cli"})
"""They import whatever is asked of them, later."""


class Imports(NamedTuple):
    """By their full names: at the top of the file, and anywhere in it."""

    loaded: frozenset[str]
    ever: frozenset[str]


class Reached(NamedTuple):
    """Modules of ours, and the packages of others with the module that imports each."""

    own: set[str]
    others: dict[str, str]


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its name; templates are text for the user's project."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        if "templates" not in path.parts:
            parts = path.relative_to(SOURCE).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(module: str) -> Imports:
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    found = set(_found(tree, module, is_later=False))
    return Imports(frozenset(name for name, is_later in found if not is_later), frozenset(name for name, _ in found))


def reached(starts: Iterable[str], *, ever: bool = False) -> Reached:
    """What loading these modules loads; with `ever`, what can be loaded by what they hold."""
    own, others, waiting = set[str](), dict[str, str](), list(starts)
    while waiting:
        module = waiting.pop()
        if module in own:
            continue
        own.add(module)
        known = imports(module)
        for name in known.ever if ever and module not in COMMAND else known.loaded:
            if name.partition(".")[0] == "poolhouse":
                waiting += [each for each in _with_parents(name) if each in modules()]
            else:
                others.setdefault(name.partition(".")[0], module)
    return Reached(own, others)


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _found(node: ast.AST, module: str, *, is_later: bool) -> Iterator[tuple[str, bool]]:
    """Names, and whether a function has to be called for them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield from ((name, is_later) for name in _names(child, module) if not _is_standard(name))
        elif isinstance(child, ast.stmt | ast.excepthandler | ast.match_case) and not _is_for_types(child):
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _found(child, module, is_later=is_later or is_function)


def _names(node: ast.Import | ast.ImportFrom, module: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = _absolute(node, module)
    return [base, *(f"{base}.{alias.name}" for alias in node.names)]


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _absolute(node: ast.ImportFrom, module: str) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    is_package = modules()[module].name == "__init__.py"
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, *([node.module] if node.module else [])])
