"""Values that fit the model's shapes: the smallest valid inputs, and hypothesis strategies around the border of valid."""

import re
from typing import Any

from hypothesis import strategies as st

from poolhouse.service_model import Operation
from poolhouse.service_model.model import MODELS, Shape
from poolhouse.service_model.structs.patterns import BY_TEXT

WORDS = (
    "a",
    "123456",
    "RS256",
    "abc",
    "a" * 20,
    "a" * 32,
    "us-east-1_abc",
    "us-east-1:0a-1b",
    "arn:aws:iam::123456789012:role/editor",
    "arn:aws:s3:::bucket",
    "import-abc",
    "Your code: {####}",
    "{##Verify##}",
    "0f0f0f0f-1111-4222-8333-444455556666",
    "Level1",
    "cognito:default",
    "terms-of-use",
    "authenticated",
    "a@b",
    "tkn" + "a" * 25,
)
NOISE = ("", " ", "a b", "\n", "é", "😀", "\x00", "a" * 60, "a" * 130, "_", "名前", "\u2028", "\u0378", "x" * 2049)
SCALARS = {"integer": 10, "long": 10, "boolean": True, "blob": "YQ==", "timestamp": 1.5, "document": {}}


def fits(shape: Shape, text: str) -> bool:
    low, high = shape.min or 0, len(text) if shape.max is None else shape.max
    return low <= len(text) <= high and (not shape.pattern or bool(re.search(BY_TEXT[shape.pattern], text)))


def minimal(service: str, name: str) -> Any:
    """A valid value with required members and entries only."""
    shape = MODELS[service].shapes[name]
    if shape.type == "structure":
        return {member: minimal(service, shape.members[member]) for member in shape.required}
    if shape.type == "list":
        return [minimal(service, str(shape.element))] * (shape.min or 0)
    if shape.type == "map":
        entry = (minimal(service, str(shape.key)), minimal(service, str(shape.element)))
        return dict([entry] * (shape.min or 0))
    if shape.enum:
        return shape.enum[0]
    if shape.type == "string":
        return next(word for word in WORDS if fits(shape, word))
    wanted = SCALARS[shape.type]
    return max(wanted, shape.min) if shape.min else min(wanted, shape.max) if shape.max and shape.max < 10 else wanted


def minimal_input(operation: Operation) -> dict[str, Any]:
    result: dict[str, Any] = minimal(operation.service, operation.input_shape)
    return result


def nearly(service: str, name: str) -> st.SearchStrategy[Any]:
    """Values of this shape that are mostly valid, sometimes break a constraint and sometimes have another JSON type."""
    return st.one_of(*[right_type(service, name)] * 9, ANYTHING)


def right_type(service: str, name: str) -> st.SearchStrategy[Any]:
    shape = MODELS[service].shapes[name]
    if shape.type == "structure":
        members = {member: st.deferred(lambda t=target: nearly(service, t)) for member, target in shape.members.items()}
        required = {member: members[member] for member in shape.required}
        optional = {member: value for member, value in members.items() if member not in shape.required}
        missing = st.fixed_dictionaries({}, optional=members)
        return st.one_of(*[st.fixed_dictionaries(required, optional=optional)] * 4, missing)
    if shape.type == "list":
        return st.lists(st.deferred(lambda: nearly(service, str(shape.element))), max_size=3)
    if shape.type == "map":
        keys = right_type(service, str(shape.key))
        return st.dictionaries(keys, st.deferred(lambda: nearly(service, str(shape.element))), max_size=3)
    return scalar(shape)


def scalar(shape: Shape) -> st.SearchStrategy[Any]:
    if shape.enum:
        return st.sampled_from((*shape.enum, "NOT_LISTED"))
    if shape.type == "string":
        good = tuple(word for word in WORDS if fits(shape, word))
        return st.sampled_from(good * 4 + NOISE)
    if shape.type in {"integer", "long"}:
        edges = [bound + step for bound in (shape.min or 0, shape.max or 9) for step in (-1, 0, 1)]
        return st.sampled_from((*edges, 2**31, -(2**31) - 1, 2**63, -(2**63) - 1))
    if shape.type == "boolean":
        return st.booleans()
    return st.sampled_from(("YQ==", "", "YQ", "é", "!!!!")) if shape.type == "blob" else ANYTHING


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    LEAVES | st.sampled_from(NOISE),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NOISE), inner, max_size=2),
    max_leaves=4,
)
