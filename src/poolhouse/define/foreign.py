"""What to do about an exception of the user's own modules: the mistakes that many make have an answer of their own."""

import re
import sys
from pathlib import Path
from typing import Final

import poolhouse

from .places import FOLDER
from .words import advice, nearest

MEND: Final = "Mend that line."
_CIRCLE: Final = "partially initialized module"
_NAME: Final = re.compile(r"cannot import name '(?P<name>[^']+)' from ")
_CALL: Final = re.compile(r"(?:Builder|Modified|OperationDefinition|HandlerKinds)\.(?P<call>\w+)\(\) ")
_MODIFIER: Final = re.compile(r"unexpected keyword argument '(required|array)'")
_EXAMPLES: Final = {
    "arguments": '.arguments({"name": a.string().required()})',
    "authorization": ".authorization(lambda allow: [allow.authenticated()])",
    "customType": 'a.customType({"id": a.id().required()})',
    "enum": 'a.enum(["LOW", "HIGH"])',
    "function": "a.handler.function(function)",
    "mutation": "a.mutation().arguments({...}).returns(...).authorization(...).handler(...)",
    "query": "a.query().arguments({...}).returns(...).authorization(...).handler(...)",
    "ref": 'a.ref("Type").required()',
    "schema": 'a.schema({"hello": a.query().returns(a.string()).authorization(...).handler(...)})',
}


def remedy(error: BaseException, root: Path) -> str:
    """A sentence for the person whose project in `root` could not be read."""
    match error:
        case ModuleNotFoundError():
            return _not_found(error.name or "", root)
        case ImportError():
            return _not_there(error)
        case NameError():
            return _unknown(error.name or "")
        case TypeError():
            return _miscalled(str(error))
        case _:
            return MEND


def _not_found(module: str, root: Path) -> str:
    """A module of the project under a wrong name, or a package that is not installed."""
    parts = module.split(".")
    if not all(parts):
        return MEND
    if parts[0] != FOLDER:
        if _is_module(root / FOLDER / parts[0]):
            return f"Imports begin at the project's folder: write {FOLDER}.{module}."
        return f"Correct the name, or install the package for {sys.executable}."
    folder = root.joinpath(*parts[:-1])
    close = nearest(parts[-1], _modules(folder))
    if close is not None:
        return f"Did you mean {'.'.join((*parts[:-1], close))!r}?"
    return f"{Path(*parts).as_posix()}.py does not exist: create it, or correct the name."


def _is_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").is_file()


def _modules(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.stem for path in folder.iterdir() if _is_module(path.with_suffix("")) and path.stem.isidentifier()]


def _not_there(error: ImportError) -> str:
    """A name that its module does not define: misspelt, or not defined yet because two modules import each other."""
    if _CIRCLE in str(error):
        return "These modules import each other: move what both need into a third file, and import that."
    found, module = _NAME.match(str(error)), sys.modules.get(error.name or "")
    if found is None or module is None:
        return MEND
    names = [name for name, value in vars(module).items() if _is_definition(value)]
    choices = poolhouse.__all__ if module is poolhouse else names
    if not choices:
        return f"Write {found['name']} = ... there, or correct the name."
    return advice(found["name"], choices)


def _is_definition(value: object) -> bool:
    return type(value).__module__.startswith("poolhouse.define")


def _unknown(name: str) -> str:
    if name in poolhouse.__all__:
        return f"Add: from poolhouse import {name}"
    if name == "allow":
        return "Rules are made by a function: write lambda allow: [...]."
    close = nearest(name, poolhouse.__all__)
    return f"Did you mean {close!r}, from poolhouse?" if close else MEND


def _miscalled(words: str) -> str:
    if words.startswith("define_backend() takes 0 positional"):
        return "Name what you pass: define_backend(auth=auth, data=data)."
    found = _CALL.search(words)
    if found is None:
        return MEND
    if modifier := _MODIFIER.search(words):
        return f"Write .{modifier[1]}() behind it, as in a.string().{modifier[1]}()."
    example = _EXAMPLES.get(found["call"], "a.string() and then .required() or .array(), all with empty parentheses")
    return f"Write for example {example}."
