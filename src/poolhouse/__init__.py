"""User pools and admin actions, described in Python."""

from poolhouse.define.auth import define_auth
from poolhouse.define.backend import define_backend
from poolhouse.define.data import define_data
from poolhouse.define.functions import define_function
from poolhouse.define.schema import a
from poolhouse.define.secret import secret

__all__ = ["a", "define_auth", "define_backend", "define_data", "define_function", "secret"]
