"""Who is at the command line: the record of a command has no address, so it says the account and the machine."""

import os
import pwd
import socket
from functools import cache
from typing import Final

COMMAND_LINE: Final = "cli"
"""The way by which commands come."""


def typed_by(way: str) -> dict[str, str]:
    """A member of a record's body, of what came from the command line; none of everything else.

    `account@machine`: the account of this process by the system's own list, whatever its environment says.
    """
    return {"typed_by": _here()} if way == COMMAND_LINE else {}


@cache
def _here() -> str:
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container may run as a number that nobody has
        name = str(number)
    return f"{name}@{socket.gethostname()}"
