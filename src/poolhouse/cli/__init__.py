"""The commands. Results go to stdout, talk to stderr; a user's mistake is told without a traceback.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Nothing but the standard library is imported before `main`
runs, so that it can say what is missing.
"""

import errno
import gc
import io
import os
import signal
import sys
from collections.abc import Sequence

from poolhouse.errors import MissingExtra, UserError, extra_of


def main() -> None:
    """The `poolhouse` command. Imports make no garbage, so the collector rests until a server listens.

    A production server is told of renewals by SIGHUP, which ends a process that does not heed it yet: it is kept back
    from here on, through all imports, until `renewing` heeds it.
    """
    if sys.argv[1:2] == ["serve"]:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
    gc.disable()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no reason to fail
    try:
        from poolhouse.cli.commands import app

        app(prog_name="poolhouse", standalone_mode=True)
    except ModuleNotFoundError as error:
        _tell(_missing(error, sys.argv[1:]))
        sys.exit(1)
    except UserError as error:
        _tell(error)
        sys.exit(1)
    except OSError as error:
        _tell(_unwritten(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _unwritten(error: OSError) -> UserError:
    """Output that a full disk does not take. Any other error of the system is a fault, told as one."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        raise error
    with open(os.devnull, "w") as nothing:  # noqa: PTH123 - what waits in the buffer would fail again at the exit
        os.dup2(nothing.fileno(), sys.stdout.fileno())
    return UserError(
        f"The output cannot be written ({error.strerror}).",
        resolution="Make room. What the command was to change may be done: look before you run it again.",
    )


def _missing(error: ModuleNotFoundError, arguments: Sequence[str]) -> MissingExtra:
    """What the installation lacks. A module of our own that is missing is a fault, told as one."""
    name = (error.name or "").partition(".")[0]
    if name in {"", "poolhouse"}:
        raise error
    command = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    subject = f"poolhouse {command}" if command else "The poolhouse command"
    return MissingExtra(subject, extra_of(name, for_aws=_is_for_aws(arguments)), package=name)


def _is_for_aws(arguments: Sequence[str]) -> bool:
    """Whether the smaller set does: the commands that know no other target, and those that are told this one."""
    return arguments[:1] in (["plan"], ["destroy"], ["outputs"]) or "--target=aws" in "=".join(arguments)


def _tell(error: UserError) -> None:
    try:
        from poolhouse.cli.screen import show
    except ModuleNotFoundError:  # the packages that colour it are those that are missing
        print(f"{error.name}  {error.message}\nDo this: {error.resolution}", file=sys.stderr)
    else:
        show(error)
