"""The Manifest applied to the store: what it asks for, how that differs from what is there, and the change itself."""

from poolhouse.operations.backend.apply import apply, current
from poolhouse.operations.backend.plan import Change, plan
from poolhouse.operations.backend.state import Applied

__all__ = ["Applied", "Change", "apply", "current", "plan"]
