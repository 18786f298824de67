"""How Lambda names the code of a function: the value of `_HANDLER`."""

from pathlib import Path, PurePosixPath


def handler_path(project: Path, entry: str, handler: str) -> str:
    """Lambda's `_HANDLER`: `amplify/data/add/handler.handler`, from the project's root.

    A folder with a dot in its name cannot be part of a module's name, nor one that a module beside it hides
    (`amplify/backend/` behind `amplify/backend.py`): then the file alone is named, and is found through its own folder.
    """
    path = PurePosixPath(entry).with_suffix("")
    if path.is_absolute() or any("." in part for part in path.parts[:-1]) or _is_hidden(project, path):
        return f"{path.name}.{handler}"
    return f"{'/'.join(path.parts)}.{handler}"


def _is_hidden(project: Path, path: PurePosixPath) -> bool:
    """Whether a folder above the file has a module of its own name, and is no package that would come first."""
    folders = [project / folder for folder in path.parents[:-1]]
    return any(
        folder.with_name(f"{folder.name}.py").is_file() and not (folder / "__init__.py").is_file() for folder in folders
    )
