"""What an examination found: a line each, with what to do about it."""

from typing import Literal, NamedTuple

State = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """`remedy` is empty for what is well."""

    name: str
    state: State
    text: str
    remedy: str = ""


def ok(name: str, text: str) -> Finding:
    return Finding(name, "ok", text)


def warn(name: str, text: str, remedy: str) -> Finding:
    """It works, and will not for ever or not everywhere."""
    return Finding(name, "warn", text, remedy)


def fail(name: str, text: str, remedy: str) -> Finding:
    """A server would not start, or would not do what it promises."""
    return Finding(name, "fail", text, remedy)
