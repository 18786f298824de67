"""`define_function`: one user function with its entry, limits and environment."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from poolhouse.errors import (
    DefinitionError,
    FunctionReservedEnvironmentVariableError,
    InvalidArchitectureError,
    InvalidEnvironmentKeyError,
    InvalidEphemeralStorageSizeMBError,
    InvalidFunctionConfigurationError,
    InvalidMemoryMBError,
    InvalidResourceNameError,
    InvalidRuntimeError,
    InvalidTimeoutError,
)

from .layers import check_layers
from .manifest import Function, SecretRef, UserPoolId
from .places import Place, here, project_root
from .schedules import Schedule, check_schedule
from .words import check_whole, explained, not_served, shown

Runtime = Literal["python3.11", "python3.12", "python3.13", "python3.14"]
Architecture = Literal["x86_64", "arm64"]

DEFAULT_TIMEOUT_SECONDS: Final = 3
DEFAULT_MEMORY_MB: Final = 512
DEFAULT_STORAGE_MB: Final = 512

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_ENVIRONMENT_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
_RESERVED: Final = frozenset(
    {
        "AMPLIFY_SSM_ENV_CONFIG",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    }
)


class FunctionDefinition(msgspec.Struct, frozen=True, eq=False):
    """What `define_function` returns; pass it to `allow.resource`, `a.handler.function` or `define_backend`."""

    function: Function
    place: Place

    @property
    def name(self) -> str:
        return self.function.name


@explained
def define_function(
    *,
    name: str | None = None,
    entry: str | None = None,
    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS,
    memory_mb: int = DEFAULT_MEMORY_MB,
    ephemeral_storage_size_mb: int = DEFAULT_STORAGE_MB,
    environment: Mapping[str, str | SecretRef | UserPoolId] | None = None,
    runtime: Runtime | None = None,
    architecture: Architecture = "x86_64",
    schedule: Schedule | Sequence[Schedule] | None = None,
    layers: Mapping[str, str] | None = None,
    bundling: object = None,
    resource_group_name: str | None = None,
    logging: object = None,
    durable_config: object = None,
) -> FunctionDefinition:
    """Describe one function.

    `entry` is relative to the file that calls this (default `./handler.py`); `name` defaults to the entry's file name,
    or to the name of the calling file's folder. `runtime` defaults to the Python that runs Poolhouse.
    `timeout_seconds` is 1 to 900, `memory_mb` 128 to 10,240. `environment` takes text and `secret("NAME")`.

    `schedule`, `layers`, `bundling`, `resource_group_name`, `logging` and `durable_config` are Amplify's, and refused
    by name: nothing here carries them out.
    """
    place = here()
    timeout = check_whole(timeout_seconds, 1, 900, what="timeout_seconds", place=place, error=InvalidTimeoutError)
    memory = check_whole(memory_mb, 128, 10240, what="memory_mb", place=place, error=InvalidMemoryMBError)
    values = _environment({} if environment is None else environment, place)
    _check_runtime(runtime, place)
    _check_architecture(architecture, place)
    _check_storage(ephemeral_storage_size_mb, place)
    if schedule is not None:
        check_schedule(schedule, timeout, place)
        raise not_served("'schedule' of define_function()", place, "Remove it and start the function another way.")
    if layers is not None:
        check_layers(layers, place)
        raise not_served("'layers' of define_function()", place, "Install the packages where Poolhouse runs.")
    _refuse(place, bundling=bundling, resource_group_name=resource_group_name, logging=logging)
    _refuse(place, durable_config=durable_config)
    path = _entry(entry, place)
    chosen = name if name is not None else (place.path.parent.name if entry is None else Path(path).stem)
    _check_name(chosen, place)
    return FunctionDefinition(
        Function(name=chosen, entry=path, timeout_seconds=timeout, memory_mb=memory, environment=values), place
    )


def _check_name(name: object, place: Place) -> None:
    """What Lambda takes, since the name stands in ARNs: those of the function, of its role, of a pool's triggers."""
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise InvalidResourceNameError(
            f"A function cannot be named {shown(name)}.",
            resolution="Start with a letter (A-Z, a-z), then use letters, digits, '-' and '_', at most 64 together.",
            location=str(place),
        )


