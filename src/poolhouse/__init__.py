"""User pools and admin actions, described in Python.

The names of the definition language are imported when they are first used: the server needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poolhouse.define.admin_queries import define_admin_queries
    from poolhouse.define.auth import define_auth
    from poolhouse.define.backend import define_backend
    from poolhouse.define.data import define_data
    from poolhouse.define.functions import define_function
    from poolhouse.define.reference import reference_auth
    from poolhouse.define.rest import define_rest_api
    from poolhouse.define.schema import a
    from poolhouse.define.secret import secret

__all__ = [
    "a",
    "define_admin_queries",
    "define_auth",
    "define_backend",
    "define_data",
    "define_function",
    "define_rest_api",
    "reference_auth",
    "secret",
]

_HOMES = {
    "a": "schema",
    "define_admin_queries": "admin_queries",
    "define_auth": "auth",
    "define_backend": "backend",
    "define_data": "data",
    "define_function": "functions",
    "define_rest_api": "rest",
    "reference_auth": "reference",
    "secret": "secret",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'poolhouse' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"poolhouse.define.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
