"""Texts of several rows as one value of another row's, which spares a statement: a JSON list, on both databases."""

from typing import Any

from sqlalchemy import ColumnElement, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class JsonList(FunctionElement[str]):
    """The values of a column, in the order in which a subquery gives them."""

    inherit_cache = True
    name = "json_list"
    type = Text()

    def __init__(self, column: ColumnElement[str]) -> None:
        super().__init__(column)


@compiles(JsonList, "sqlite")
def _on_sqlite(element: JsonList, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **options)})"


@compiles(JsonList, "postgresql")
def _on_postgresql(element: JsonList, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_agg({compiler.process(element.clauses, **options)})"
