"""The commands. Results go to stdout, talk to stderr; a user's mistake is told without a traceback.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

import gc
import io
import sys

from poolhouse.cli.commands import app
from poolhouse.cli.screen import show
from poolhouse.errors import MissingPackage, UserError


def main() -> None:
    """The `poolhouse` command. Imports make no garbage, so the collector rests until a server listens."""
    gc.disable()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no reason to fail
    try:
        app(prog_name="poolhouse", standalone_mode=True)
    except ModuleNotFoundError as error:
        show(_missing(error))
        sys.exit(1)
    except UserError as error:
        show(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _missing(error: ModuleNotFoundError) -> MissingPackage:
    """A package that was taken out, or left out. A module of our own that is missing is a fault, told as one."""
    name = (error.name or "").partition(".")[0]
    if name in {"", "poolhouse"}:
        raise error
    return MissingPackage(
        f"The Python package {name!r} is not installed, and this command needs it.",
        resolution=f"Run: {sys.executable} -m pip install poolhouse (it adds what is missing).",
    )
