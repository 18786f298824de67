"""The exact, slow validator: AWS's words for everything that is wrong with a request.

It runs only when a struct's decoder has refused, and finds something exactly when that decoder refuses.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

import msgspec

from poolhouse.errors import InvalidParameterException, SerializationException

from .model import MODELS, SECRET_MEMBERS, Shape
from .structs.patterns import BY_TEXT

LIST_LIMIT = 50  # violations in one message; a hostile request could name hundreds of thousands
ECHO_LIMIT = 256  # characters of a refused value
INTEGER_LIMITS = {"integer": 2**31, "long": 2**63}
JAVA_NAMES = {"integer": "an Integer", "long": "a Long", "boolean": "a Boolean", "timestamp": "a Timestamp"}


def refuse(service: str, shape: str, value: object) -> None:
    """Raises SerializationException for a wrong JSON type, else InvalidParameterException for broken constraints."""
    check_types(service, shape, value)
    found = list(islice(violations(service, shape, value), LIST_LIMIT))
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise InvalidParameterException(f"{len(found)} validation {errors} detected: {'; '.join(found)}")


# --- types --------------------------------------------------------------------------------------------------


def check_types(service: str, name: str, value: object) -> None:
    """Raises SerializationException at the first value that has the wrong JSON type. Null has every type."""
    shape = shape_of(service, name)
    if value is None or shape.type == "document":
        return
    if shape.type in {"structure", "map"}:
        if not isinstance(value, dict):
            raise SerializationException(unexpected(value, "Expected map or null"))
        for key, entry in value.items():
            target = shape.members.get(key) if shape.type == "structure" else shape.element
            if target is not None:
                check_types(service, target, entry)
    elif shape.type == "list":
        if not isinstance(value, list):
            raise SerializationException(unexpected(value, "Expected list or null"))
        for entry in value:
            check_types(service, str(shape.element), entry)
    elif not SCALAR_CHECKS[shape.type](value):
        wanted = JAVA_NAMES.get(shape.type, "a String")
        raise SerializationException(unexpected(value, f"{token(value)} can not be converted to {wanted}"))


def unexpected(value: object, otherwise: str) -> str:
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    return "Start of list found where not expected" if isinstance(value, list) else otherwise


def token(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, float):
        return "DECIMAL_VALUE"
    return "NUMBER_VALUE" if isinstance(value, int) else "STRING_VALUE"


def is_integer(limit: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_blob(value: object) -> bool:
    """True for what the fast decoder takes as base64; its own reading is the only definition of that."""
    return isinstance(value, str) and blob(value) is not None


def blob(value: str) -> bytes | None:
    try:
        return msgspec.convert(value, bytes)
    except msgspec.ValidationError:
        return None


SCALAR_CHECKS: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "blob": is_blob,
    "timestamp": is_number,
    "double": is_number,
    **{name: is_integer(limit) for name, limit in INTEGER_LIMITS.items()},
}


# --- constraints --------------------------------------------------------------------------------------------


def violations(service: str, name: str, value: Any, path: str = "", *, secret: bool = False) -> Iterator[str]:
    """Violations of a value of the right JSON type, in the model's order, depth first.

    Scalars in a list or a map are reported with the whole collection, structures by their own path, as AWS does.
    """
    shape = shape_of(service, name)
    secret = secret or shape.sensitive
    for constraint in broken(shape, value):
        yield violation(path, constraint, value, secret=secret or (value is not None and holds_secret(service, name)))
    if value is None:
        return
    if shape.type == "structure":
        for member, target in shape.members.items():
            inner = f"{path}.{lower_camel(member)}" if path else lower_camel(member)
            entry = value.get(member)
            if entry is not None or member in shape.required:
                yield from violations(service, target, entry, inner, secret=secret or member in SECRET_MEMBERS)
    elif shape.type == "map":
        yield from map_violations(service, name, value, path, secret=secret)
    elif shape.type == "list":
        yield from list_violations(service, name, value, path, secret=secret)


def map_violations(service: str, name: str, value: dict[str, Any], path: str, *, secret: bool) -> Iterator[str]:
    shape = shape_of(service, name)
    hidden = secret or holds_secret(service, name)
    if bad := first_broken(shape_of(service, str(shape.key)), value):
        yield violation(path, f"Map keys must satisfy constraint: [{bad}]", value, secret=hidden)
    if bad := first_broken(shape_of(service, str(shape.element)), value.values()):
        yield violation(path, f"Map value must satisfy constraint: [{bad}]", value, secret=hidden)
    for key, entry in value.items():
        if isinstance(entry, dict | list):
            inner = f"{path}.{shortened(key)}.member"
            yield from violations(service, str(shape.element), entry, inner, secret=secret)


def list_violations(service: str, name: str, value: list[Any], path: str, *, secret: bool) -> Iterator[str]:
    shape = shape_of(service, name)
    if bad := first_broken(shape_of(service, str(shape.element)), value):
        hidden = secret or holds_secret(service, name)
        yield violation(path, f"Member must satisfy constraint: [{bad}]", value, secret=hidden)
    for position, entry in enumerate(value, 1):
        if isinstance(entry, dict | list):
            inner = f"{path}.{position}.member"
            yield from violations(service, str(shape.element), entry, inner, secret=secret)


def first_broken(shape: Shape, entries: Iterable[Any]) -> str:
    """What the first bad scalar or null of a collection breaks."""
    for entry in entries:
        if not isinstance(entry, dict | list) and (bad := ", ".join(broken(shape, entry))):
            return bad
    return ""


def broken(shape: Shape, value: Any) -> Iterator[str]:
    """The constraints of `shape` itself that a value of its type breaks, in AWS's words."""
    if value is None:
        yield "Member must not be null"
        return
    if shape.type == "document":
        return
    if shape.type != "boolean":
        yield from out_of_bounds(shape, value)
    if shape.pattern is not None and not compiled(shape.pattern).search(value):
        yield f"Member must satisfy regular expression pattern: {shape.pattern}"
    if shape.enum and value not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def out_of_bounds(shape: Shape, value: Any) -> Iterator[str]:
    numeric = shape.type in INTEGER_LIMITS
    size = value if numeric else len(blob(value) or b"") if shape.type == "blob" else len(value)
    measure = "value" if numeric else "length"
    if shape.max is not None and size > shape.max:
        yield f"Member must have {measure} less than or equal to {shape.max}"
    if shape.min is not None and size < shape.min:
        yield f"Member must have {measure} greater than or equal to {shape.min}"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(BY_TEXT[pattern])


# --- words --------------------------------------------------------------------------------------------------


def violation(path: str, constraint: str, value: object, *, secret: bool) -> str:
    if secret:
        echo = "Value"
    elif value is None:
        echo = "Value null"
    else:
        echo = f"Value '{shortened(rendered(value))}'"
    return f"{echo} at '{path}' failed to satisfy constraint: {constraint}"


def rendered(value: object) -> str:
    """A value as Java prints it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={rendered(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(rendered(entry) for entry in value) + "]"
    return "null" if value is None else str(value)


def lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def shortened(text: str) -> str:
    return text if len(text) <= ECHO_LIMIT else f"{text[:ECHO_LIMIT]}..."


@cache
def holds_secret(service: str, name: str) -> bool:
    """Whether a value of this shape contains something that must not be echoed, at any depth."""
    shape = shape_of(service, name)
    inner = [*shape.members.values(), *filter(None, (shape.key, shape.element))]
    return (
        shape.sensitive
        or bool(SECRET_MEMBERS & shape.members.keys())
        or any(holds_secret(service, child) for child in inner)
    )


def shape_of(service: str, name: str) -> Shape:
    return MODELS[service].shapes[name]
