"""Compares answers with the output shapes of the model. For tests; nothing on the way of a request calls it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from .model import MODELS, Operation, Shape

PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "blob": (bytes, str),
    "timestamp": (int, float, datetime),
    "double": (int, float),
    "structure": (dict,),
    "map": (dict,),
    "list": (list, tuple),
    "document": (dict, list, str, int, float, bool),
}


def check_answer(operation: Operation, answer: dict[str, Any]) -> list[str]:
    """Problems of an answer, one line each: unknown members, wrong types (None is one), unknown enum values.

    Encoded parts (`msgspec.Raw`) are decoded and checked too. A void operation may answer nothing but {}.
    """
    if operation.output_shape is None:
        return [f"{member}: {operation.name} answers nothing" for member in answer]
    return list(problems(MODELS[operation.service].shapes, operation.output_shape, answer, operation.name))


def problems(shapes: dict[str, Shape], name: str, value: Any, path: str) -> Iterator[str]:
    shape = shapes[name]
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    fits = isinstance(value, PYTHON[shape.type])
    if not fits or (isinstance(value, bool) and shape.type not in {"boolean", "document"}):
        yield f"{path}: {type(value).__name__} is not a {shape.type}"
        return
    if shape.type == "structure":
        yield from member_problems(shapes, shape, value, path)
    elif shape.type == "list":
        for position, entry in enumerate(value):
            yield from problems(shapes, str(shape.element), entry, f"{path}[{position}]")
    elif shape.type == "map":
        for key, entry in value.items():
            yield from problems(shapes, str(shape.key), key, f"{path}[{key!r}] (key)")
            yield from problems(shapes, str(shape.element), entry, f"{path}[{key!r}]")
    elif shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is not one of {', '.join(shape.enum)}"


def member_problems(shapes: dict[str, Shape], shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
    for member, entry in value.items():
        if member in shape.members:
            yield from problems(shapes, shape.members[member], entry, f"{path}.{member}")
        else:
            yield f"{path}.{member}: unknown member"
