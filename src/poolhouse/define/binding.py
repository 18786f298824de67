"""Whether a handler's file has the function that AWS Lambda would call, read from the source without running it."""

import ast
import symtable
from importlib.util import decode_source
from pathlib import Path


def binds(path: Path, name: str) -> bool:
    """Whether the module gives `name` a meaning when it is imported; also yes where only running it could tell.

    Raises OSError, SyntaxError, and ValueError for bytes that are no source.
    """
    source = decode_source(path.read_bytes())
    if any(_takes_all(node) for node in ast.walk(ast.parse(source, str(path)))):
        return True
    table = symtable.symtable(source, str(path), "exec")
    known = {symbol.get_name(): symbol for symbol in table.get_symbols()}
    if "__getattr__" in known or "globals" in known:
        return True
    return name in known and (known[name].is_assigned() or known[name].is_imported())


def _takes_all(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
