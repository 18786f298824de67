"""What an installation takes on disk, in bytes."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def folder(path: Path) -> int:
    """Every file below; links are not followed."""
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())


def installed(name: str) -> int:
    """A distribution of this environment with all that it needs, without what only its extras or tests need."""
    return sum(_size(found) for found in _needed(name, {}).values())


def _needed(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    key = name.lower().replace("_", "-").replace(".", "-")
    if key in found:
        return found
    try:
        found[key] = distribution(name)
    except PackageNotFoundError:  # a marker that is not for this machine
        return found
    for line in found[key].requires or ():
        if "extra ==" not in line and (needed := _NAME.match(line)):
            _needed(needed[0], found)
    return found


def _size(found: Distribution) -> int:
    if (editable := _source(found)) is not None:
        return folder(editable)
    return sum(path.lstat().st_size for file in found.files or () if (path := Path(str(file.locate()))).is_file())


def _source(found: Distribution) -> Path | None:
    """Where an editable installation has its package."""
    if found.metadata["Name"] != "poolhouse":
        return None
    import poolhouse

    return Path(poolhouse.__file__).parent
