"""Options of the commands that speak to AWS, and what they say together: which account, which environment."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from poolhouse.errors import UserError

Env = Annotated[str, typer.Option("--env", help="The environment at AWS: dev, prod, or any other name.")]
App = Annotated[
    str | None,
    typer.Option(
        "--app", help="What stacks at AWS begin with; default: define_backend(name=...), or the folder's name."
    ),
]
Profile = Annotated[str | None, typer.Option("--profile", help="The profile of the AWS configuration.")]
Region = Annotated[
    str | None, typer.Option("--region", envvar="AWS_REGION", help="The AWS region; default: that of the profile.")
]
AllowReplace = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-replace",
        metavar="LOGICAL",
        help="A user pool or a group with members that may be replaced or deleted; once for each.",
    ),
]
NewStack = Annotated[
    bool, typer.Option("--new-stack", help="Make a first stack although the project has one under another name.")
]
ContinueRollback = Annotated[
    bool, typer.Option("--continue-rollback", help="Take up a rollback at AWS that failed, instead of a push.")
]
Skip = Annotated[
    list[str] | None,
    typer.Option("--skip", metavar="LOGICAL", help="A resource that --continue-rollback leaves as it is."),
]


_OF_AWS = ("env", "app", "profile", "region", "allow_replace", "continue_rollback", "skip", "drift", "new_stack")
_OF_DATABASES = ("database", "host", "port", "allow_destructive")


def check_target(context: typer.Context, target: str) -> None:
    """Raises UserError for an option that says nothing about this target, instead of passing it over."""
    foreign = _OF_DATABASES if target == "aws" else _OF_AWS
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in foreign and source is not None and source.name == "COMMANDLINE":
            raise UserError(
                f"{option.opts[0]} means nothing to --target {target}.",
                resolution="Leave it out, or choose another --target.",
            )


class Where(NamedTuple):
    """The project and the environment that a command means, and the way into the account."""

    project: Path
    env: str
    app: str | None = None
    profile: str | None = None
    region: str | None = None
