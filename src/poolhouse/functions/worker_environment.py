"""The environment of a worker process: what Lambda provides, what the user declared, and nothing of the server's."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from poolhouse.define.handlers import handler_path

from .invocations import FunctionSpec

_EXECUTABLES = os.pathsep.join((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"))
# botocore gives each client that it makes to the plugins named here; `inside.py` is the worker's main module.
_PLUGIN = "poolhouse=__main__"
_BASE = {"PATH": _EXECUTABLES, "LANG": "C.UTF-8", "TZ": ":UTC", "BOTOCORE_EXPERIMENTAL__PLUGINS": _PLUGIN}


@dataclass(frozen=True)
class Doors:
    """The addresses and keys that one worker uses to reach the server."""

    port: int
    token: str
    authorization: str
    endpoint_url: str
    region: str


def import_paths(spec: FunctionSpec) -> tuple[str, ...]:
    """The folders that come first on the worker's `sys.path`: the handler's, the project's, the generated modules'."""
    folder = (spec.project / spec.entry).parent
    return tuple(map(str, (folder, spec.project, spec.project / ".amplify" / "generated")))


def worker_environment(spec: FunctionSpec, doors: Doors) -> dict[str, str]:
    """User variables may replace the base ones (PATH, LANG, TZ), never those that Lambda reserves."""
    return {**_BASE, **spec.environment, **_from_lambda(spec, doors), **_credentials(doors), **_endpoints(doors)}


def _from_lambda(spec: FunctionSpec, doors: Doors) -> dict[str, str]:
    return {
        "AWS_REGION": doors.region,
        "AWS_DEFAULT_REGION": doors.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local/[$LATEST]",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{doors.port}/{doors.token}",
        "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
        "LAMBDA_TASK_ROOT": str(spec.project),
        "_HANDLER": handler_path(spec.project, spec.entry, spec.handler),
    }


def _credentials(doors: Doors) -> dict[str, str]:
    """Role credentials come by the container protocol, which SDKs renew; the machine's own AWS files are hidden."""
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{doors.port}/{doors.token}/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": doors.authorization,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
        "BOTO_CONFIG": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _endpoints(doors: Doors) -> dict[str, str]:
    services = ("COGNITO_IDENTITY_PROVIDER", "COGNITO_IDENTITY", "STS")
    return {f"AWS_ENDPOINT_URL_{service}": doors.endpoint_url for service in services}
