"""What an extra of the installation brings, and the error when that extra was not asked for.

Standard library only: the `poolhouse` command says these sentences where nothing but the definitions is installed.
"""

from typing import Final

from .mistakes import UserError

# Packages by the names that are imported. What is in neither comes with `server`, which brings those of AWS as well.
_BROUGHT_BY: Final = {"asyncpg": "postgres", "greenlet": "postgres", "opentelemetry": "otel"}
_OF_AWS: Final = frozenset({"boto3", "botocore", "graphql", "questionary", "typer"})


class MissingExtra(UserError, ImportError):  # type: ignore[misc] # `name` is that of the error, as in UserError
    """An extra of the installation is missing: `extra` is its name, `subject` what needs it (it begins a sentence).

    It is an ImportError as well, so that whoever tries an import and goes on without it can.
    """

    def __init__(self, subject: str, extra: str, *, package: str | None = None) -> None:
        which = f"and {package!r} is not installed" if package else "which are not installed"
        super().__init__(
            f"{subject} needs the packages of 'poolhouse[{extra}]', {which}.",
            resolution=f"Install them: pip install 'poolhouse[{extra}]'",
        )
        self.extra = extra


def extra_of(package: str, *, for_aws: bool = False) -> str:
    """The extra that brings a package; the smallest one that has it where a command is `for_aws` alone."""
    top = package.partition(".")[0]
    return "aws" if for_aws and top in _OF_AWS else _BROUGHT_BY.get(top, "server")
