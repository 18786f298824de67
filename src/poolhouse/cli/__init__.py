"""The commands. Results go to stdout, talk to stderr; a user's mistake is told without a traceback.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Nothing but the standard library is imported before `main`
runs, so that it can say what is missing.
"""

import gc
import io
import sys
from collections.abc import Sequence

from poolhouse.errors import MissingExtra, UserError, extra_of


def main() -> None:
    """The `poolhouse` command. Imports make no garbage, so the collector rests until a server listens."""
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
    except KeyboardInterrupt:
        sys.exit(130)


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
