"""define_function: defaults, limits, and what is checked and then refused."""

import sys

import pytest

from poolhouse import errors
from poolhouse.define.manifest import Function, SecretRef

RUNNING = f"python{sys.version_info.major}.{sys.version_info.minor}"


def test_the_defaults(project):
    """F1: handler beside the definition, 3 seconds, 512 MB, the folder's name."""
    assert project.function("name='fn'").function == Function(name="fn", entry="amplify/data/fn/handler.py")
    assert project.function().name == "fn"
    assert (project.function().function.timeout_seconds, project.function().function.memory_mb) == (3, 512)


def test_an_entry_gives_the_name(project):
    """The file name without extension; the path is relative to the project."""
    project.write("shared/say-hello.py", "")
    function = project.function("entry='../../shared/say-hello.py'").function
    assert (function.name, function.entry) == ("say-hello", "amplify/shared/say-hello.py")


@pytest.mark.parametrize("options", ["timeout_seconds=1", "timeout_seconds=900", "memory_mb=128", "memory_mb=10240"])
def test_the_bounds_are_inside(project, options):
    name, value = options.split("=")
    assert getattr(project.function(options).function, name) == int(value)


def test_the_environment_holds_texts_and_secrets(project):
    """F4: two characters are enough for a key."""
    function = project.function("environment={'AB': 'x', 'KEY_1': secret('X')}").function
    assert function.environment == {"AB": "x", "KEY_1": SecretRef(name="X")}


@pytest.mark.parametrize("options", [f"runtime='{RUNNING}'", "architecture='x86_64'", "ephemeral_storage_size_mb=512"])
def test_the_default_may_be_spelled_out(project, options):
    assert project.function(options).function == project.function().function


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ("timeout_seconds=0", "InvalidTimeoutError", "not 0"),  # F2
        ("timeout_seconds=901", "InvalidTimeoutError", "not 901"),
        ("timeout_seconds=1.5", "InvalidTimeoutError", "not 1.5"),
        ("timeout_seconds=True", "InvalidTimeoutError", "not True"),
        ("memory_mb=127", "InvalidMemoryMBError", "not 127"),  # F3
        ("memory_mb=10241", "InvalidMemoryMBError", "not 10241"),
        ("ephemeral_storage_size_mb=511", "InvalidEphemeralStorageSizeMBError", "not 511"),
        ("environment={'1A': ''}", "InvalidEnvironmentKeyError", "'1A'"),  # F4
        ("environment={'A': ''}", "InvalidEnvironmentKeyError", "'A'"),
        ("environment={'A-B': ''}", "InvalidEnvironmentKeyError", "'A-B'"),
        ("environment={'AB\\n': ''}", "InvalidEnvironmentKeyError", "AB"),
        ("environment={'AB': None}", "InvalidFunctionConfigurationError", "None"),
        ("environment={'AB': 1}", "InvalidFunctionConfigurationError", "1"),
        ("environment={'AB': 'a\\0b'}", "InvalidFunctionConfigurationError", "AB"),
        ("environment={'AB': chr(0xD800)}", "InvalidFunctionConfigurationError", "AB"),
        ("environment=['AB']", "InvalidFunctionConfigurationError", "a list"),
        ("environment={'AMPLIFY_SSM_ENV_CONFIG': ''}", "FunctionReservedEnvironmentVariableError", "AMPLIFY_SSM"),  # F5
        ("environment={'AWS_SESSION_TOKEN': ''}", "FunctionReservedEnvironmentVariableError", "AWS_SESSION_TOKEN"),
        ("runtime=22", "InvalidRuntimeError", "Node"),
        ("runtime='python2.7'", "InvalidRuntimeError", "python2.7"),
        ("architecture='arm'", "InvalidArchitectureError", "'arm'"),
        ("name='1bad'", "InvalidResourceNameError", "'1bad'"),
        ("name='custom message'", "InvalidResourceNameError", "'custom message'"),
        ("name='a' * 65", "InvalidResourceNameError", "cannot be named"),
        ("entry='./missing.py'", "DefinitionError", "amplify/data/fn/missing.py"),
        ("entry='./handler.ts'", "DefinitionError", "'./handler.ts'"),
        ("entry='../../../../outside.py'", "DefinitionError", "outside of the project"),
        ("timeoutSeconds=3", "DefinitionError", "'timeoutSeconds'"),
        ("timeout=3", "DefinitionError", "'timeout'"),
        ("schedule='every 0m'", "FunctionScheduleInitializationError", "every 0m"),  # F7
        ("schedule='every 1m', timeout_seconds=120", "FunctionScheduleInitializationError", "shorter"),
        ("schedule='every 1.5h'", "FunctionScheduleInitializationError", "whole number"),
        ("schedule='every fortnight'", "FunctionScheduleInitializationError", "every fortnight"),
        ("schedule='0 9 1 * 1'", "FunctionScheduleInitializationError", "both day-of-month"),  # F8
        ("schedule='61 9 * * 1'", "FunctionScheduleInitializationError", "minute"),
        ("schedule='0 9 * *'", "FunctionScheduleInitializationError", "4 fields"),
        ("schedule='0 9 * FOO *'", "FunctionScheduleInitializationError", "month"),
        ("schedule='0 17-9 * * *'", "FunctionScheduleInitializationError", "hour"),
        ("schedule='*/0 9 * * *'", "FunctionScheduleInitializationError", "minute"),
        ("schedule={'timezone': 'UTC'}", "FunctionScheduleInitializationError", "'cron'"),
        ("schedule=['every 5m', 7]", "FunctionScheduleInitializationError", "7"),
        ("layers=['numpy:3']", "InvalidLayerFormatError", "a list"),
        ("layers={'x': 'no version'}", "InvalidLayerFormatError", "'no version'"),
        ("layers={str(n): f'layer:{n}' for n in range(6)}", "MaximumLayersReachedError", "not 6"),  # F9
    ],
)
def test_mistakes_are_explained(project, options, kind, message):
    error = project.refused("data/fn/resource.py", f"fn = define_function({options})", getattr(errors, kind))
    assert message in error.message


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("schedule='every 5m'", "'schedule'"),
        ("schedule='0,30 9-17/2 ? JAN-MAR MON 2030'", "'schedule'"),
        ("schedule={'cron': '0 9 * * 1', 'timezone': 'UTC'}", "'schedule'"),
        ("schedule=['every day', 'every 2h']", "'schedule'"),
        ("layers={'numpy': 'numpy:3'}", "'layers'"),
        ("architecture='arm64'", "'arm64'"),
        ("ephemeral_storage_size_mb=1024", "ephemeral_storage_size_mb"),
        ("bundling={'minify': False}", "'bundling'"),
        ("logging={'level': 'info'}", "'logging'"),
        ("durable_config={'retention_days': 1}", "'durable_config'"),
        ("resource_group_name='auth'", "'resource_group_name'"),
        (f"runtime='{'python3.14' if RUNNING != 'python3.14' else 'python3.13'}'", "runtime"),
    ],
)
def test_what_is_not_served_is_refused_by_name(project, options, named):
    error = project.refused("data/fn/resource.py", f"fn = define_function({options})", errors.NotServedError)
    assert named in error.message


def test_options_are_named(project):
    error = project.refused("data/fn/resource.py", "fn = define_function('fn')", errors.DefinitionError)
    assert "named options" in error.message


def test_a_missing_handler_names_path_and_remedy(project):
    error = project.refused("data/new/resource.py", "fn = define_function()", errors.DefinitionError)
    assert "amplify/data/new/handler.py" in error.message
    assert "Create amplify/data/new/handler.py" in error.resolution
