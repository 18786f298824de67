"""Writes the client files: whole or not at all, and only those that changed, so that watchers stay quiet."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from poolhouse.define.manifest import Manifest

from .amplify_outputs import Applied, amplify_outputs, encoded
from .flutter import dart_source
from .local_module import local_module
from .python_stub import python_stub

_Make = Callable[[Manifest, Applied, dict[str, Any]], bytes]
FILES: Final[dict[str, _Make]] = {
    "amplify_outputs.json": lambda _manifest, _applied, document: encoded(document),
    "poolhouse_local.js": lambda _manifest, applied, document: local_module(document, applied.base_url),
    "amplify_outputs.dart": lambda _manifest, applied, document: dart_source(document, applied.base_url),
    "amplify_client.py": lambda manifest, _applied, _document: python_stub(manifest).encode(),
}
"""The files that can be asked for, by name."""

DEFAULT: Final = ("amplify_outputs.json", "poolhouse_local.js")


def write_outputs(
    folder: Path, manifest: Manifest, applied: Applied, names: tuple[str, ...] = DEFAULT
) -> tuple[Path, ...]:
    """Write the named files of `FILES` into `folder`, which is made if need be. Returns those that changed."""
    document = amplify_outputs(manifest, applied)
    made = {folder / name: FILES[name](manifest, applied, document) for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(path for path, content in made.items() if _replace(path, content))


def _replace(path: Path, content: bytes) -> bool:
    """Put the content in place in one step; readers see the old file or the new one."""
    if path.is_file() and path.read_bytes() == content:
        return False
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True
