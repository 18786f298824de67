"""Amplify's names in Python's spelling: options, variables, and the paths of modules that can be imported."""

import keyword
from pathlib import PurePosixPath


def snake(name: str) -> str:
    """`verificationEmailBody` -> `verification_email_body`; `memoryMB` -> `memory_mb`."""
    found = ""
    for index, char in enumerate(name):
        previous, following = name[index - 1 : index], name[index + 1 : index + 2]
        if char.isupper() and previous and previous != "_" and (not previous.isupper() or following.islower()):
            found += "_"
        found += char.lower()
    return found


def identifier(name: str) -> str:
    """A name for a variable or a module: `add-user-to-group` -> `add_user_to_group`."""
    made = "".join(char if char.isalnum() or char == "_" else "_" for char in snake(name))
    if not made.isidentifier():
        made = f"_{made}"
    return f"{made}_" if keyword.iskeyword(made) else made


def python_path(path: str) -> str:
    """The Python file in place of a module: `amplify/add-user/resource.ts` -> `amplify/add_user/resource.py`.

    It lies below amplify/ even where the module did not: definitions and handlers belong there.
    """
    source = PurePosixPath(path)
    folders = [identifier(part) for part in source.parts[:-1] if part not in {"/", ".", ".."}]
    inside = folders if folders[:1] == ["amplify"] else ["amplify", *folders]
    return PurePosixPath(*inside, f"{identifier(source.stem)}.py").as_posix()


def module(path: str) -> str:
    """`amplify/auth/resource.py` -> `amplify.auth.resource`."""
    return path.removesuffix(".py").replace("/", ".")


def entry_from(definition: str, handler: str) -> str:
    """A handler's path as the definition's file would write it: `./handler.py`, `../shared/handler.py`."""
    start, end = PurePosixPath(definition).parent.parts, PurePosixPath(handler).parts
    same = 0
    while same < min(len(start), len(end) - 1) and start[same] == end[same]:
        same += 1
    up = [".."] * (len(start) - same) or ["."]
    return "/".join([*up, *end[same:]])
