"""Processes of a user without rights, on a machine whose Python may lie where that user cannot reach it."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = pwd.getpwnam("nobody")
_PATHS = os.pathsep.join(path for path in sys.path if path)
_OPENED = """
mount --bind "$2" "$3"
mount -t tmpfs -o mode=755 none "$1"
mkdir -p "$2"
mount --bind "$3" "$2"
shift 3
exec "$@"
"""


class Outside:
    """A folder that everybody can reach, which those of pytest are not, and processes that work in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._view = self._of_closed_parent()

    def _of_closed_parent(self) -> list[str]:
        """A view of the files in which the closed folder above this Python holds nothing but the way to it, opened."""
        home = Path(os.path.realpath(sys.executable))
        closed = [path for path in home.parents if not path.stat().st_mode & 0o001]
        if not closed:
            return []
        held = self.folder / "held"
        held.mkdir()
        way = closed[-1] / home.relative_to(closed[-1]).parts[0]
        return ["unshare", "--mount", "sh", "-ec", _OPENED, "sh", str(closed[-1]), str(way), str(held)]

    def command(self, *command: str, root: bool = False) -> list[str]:
        """The command in the eyes of that user, or of root."""
        taken = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups", "--"]
        return [*self._view, *([] if root else taken), *command]

    def run(self, *command: str, root: bool = False, **given: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*command, root=root),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": _PATHS, **given},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    def python(self, code: str, *arguments: str, root: bool = False, **given: str):
        return self.run(sys.executable, "-c", code, *arguments, root=root, **given)

    def give(self) -> None:
        """All that is in the folder now becomes that user's."""
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)


@pytest.fixture
def outside() -> Iterator[Outside]:
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root on Linux, and setpriv")
    folder = Path(tempfile.mkdtemp(prefix="poolhouse-outside-"))
    folder.chmod(0o755)
    made = Outside(folder)
    if made.python("import poolhouse, awslambdaric").returncode != 0:
        shutil.rmtree(folder)
        pytest.skip("this Python is closed to the user nobody")
    yield made
    shutil.rmtree(folder)
