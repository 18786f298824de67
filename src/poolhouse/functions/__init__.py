"""Runs the user's handlers the way AWS Lambda would: warm worker processes around the real runtime client.

It knows nothing of user pools: a handler reaches them over HTTP, signed with its own role's credentials.
"""

from .dispatch import Functions
from .invocations import FunctionSpec, Invocation, InvocationError, RoleCredentials

__all__ = ["FunctionSpec", "Functions", "Invocation", "InvocationError", "RoleCredentials"]
