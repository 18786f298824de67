"""What keeps the processes of functions out of the server's: memory that is closed to them, and a user of their own."""

import ctypes
import json
import os
import pwd
import resource
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from poolhouse.errors import SettingError

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4
_SECONDS: Final = 30
_INSIDE: Final = Path(__file__).with_name("inside.py")
# What is closed to this user, each with the first folder on the way to it that is, and then what is open to it.
_LOOK: Final = """
import json, os, sys
def may(path):
    return os.access(path, os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK)
def first(path):
    folders = []
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        folders.append(path)
    return next((folder for folder in reversed(folders) if not os.access(folder, os.X_OK)), None)
needed, kept = json.load(sys.stdin)
closed = [(path, first(path) or path) for path in needed if not may(path)]
print(json.dumps([closed, [path for path in kept if os.access(path, os.R_OK)]]))
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


def let_in(account: Account, generated: Path) -> None:
    """Let that user read the modules that the server generates for functions, which hold names and no values.

    Under a strict umask they are the server's alone. They are shared with that user's group, and only where no group
    has a right to them yet, so that nobody loses one; what belongs to somebody else is left as it is.
    """
    if generated.is_dir():
        _share(generated.parent, account, 0o1)
        for folder in (generated, *filter(Path.is_dir, generated.iterdir())):
            _share(folder, account, 0o5)
            for module in folder.glob("*.py"):
                _share(module, account, 0o4)


def _share(path: Path, account: Account, bits: int) -> None:
    found = path.stat()
    if found.st_mode & bits == bits or found.st_uid != os.geteuid():
        return
    if not found.st_mode & 0o070:
        os.chown(path, -1, account.gid)
        path.chmod(stat.S_IMODE(found.st_mode) | bits << 3)


def examine(account: Account, project: Path, kept: Sequence[Path], needed: Sequence[Path] = ()) -> None:
    """Look as that user: Python must run, it must be able to read the project, our own code for functions and what of
    `needed` there is, and the files `kept` must be closed to it.

    Raises SettingError that names what is not so.
    """
    wanted = [project, _INSIDE, *(path for path in needed if path.exists())]
    closed, open_to = _seen(account, wanted, kept)
    for path, closed_at in closed:
        text = f"{account.name} cannot read {path}"
        if path != closed_at:
            text, remedy = f"{text}, for {closed_at} is closed to it", f"chmod o+x {closed_at}"
            raise _refused(text, f"Put it where that user may go, such as below /srv, or: {remedy}")
        raise _refused(text, f"Give that user the right to read {'the project' if path == str(project) else 'it'}.")
    if open_to:
        text = f"{account.name} can read {' and '.join(open_to)}"
        raise _refused(text, f"Take that right away: chmod 600 {' '.join(open_to)}")


def _seen(account: Account, needed: Sequence[Path], kept: Sequence[Path]) -> tuple[list[tuple[str, str]], list[str]]:
    """What of the needed is closed to that user, and at which folder, and what of the kept is open to it."""
    given = [[str(path) for path in paths] for paths in (needed, kept)]
    try:
        with subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-I", "-S", "-c", _LOOK],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            env={},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as looking:
            may_end = _may_end(looking)
            told, wrong = looking.communicate(json.dumps(given), _SECONDS)
        if looking.returncode:
            raise OSError(wrong.strip() or f"status {looking.returncode}")
    except (OSError, subprocess.SubprocessError) as error:
        text = f"{account.name} cannot run {sys.executable} ({error})"
        raise _refused(text, "Install Python and Poolhouse where that user can read them.") from error
    if not may_end:
        text = f"the server may not end processes of {account.name}, so that no limit would hold"
        raise _refused(text, "Give the server the capabilities KILL, SETGID and SETUID.")
    closed, open_to = json.loads(told)
    return closed, open_to


def _may_end(process: "subprocess.Popen[str]") -> bool:
    """Root in a container may have given up that right, and then a function that hangs would hang for ever."""
    try:
        os.kill(process.pid, 0)
    except PermissionError:
        return False
    return True


def _refused(text: str, resolution: str) -> SettingError:
    return SettingError(f"Functions cannot run as POOLHOUSE_FUNCTION_USER: {text}.", resolution=resolution)
