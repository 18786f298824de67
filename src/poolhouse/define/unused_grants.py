"""Which grants a function's source no longer uses, read from the source without running it.

Found are the SDK's method names, and the names of operations in texts. A name that the code makes at run time is not
seen, so a finding is a question to a person; nothing is removed by itself.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

_WORD_BREAK: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def sdk_method(operation: str) -> str:
    """boto3's method of an operation: AdminSetUserMFAPreference is `admin_set_user_mfa_preference`."""
    return _WORD_BREAK.sub("_", operation).lower()


def unused_grants(project: Path, entry: str, granted: Iterable[str], handler: str = "handler") -> list[str]:
    """Those of the granted IAM actions (`cognito-idp:ListUsers`) whose operation no code that can run names.

    `entry` is the handler's file from the project's root. Modules that it imports are read too, where they are found
    beside it or in the project. Raises OSError and SyntaxError.
    """
    words = _words(_modules(project, project / entry), handler)
    return [action for action in granted if not {_operation(action), sdk_method(_operation(action))} & words]


def _operation(action: str) -> str:
    return action.rpartition(":")[2]


def _modules(project: Path, entry: Path) -> list[ast.Module]:
    """The entry and everything of the project that it imports, each once."""
    read: dict[Path, ast.Module] = {}
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path in read:
            continue
        read[path] = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        waiting += _imported(read[path], path, (entry.parent, project))
    return list(read.values())


def _imported(module: ast.Module, path: Path, roots: tuple[Path, ...]) -> Iterator[Path]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names, folders = [alias.name for alias in node.names], roots
        elif isinstance(node, ast.ImportFrom):
            base = [node.module] if node.module else []
            names = base + [".".join([*base, alias.name]) for alias in node.names]
            folders = (path.parents[node.level - 1],) if node.level else roots
        else:
            continue
        yield from (found for folder in folders for name in names for found in _files(folder, name))


def _files(folder: Path, module: str) -> list[Path]:
    """The files that importing `module` from `folder` runs, its packages' included."""
    parts = module.split(".")
    below = [folder.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]
    candidates = [path for part in below for path in (part / "__init__.py", part.with_name(f"{part.name}.py"))]
    return [path for path in candidates if path.is_file()]


class _Code(NamedTuple):
    """The code of all modules: what runs when they are imported, and definitions that run when they are named."""

    running: list[ast.stmt]
    named: dict[str, list[ast.stmt]]


def _words(modules: Iterable[ast.Module], handler: str) -> set[str]:
    """Every name and short text in code that can be reached from the handler and from what runs at import."""
    code = _sorted(modules)
    reached: set[str] = set()
    waiting = [*code.running, *code.named.pop(handler, [])]
    while waiting:
        fresh = set(_spoken(waiting.pop())) - reached
        reached |= fresh
        for name in fresh & code.named.keys():
            waiting += code.named.pop(name)
    return reached


def _sorted(modules: Iterable[ast.Module]) -> _Code:
    """A decorated definition is handed to its decorator, which may keep it for later: it counts as running."""
    code = _Code([], {})
    for statement in (statement for module in modules for statement in module.body):
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if isinstance(statement, kinds) and not statement.decorator_list:
            code.named.setdefault(statement.name, []).append(statement)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                if alias.asname is not None:
                    code.named.setdefault(alias.asname, []).append(ast.Expr(ast.Name(alias.name)))
        else:
            code.running.append(statement)
    return code


def _spoken(code: ast.stmt) -> Iterator[str]:
    for node in ast.walk(code):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Constant(value=str(name)):
                yield name
