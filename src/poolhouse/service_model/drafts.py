"""Requests that are only asked about and never carried out: the members that matter, without the others."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from .model import MODELS, Operation

_EMPTY: Final[Mapping[str, Any]] = {"string": "", "list": [], "map": {}, "structure": {}, "boolean": False, "blob": b""}


def draft(operation: Operation, given: Mapping[str, Any]) -> msgspec.Struct:
    """The request with what it knows of `given`, unchecked; required members that are not given are empty."""
    shapes = MODELS[operation.service].shapes
    shape = shapes[operation.input_shape]
    known = {member: value for member, value in given.items() if member in shape.members}
    empty = {
        member: _EMPTY.get(shapes[shape.members[member]].type, 0) for member in shape.required if member not in known
    }
    return operation.input(**known, **empty)
