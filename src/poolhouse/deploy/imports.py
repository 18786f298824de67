"""Which of the project's own modules a function imports, found in the source: nothing of it is run."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from poolhouse.errors import ProjectError


@dataclass(slots=True)
class Imported:
    """`files` are modules of the project. `foreign` maps the first name of every other module that is imported as soon
    as its file is loaded to the file that asks for it; the standard library is not among them.
    """

    files: set[Path] = field(default_factory=set)
    foreign: dict[str, Path] = field(default_factory=dict)


def follow(start: Iterable[Path], roots: tuple[Path, ...]) -> Imported:
    """From the files in `start` on, through everything below `roots`, which are searched in order as `sys.path` is.

    What is imported for type checkers only, is not followed. Raises ProjectError for a file that is not Python.
    """
    found = Imported(files=set(start))
    waiting = sorted(found.files)
    while waiting:
        path = waiting.pop()
        for name, submodules, is_immediate in _names(path, roots):
            reached = _resolve(name, submodules, roots)
            if not reached:
                top = name.partition(".")[0]
                if is_immediate and top not in sys.stdlib_module_names:
                    found.foreign.setdefault(top, path)
            new = reached - found.files
            found.files |= new
            waiting += sorted(new)
    return found


def _names(path: Path, roots: tuple[Path, ...]) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """(module, names taken from it, whether loading the file imports it)."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except SyntaxError as broken:
        raise ProjectError(
            f"{path.name} is not Python: {broken.msg} (line {broken.lineno}).",
            resolution="Correct the file.",
            location=str(path),
        ) from broken
    for node, is_immediate in _imports(tree.body, is_immediate=True):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, (), is_immediate
        else:
            module = _absolute(node, path, roots)
            if module:
                yield module, tuple(alias.name for alias in node.names), is_immediate


def _imports(body: Iterable[ast.AST], *, is_immediate: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import below these nodes. One in a function, a condition or a try happens later, or perhaps not at all."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, is_immediate
        elif isinstance(node, ast.If) and _is_for_type_checkers(node.test):
            yield from _imports(node.orelse, is_immediate=False)
        else:
            yield from _imports(ast.iter_child_nodes(node), is_immediate=False)


def _is_for_type_checkers(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _absolute(node: ast.ImportFrom, path: Path, roots: tuple[Path, ...]) -> str:
    """The module's full name; that of `from . import x` begins with the importing file's own folder."""
    if not node.level:
        return node.module or ""
    package = path.parent
    for _ in range(node.level - 1):
        package = package.parent
    for root in sorted(roots, key=lambda folder: -len(folder.parts)):
        if package.is_relative_to(root) and package != root:
            return ".".join((*package.relative_to(root).parts, *((node.module,) if node.module else ())))
    return node.module or ""


def _resolve(name: str, submodules: tuple[str, ...], roots: tuple[Path, ...]) -> set[Path]:
    """The files of a module, of the packages that it lies in, and of the submodules that are taken from it."""
    for root in roots:
        files = _files(root, name)
        if files is not None:
            taken = [_files(root, f"{name}.{submodule}") for submodule in submodules]
            return files.union(*(more for more in taken if more))
    return set()


def _files(root: Path, name: str) -> set[Path] | None:
    """None where the module is not below the root; a folder without __init__.py is a package too, once something in it
    is Python.
    """
    found: set[Path] = set()
    folder = root
    *packages, last = name.split(".")
    for part in packages:
        folder = folder / part
        if not folder.is_dir():
            return None
        found |= _initial(folder)
    if (folder / last).is_dir() and (_initial(folder / last) or any((folder / last).glob("*.py"))):
        return found | _initial(folder / last)
    if (folder / f"{last}.py").is_file():
        return found | {folder / f"{last}.py"}
    return None


def _initial(folder: Path) -> set[Path]:
    path = folder / "__init__.py"
    return {path} if path.is_file() else set()
