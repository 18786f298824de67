"""Edits of the imports and statements of the user's Python; the rest of the text is left alone."""

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from poolhouse.cli.editing_source import Source
from poolhouse.errors import ProjectError


def import_statements(module: cst.Module) -> Iterator[cst.ImportFrom]:
    for statement in module.body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from (one for one in statement.body if isinstance(one, cst.ImportFrom))


def imported(source: str, path: str, module: str, name: str) -> tuple[str, str]:
    """(source, local name) with `from module import name` in it; an import that is there is used as it is."""
    text = Source(source, path)
    for statement in import_statements(text.module):
        if _module_of(text, statement) == module and not isinstance(statement.names, cst.ImportStar):
            for alias in statement.names:
                if alias.name.value == name:
                    return source, text.code(alias.asname.name) if alias.asname else name
    others = [one for statement in import_statements(text.module) for one in _names(statement)]
    if name in _used(text.module) or name in [_local(text, one) for one in others]:
        raise ProjectError(
            f"{path} uses the name {name} for something else, so it cannot be edited safely.",
            resolution=f"Write it by hand: from {module} import {name} as another_name, and pass it on.",
            location=path,
        )
    return _with_import(text, f"from {module} import {name}"), name


def _with_import(text: Source, line: str) -> str:
    """The import in its alphabetical place among those of the same package, else before all other imports."""
    package = line.split()[1].split(".", maxsplit=1)[0]
    statements = [
        statement
        for statement in text.module.body
        if isinstance(statement, cst.SimpleStatementLine)
        and any(isinstance(one, cst.Import | cst.ImportFrom) for one in statement.body)
        and "__future__" not in text.code(statement)
    ]
    same = [one for one in statements if text.code(one).startswith(f"from {package}.")]
    later = next((one for one in same if text.code(one) > line), None)
    if later is not None:
        start = text.span(later)[0]
        return text.spliced(start, start, line + text.newline)
    if same:
        end = text.span(same[-1])[1]
        end = text.rest_of_line(end) or end
        return text.spliced(end, end, text.newline + line)
    body = text.module.body
    first = statements[0] if statements else next((one for one in body if not _is_docstring(one)), None)
    if first is None:
        return text.data.decode() + line + text.newline
    start = text.span(first)[0]
    return text.spliced(start, start, f"{line}{text.newline}{text.newline}")


def _is_docstring(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    only = statement.body[0]
    return isinstance(only, cst.Expr) and isinstance(only.value, cst.SimpleString)


def _module_of(text: Source, statement: cst.ImportFrom) -> str:
    return text.code(statement.module) if statement.module is not None and not statement.relative else ""


class _Names(cst.CSTVisitor):
    """The names that code uses: neither those of imports nor those of keyword arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802 - libcst finds it by this name
        self.found.add(node.value)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:  # noqa: ARG002, N802 - libcst finds it by this name
        return False

    def visit_Import(self, node: cst.Import) -> bool:  # noqa: ARG002, N802 - libcst finds it by this name
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:  # noqa: N802 - libcst finds it by this name
        node.value.visit(self)
        return False


def _used(module: cst.Module) -> set[str]:
    names = _Names()
    module.visit(names)
    return names.found


def without_import(source: str, path: str, module: str) -> str:
    """`source` without the imports from `module` whose names it no longer uses."""
    text = Source(source, path)
    used = _used(text.module)
    for statement in text.module.body:
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            continue
        only = statement.body[0]
        if not isinstance(only, cst.ImportFrom) or _module_of(text, only) != module:
            continue
        if not _names(only) or used.intersection(_local(text, one) for one in _names(only)):
            continue
        return without_statement(text, statement)
    return source


def _names(statement: cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    return () if isinstance(statement.names, cst.ImportStar) else statement.names


def _local(text: Source, alias: cst.ImportAlias) -> str:
    return text.code(alias.asname.name) if alias.asname else text.code(alias.name)


def without_statement(text: Source, statement: cst.CSTNode) -> str:
    """Without a whole statement and its line's end; of the blank lines around it one set stays."""
    start, end = text.span(statement)
    end = text.rest_of_line(end) or end
    following = re.compile(rb"\r?\n").match(text.data, end)
    end = following.end() if following else end
    if text.data[:start].endswith((b"\n\n", b"\r\n\r\n")) or start == 0:
        blank = re.compile(rb"(?:[ \t]*\r?\n)*").match(text.data, end)
        end = blank.end() if blank else end
    return text.spliced(start, end, "")


def is_preamble(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    if _is_docstring(statement):
        return True
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(one, cst.Import | cst.ImportFrom) for one in statement.body
    )
