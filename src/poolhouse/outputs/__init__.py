"""What clients need to find and use a backend: files made of the Manifest and of the ids that were given to it."""

from .amplify_outputs import Addresses, Applied, amplify_outputs, encoded
from .aws_exports import aws_exports, exports_module
from .files import AWS_FORMATS, DEFAULT, DEFAULT_FORMATS, FORMATS, write_outputs
from .flutter import dart_source, rest_modes
from .introspection import model_introspection
from .local_module import local_module, local_module_v5, v5_config
from .native import dart_file, native_file
from .python_stub import python_stub
from .schema_ts import schema_ts

__all__ = [
    "AWS_FORMATS",
    "DEFAULT",
    "DEFAULT_FORMATS",
    "FORMATS",
    "Addresses",
    "Applied",
    "amplify_outputs",
    "aws_exports",
    "dart_file",
    "dart_source",
    "encoded",
    "exports_module",
    "local_module",
    "local_module_v5",
    "model_introspection",
    "native_file",
    "python_stub",
    "rest_modes",
    "schema_ts",
    "v5_config",
    "write_outputs",
]
