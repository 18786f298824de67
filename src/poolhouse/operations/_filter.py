"""The Filter of ListUsers: `attribute = "value"` or `attribute ^= "value"`, one clause and nothing else."""

import re
from typing import Final, Literal, NamedTuple

from poolhouse.errors import InvalidParameterException
from poolhouse.store.names import SEARCHABLE

COLUMNS: Final = ("username", "sub", "status", "cognito:user_status")
"""What can be searched besides the attributes of `store.names.SEARCHABLE`."""

# The value takes any character but a bare quote; a backslash takes the next character as it is. Linear time.
_CLAUSE: Final = re.compile(
    r"""\s*(?:"(?P<quoted>[^"\\\s]+)"|(?P<bare>[^"\\\s=^<>!~]+))\s*(?P<how>\^?=)\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*""",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


class Clause(NamedTuple):
    """`begins` is the operator `^=`."""

    attribute: str
    how: Literal["is", "begins"]
    value: str


def parse(text: str | None) -> Clause | None:
    """None for no filter or an empty one. Raises InvalidParameterException.

    Whatever cannot be read is refused: a filter that is ignored would show everybody.
    """
    if not text:
        return None
    found = _CLAUSE.fullmatch(text)
    if found is None or "\0" in text:
        raise InvalidParameterException("Error while parsing filter")
    attribute = found["quoted"] or found["bare"]
    if attribute not in SEARCHABLE and attribute not in COLUMNS:
        raise InvalidParameterException(f"Invalid search attribute: {attribute}")
    return Clause(attribute, "is" if found["how"] == "=" else "begins", _ESCAPE.sub(r"\1", found["value"]))
