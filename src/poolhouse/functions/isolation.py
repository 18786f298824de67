"""What keeps the processes of functions out of the server's: memory that is closed to them, and a user of their own."""

import ctypes
import os
import pwd
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from poolhouse.errors import SettingError

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4
_SECONDS: Final = 30
_LOOK: Final = """
import os, sys
project, *files = sys.argv[1:]
open_to = [file for file in files if os.access(file, os.R_OK)]
print("\\n".join([str(os.access(project, os.R_OK | os.X_OK)), *open_to]))
"""


class Account(NamedTuple):
    """The operating-system user that functions run as."""

    name: str
    uid: int
    gid: int

    def assume(self) -> None:
        """Become this user for good: no group besides its own, and no way back. Called between fork and exec."""
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)


def close_process() -> bool:
    """Close this process to others of the same user, and forbid core dumps; whether the system can do the first.

    On Linux, environ, mem, maps and fd in /proc then belong to root, and ptrace asks for CAP_SYS_PTRACE (prctl(2),
    PR_SET_DUMPABLE). A program that this process starts is open again until it closes itself.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return sys.platform == "linux" and _prctl(_PR_SET_DUMPABLE, 0) == 0 and _prctl(_PR_GET_DUMPABLE, 0) == 0


def _prctl(option: int, value: int) -> int:
    zero = ctypes.c_ulong(0)
    result: int = ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), zero, zero, zero)
    return result


def account(name: str) -> Account | None:
    """The user that POOLHOUSE_FUNCTION_USER names; None without one.

    Raises SettingError for a user that does not exist, that would keep nothing apart, or that cannot be assumed.
    """
    if not name:
        return None
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise _refused(f"there is no user {name}", "Make that user, or name another one.") from None
    if found.pw_uid in {0, os.geteuid()}:
        raise _refused(f"{name} is the server's own user or root", "Name a user that is used for nothing else.")
    if os.geteuid() != 0:
        text = f"only root can start processes as {name}, and the server runs as user {os.geteuid()}"
        raise _refused(text, "Start the server as root, or take the setting out.")
    return Account(name, found.pw_uid, found.pw_gid)


def examine(account: Account, project: Path, kept: Sequence[Path]) -> None:
    """Look as that user: Python must run and read the project, and the files `kept` must be closed to it.

    Raises SettingError that names what is not so.
    """
    command = [sys.executable, "-I", "-S", "-c", _LOOK, str(project), *map(str, kept)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            command,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            env={},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        text = f"{account.name} cannot run {sys.executable} ({error})"
        raise _refused(text, "Install Python and Poolhouse where that user can read them.") from error
    can_read, *open_to = done.stdout.splitlines()
    if can_read != "True":
        raise _refused(f"{account.name} cannot read {project}", "Give that user the right to read the project.")
    if open_to:
        text = f"{account.name} can read {' and '.join(open_to)}"
        raise _refused(text, f"Take that right away: chmod 600 {' '.join(open_to)}")


def _refused(text: str, resolution: str) -> SettingError:
    return SettingError(f"Functions cannot run as POOLHOUSE_FUNCTION_USER: {text}.", resolution=resolution)
