"""The files of Admin Queries as `poolhouse add auth` writes them: the function's source, and the call that defines it.

Texts in, texts out; nothing is written here. Once written, the source belongs to the project.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

ENTRY: Final = "app.py"
DEFINITION: Final = "amplify/api/AdminQueries/resource.py"
_TEMPLATES: Final = Path(__file__).with_name("templates") / "admin-queries"


def function_name(digits: str) -> str:
    """`AdminQueries` and the eight hex digits that stay with a project for its life."""
    return f"AdminQueries{digits}"


def source_folder(function: str) -> str:
    """Where the function's source lies, from the project's root."""
    return f"amplify/backend/function/{function}/src"


def source_files(function: str) -> dict[str, str]:
    """The function's source: path from the project's root to text, the same for every project."""
    found = sorted(path for path in _TEMPLATES.iterdir() if path.is_file())
    return {f"{source_folder(function)}/{path.name}": path.read_text(encoding="utf-8") for path in found}


def definition(function: str, groups: Sequence[str] | None) -> str:
    """The text of DEFINITION. None lets every signed-in user call."""
    if groups is None:
        who = "group=None"
    elif len(groups) == 1:
        who = f"group={_text(groups[0])}"
    else:
        who = f"groups=[{', '.join(map(_text, groups))}]"
    return (_OPEN if groups is None else _GUARDED).format(function=function, who=who)


def files(function: str, groups: Sequence[str] | None) -> dict[str, str]:
    """Everything: the source and the definition, by path from the project's root."""
    return {**source_files(function), DEFINITION: definition(function, groups)}


def _text(name: str) -> str:
    """A group's name as a literal; group names hold neither quotes nor backslashes."""
    return f'"{name}"'


_CALL: Final = """
from poolhouse import define_admin_queries

admin_queries = define_admin_queries(function="{function}", {who})
"""
_GUARDED: Final = '"""Administrative routes of the user pool, for the members of a group."""\n' + _CALL
_OPEN: Final = (
    '"""Administrative routes of the user pool. Every signed-in user may call them: name a group here."""\n' + _CALL
)