def _entry(entry: object, place: Place) -> str:
    """The handler's file relative to the project's root; it must exist inside of the project."""
    root = project_root(place, "define_function()")
    if entry is not None and (not isinstance(entry, str) or not entry.endswith(".py")):
        raise DefinitionError(
            f"entry must be the path of a Python file, not {shown(entry)}.",
            resolution="Write for example entry='./handler.py'.",
            location=str(place),
        )
    path = (place.path.parent / str(entry or "./handler.py")).resolve()
    if not path.is_relative_to(root.resolve()):
        raise DefinitionError(
            f"The entry {entry!r} lies outside of the project.",
            resolution="Move the handler into the project's folder.",
            location=str(place),
        )
    relative = path.relative_to(root.resolve()).as_posix()
    if not path.is_file():
        raise DefinitionError(
            f"The entry {relative} does not exist.",
            resolution=f"Create {relative} with a function handler(event, context), or name another file with entry=.",
            location=str(place),
        )
    return relative


def _environment(environment: object, place: Place) -> dict[str, str | SecretRef | UserPoolId]:
    if not isinstance(environment, Mapping):
        raise InvalidFunctionConfigurationError(
            f"environment must be a dict, not {shown(environment)}.",
            resolution='Write for example environment={"TABLE": "users"}.',
            location=str(place),
        )
    for key, value in environment.items():
        _check_variable(key, value, place)
    return dict(environment)


def _check_variable(key: object, value: object, place: Place) -> None:
    if not (isinstance(key, str) and _ENVIRONMENT_KEY.fullmatch(key)):
        raise InvalidEnvironmentKeyError(
            f"An environment variable cannot be named {shown(key)}.",
            resolution="Start with a letter, then at least one letter, digit or underscore.",
            location=str(place),
        )
    if key in _RESERVED or key.startswith("AWS_LAMBDA_"):
        raise FunctionReservedEnvironmentVariableError(
            f"The environment variable {key} is reserved for the runtime.",
            resolution="Choose another name.",
            location=str(place),
        )
    if isinstance(value, SecretRef | UserPoolId):
        return
    if not (isinstance(value, str) and "\0" not in value and _is_unicode(value)):
        raise InvalidFunctionConfigurationError(
            f"The environment variable {key} cannot hold {shown(value)}.",
            resolution='Give it a string, or secret("NAME").',
            location=str(place),
        )


def _is_unicode(text: str) -> bool:
    """Whether the text has a UTF-8 form, which lone surrogates have not."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _check_runtime(runtime: object, place: Place) -> None:
    running = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime is None or runtime == running:
        return
    if isinstance(runtime, str) and re.fullmatch(r"python3\.1[1-4]", runtime):
        raise not_served(
            f"runtime {runtime!r} beside the running {running}", place, f"Remove it, or run Poolhouse with {runtime}."
        )
    raise InvalidRuntimeError(
        f"A function cannot run on {shown(runtime)}: Poolhouse runs Python functions, not Node.js.",
        resolution=f"Remove runtime; the default is the Python that runs Poolhouse ({running}).",
        location=str(place),
    )


def _check_architecture(architecture: object, place: Place) -> None:
    if architecture == "arm64":
        raise not_served("architecture 'arm64'", place, "Remove it; functions run on the machine that they are on.")
    if architecture != "x86_64":
        raise InvalidArchitectureError(
            f"architecture cannot be {shown(architecture)}.",
            resolution="Remove it, or write 'x86_64'.",
            location=str(place),
        )


def _check_storage(size: object, place: Place) -> None:
    what = "ephemeral_storage_size_mb"
    checked = check_whole(size, 512, 10240, what=what, place=place, error=InvalidEphemeralStorageSizeMBError)
    if checked != DEFAULT_STORAGE_MB:
        raise not_served(f"{what} other than {DEFAULT_STORAGE_MB}", place)


def _refuse(place: Place, **options: object) -> None:
    for option, value in options.items():
        if value is not None:
            raise not_served(f"{option!r} of define_function()", place)
