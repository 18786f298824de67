"""What clients need to find and use a backend: files made of the Manifest and of the ids that were given to it."""

from .amplify_outputs import Applied, amplify_outputs, encoded
from .files import DEFAULT, FILES, write_outputs
from .flutter import dart_source
from .introspection import model_introspection
from .local_module import local_module
from .python_stub import python_stub

__all__ = [
    "DEFAULT",
    "FILES",
    "Applied",
    "amplify_outputs",
    "dart_source",
    "encoded",
    "local_module",
    "model_introspection",
    "python_stub",
    "write_outputs",
]
