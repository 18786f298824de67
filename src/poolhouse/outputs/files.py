"""Writes the client files: whole or not at all, and only those that changed, so that watchers stay quiet."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from poolhouse.define.manifest import Manifest
from poolhouse.errors import UserError

from .amplify_outputs import Applied, amplify_outputs, encoded
from .aws_exports import aws_exports, exports_module
from .flutter import dart_source, rest_modes
from .local_module import local_module, local_module_v5
from .native import dart_file, native_file
from .python_stub import python_stub
from .schema_ts import schema_ts

_Make = Callable[[Manifest, Applied, dict[str, Any]], bytes]


class Format(NamedTuple):
    """One kind of client file: its name, for whom it is, and how it is made. Two kinds may have one name.

    A `local` one holds the addresses of a server of ours, which an environment at AWS does not have.
    """

    file: str
    about: str
    make: _Make
    local: bool = False


FORMATS: Final[dict[str, Format]] = {
    "json": Format(
        "amplify_outputs.json", "aws-amplify v6, poolhouse.client", lambda _m, _a, document: encoded(document)
    ),
    "js": Format(
        "poolhouse_local.js",
        "aws-amplify v6, with this server's addresses",
        lambda _m, applied, document: local_module(document, applied.base_url, applied.pool_url),
        local=True,
    ),
    "js-v5": Format(
        "poolhouse_local_v5.js",
        "aws-amplify v5, with this server's addresses",
        lambda manifest, applied, _d: local_module_v5(manifest, applied),
        local=True,
    ),
    "ts": Format("resource.ts", "generateClient<Schema>()", lambda manifest, _a, _d: schema_ts(manifest)),
    "python": Format("amplify_client.py", "typed Python", lambda manifest, _a, _d: python_stub(manifest).encode()),
    "dart": Format(
        "amplify_outputs.dart",
        "Amplify Flutter",
        lambda manifest, applied, document: dart_source(document, applied.pool_endpoint, rest_modes(manifest)),
    ),
    "exports": Format(
        "aws-exports.js",
        "web apps of Amplify's first generation",
        lambda manifest, applied, _d: exports_module(manifest, applied),
    ),
    "json-web": Format(
        "amplifyconfiguration.json",
        "the same as exports, as JSON",
        lambda manifest, applied, _d: encoded(aws_exports(manifest, applied)),
    ),
    "json-mobile": Format(
        "amplifyconfiguration.json",
        "Amplify Swift and Android; needs HTTPS on port 443",
        lambda manifest, applied, _d: native_file(manifest, applied),
    ),
    "dart-mobile": Format(
        "amplifyconfiguration.dart",
        "Amplify Flutter of the first generation",
        lambda manifest, applied, _d: dart_file(manifest, applied),
    ),
}
"""The files that can be asked for, by what they are called on the command line."""

DEFAULT_FORMATS: Final = ("json", "js")
AWS_FORMATS: Final = ("json",)
"""What is written of an environment at AWS unless others are asked for."""
DEFAULT: Final = tuple(FORMATS[name].file for name in DEFAULT_FORMATS)
"""The names of the files that are written unless others are asked for."""


def write_outputs(
    folder: Path, manifest: Manifest, applied: Applied, formats: tuple[str, ...] = DEFAULT_FORMATS
) -> tuple[Path, ...]:
    """Write these files into `folder`, which is made if need be. Returns those that changed.

    All are made before the first is written; raises UserError, with nothing written, where a client cannot use one.
    """
    wanted = [FORMATS[name] for name in dict.fromkeys(formats)]
    if applied.aws is not None and (local := [one.file for one in wanted if one.local]):
        raise UserError(
            f"{', '.join(local)} would hold the addresses of a Poolhouse server, and this environment is at AWS.",
            resolution="Give Amplify.configure() the file amplify_outputs.json (v6) or aws-exports.js (v5).",
        )
    document = amplify_outputs(manifest, applied)
    made = {folder / one.file: one.make(manifest, applied, document) for one in wanted}
    if len(made) < len(wanted):
        raise UserError(
            "Two of these formats have the same file name.",
            resolution="Write them into two folders, one after the other.",
        )
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
