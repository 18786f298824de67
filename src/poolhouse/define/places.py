"""Where in the user's files a definition was made: frames, project roots and paths that errors can show.

Nothing else in `define` looks at frames or makes paths relative.
"""

import sys
from pathlib import Path
from typing import Final, NamedTuple

from poolhouse.errors import DefinitionError

FOLDER: Final = "amplify"
_PACKAGE: Final = __file__.removesuffix("define/places.py").removesuffix("define\\places.py")


class Place(NamedTuple):
    """One line of one file; as text `amplify/auth/resource.py:12`."""

    file: str
    line: int

    @property
    def path(self) -> Path:
        return Path(self.file).absolute()

    @property
    def root(self) -> Path | None:
        """The folder that holds the innermost `amplify/` above the file, preferably one that has a backend.py."""
        folders = [folder for folder in self.path.parents if folder.name == FOLDER]
        for folder in folders:
            if (folder / "backend.py").is_file():
                return folder.parent
        return folders[0].parent if folders else None

    def __str__(self) -> str:
        return f"{self.shown}:{self.line}"

    @property
    def shown(self) -> str:
        """The file relative to its project's root, with forward slashes; the bare file outside of a project."""
        root = self.root
        return self.path.relative_to(root).as_posix() if root else self.file


def here() -> Place:
    """The line of the innermost caller outside of this package: the line that the user wrote."""
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to see one's caller without building a stack
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


def project_root(place: Place, what: str) -> Path:
    """The project that a definition belongs to; DefinitionError where no folder above is called `amplify`."""
    root = place.root
    if root is None:
        raise DefinitionError(
            f"{what} was called from {place.file}, which is not inside a folder named {FOLDER}/.",
            resolution=f"Move the definition into the {FOLDER}/ folder of your project.",
            location=str(place),
        )
    return root
