"""Changes of a project's files before they are made: tried out in a copy, shown as a diff, then written all or none."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import unified_diff
from pathlib import Path
from types import FrameType

import typer

from poolhouse.define.manifest import Manifest
from poolhouse.define.project import load
from poolhouse.errors import ProjectError

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_IGNORED = shutil.ignore_patterns("__pycache__")


class Draft:
    """What the files of a project are to become. Paths are relative to the project, with forward slashes."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self._before: dict[str, bytes | None] = {}
        self._after: dict[str, str | None] = {}
        self._listed: set[str] = set()

    def __bool__(self) -> bool:
        return any(self._changed())

    def read(self, path: str) -> str | None:
        """The text that the file is to have; None when there is no file."""
        if path not in self._before:
            self._before[path] = self._on_disk(path)
            before = self._before[path]
            try:
                self._after[path] = None if before is None else before.decode()
            except UnicodeDecodeError:
                raise ProjectError(
                    f"{path} is not UTF-8 text.", resolution="Save it as UTF-8, then run the command again."
                ) from None
        return self._after[path]

    def source(self, path: str, resolution: str) -> str:
        """The text of a file that must be there. Raises ProjectError."""
        text = self.read(path)
        if text is None:
            raise ProjectError(f"There is no {path}.", resolution=resolution)
        return text

    def put(self, path: str, text: str, *, listed: bool = False) -> None:
        """`listed` files are named in the diff and not shown."""
        self.read(path)
        self._after[path] = text
        if listed:
            self._listed.add(path)

    def remove(self, path: str, *, listed: bool = False) -> None:
        self.read(path)
        self._after[path] = None
        if listed:
            self._listed.add(path)

    def _on_disk(self, path: str) -> bytes | None:
        try:
            return (self.project / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ProjectError(
                f"{path} cannot be read ({error.strerror}).", resolution="Make it a readable file."
            ) from error

    def _changed(self) -> Iterator[str]:
        for path, after in self._after.items():
            if self._before[path] != (None if after is None else after.encode()):
                yield path

    def texts(self) -> dict[str, str | None]:
        """The files that would change, with the text they would have; None where one would go."""
        return {path: self._after[path] for path in self._changed()}

    def overwritten(self) -> list[str]:
        """The files that are there and would have another text, or go."""
        return [path for path in self._changed() if self._before[path] is not None]

    def rehearse(self) -> Manifest:
        """The Manifest of the project as it is to become. Raises what the definitions raise; the files stay."""
        with tempfile.TemporaryDirectory(prefix="poolhouse-") as name:
            try:
                self._copy(Path(name))
            except OSError as error:
                raise ProjectError(
                    f"The project cannot be copied to try the change out ({error}).",
                    resolution="Make the files below amplify/ readable.",
                ) from error
            return load(Path(name))

    def _copy(self, copy: Path) -> None:
        """The project with the changes. Only amplify/ is copied; the rest is linked, for what definitions import."""
        for entry in self.project.iterdir() if self.project.is_dir() else ():
            if entry.name != "amplify":
                (copy / entry.name).symlink_to(entry.resolve())
        if (self.project / "amplify").is_dir():
            shutil.copytree(self.project / "amplify", copy / "amplify", ignore=_IGNORED, ignore_dangling_symlinks=True)
        for path in self._changed():
            if path.startswith("amplify/"):
                _make(copy / path, self._after[path])

    def show(self) -> None:
        """The changes as a unified diff, coloured where the terminal has colours."""
        for path in sorted(self._changed(), key=lambda path: (path in self._listed, path)):
            before, after = self._before[path], self._after[path]
            if path in self._listed:
                self._show_listed(path, after)
                continue
            old = before.decode().splitlines() if before is not None else []
            new = after.splitlines() if after is not None else []
            names = ("/dev/null" if before is None else path, "/dev/null" if after is None else path)
            for line in unified_diff(old, new, *names, lineterm=""):
                heading = line.startswith(("---", "+++"))
                typer.secho(line, bold=heading or None, fg=None if heading else _COLOURS.get(line[:1]))
            typer.echo()

    def _show_listed(self, path: str, after: str | None) -> None:
        if after is None:
            typer.secho(f"- {path}", fg="red")
        else:
            lines = len(after.splitlines())
            typer.echo(f"{typer.style(f'+ {path}', fg='green')} {typer.style(f'({lines} lines)', dim=True)}")

    def write(self) -> list[str]:
        """Make the changes, all or none; returns the paths. Raises ProjectError when a file changed meanwhile."""
        paths = list(self._changed())
        for path in paths:
            if self._on_disk(path) != self._before[path]:
                raise ProjectError(
                    f"{path} was changed while this command was waiting; nothing was written.",
                    resolution="Run the command again.",
                )
        done: list[str] = []
        with _undisturbed():
            for path in paths:
                try:
                    _make(self.project / path, self._after[path])
                except OSError as error:
                    self._take_back(done)
                    raise ProjectError(
                        f"{path} cannot be written ({error.strerror}); nothing was changed.",
                        resolution="Make the folder writable, then run the command again.",
                    ) from error
                done.append(path)
        return paths

    def _take_back(self, paths: list[str]) -> None:
        for path in paths:
            before = self._before[path]
            _make(self.project / path, None if before is None else before.decode())


def _make(path: Path, text: str | None) -> None:
    """The file with this text, put in place in one step, or no file; folders that become empty go as well."""
    if text is None:
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder.name == "amplify" or not _removed(folder):
                break
        return
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    try:
        temporary.write_bytes(text.encode())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _removed(folder: Path) -> bool:
    """Whether the folder was empty, but for what the interpreter leaves there, and is gone."""
    if any(entry.name != "__pycache__" for entry in folder.iterdir()):
        return False
    shutil.rmtree(folder)
    return True


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back Ctrl-C until the files are written."""
    waiting: list[int] = []
    before: Callable[[int, FrameType | None], object] | int | None = None
    with suppress(ValueError):  # only the main thread has signals
        before = signal.signal(signal.SIGINT, lambda number, _frame: waiting.append(number))
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt
