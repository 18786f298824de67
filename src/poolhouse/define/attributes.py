"""`user_attributes` and `password_policy` of `define_auth`: the pool's schema and what a password must look like."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict, get_args

from poolhouse.errors import AmplifyAuthConstructInitializationError, DefinitionError

from .manifest import Attribute, AttributeType, PasswordPolicy
from .places import Place
from .words import advice, check_choice, check_keys, check_whole, shown


class StandardAttribute(TypedDict, total=False):
    """Both are off and on as in Amplify: `required` False, `mutable` True where nothing is said."""

    required: bool
    mutable: bool


class CustomAttribute(TypedDict, total=False):
    """`data_type` is needed; lengths belong to String, min and max to Number."""

    data_type: AttributeType
    mutable: bool
    min_len: int
    max_len: int
    min: int
    max: int


class PasswordPolicyOptions(TypedDict, total=False):
    """`minimum_length` is 6 to 99, 8 when unset; a kind of character is required unless it is False; 0 to 365 days."""

    minimum_length: int
    require_lowercase: bool
    require_uppercase: bool
    require_numbers: bool
    require_symbols: bool
    temporary_password_validity_days: int


StandardName = Literal[
    "address",
    "birthdate",
    "email",
    "family_name",
    "fullname",
    "gender",
    "given_name",
    "last_update_time",
    "locale",
    "middle_name",
    "nickname",
    "phone_number",
    "preferred_username",
    "profile_page",
    "profile_picture",
    "timezone",
    "website",
]

WIRE_NAMES: Final[dict[str, str]] = {name: name for name in get_args(StandardName)} | {
    "fullname": "name",
    "last_update_time": "updated_at",
    "profile_page": "profile",
    "profile_picture": "picture",
    "timezone": "zoneinfo",
}
"""Amplify's name of a standard attribute, in snake case, to Cognito's."""

_CUSTOM: Final = "custom:"
_BOUNDS: Final[dict[str, tuple[str, ...]]] = {
    "String": ("min_len", "max_len"),
    "Number": ("min", "max"),
    "Boolean": (),
    "DateTime": (),
}
_LIMITS: Final = ("min_len", "max_len", "min", "max")
_MAX_CUSTOM: Final = 50
_MAX_LENGTH: Final = 2048
_MAX_NUMBER: Final = 2**53 - 1


def attributes_of(options: object, login: tuple[str, ...], place: Place) -> tuple[Attribute, ...]:
    """The pool's attributes: the login ones first, always required and mutable, then the others in order."""
    found = {name: Attribute(name=name, required=True, mutable=True) for name in login}
    if not isinstance(options, Mapping):
        raise DefinitionError(
            f"user_attributes must be a dict, not {shown(options)}.",
            resolution='Write for example user_attributes={"given_name": {"required": True}}.',
            location=str(place),
        )
    for name, value in options.items():
        attribute = _custom(name, value, place) if str(name).startswith(_CUSTOM) else _standard(name, value, place)
        found.setdefault(attribute.name, attribute)
    if sum(name.startswith(_CUSTOM) for name in found) > _MAX_CUSTOM:
        raise AmplifyAuthConstructInitializationError(
            f"A pool can have {_MAX_CUSTOM} custom attributes.", resolution="Remove some of them.", location=str(place)
        )
    return tuple(found.values())


def _standard(name: object, value: object, place: Place) -> Attribute:
    if name not in WIRE_NAMES:
        by_wire = {wire: ours for ours, wire in WIRE_NAMES.items()}
        meant = by_wire.get(str(name))
        raise DefinitionError(
            f"There is no standard user attribute {shown(name)}.",
            resolution=f"Did you mean {meant!r}?"
            if meant
            else f"{advice(name, WIRE_NAMES)} Own ones are 'custom:name'.",
            location=str(place),
        )
    options = _booleans(value, ("required", "mutable"), f"user_attributes[{name!r}]", place)
    return Attribute(
        name=WIRE_NAMES[str(name)], required=options.get("required", False), mutable=options.get("mutable", True)
    )


def _custom(name: str, value: object, place: Place) -> Attribute:
    what, short = f"user_attributes[{name!r}]", name.removeprefix(_CUSTOM)
    if not (1 <= len(short) <= 20 and short.isprintable() and " " not in short):
        raise DefinitionError(
            f"A custom attribute cannot be named {shown(name)}.",
            resolution="Use 1 to 20 characters without spaces after 'custom:'.",
            location=str(place),
        )
    options = _booleans(value, CustomAttribute.__annotations__, what, place, skip=("data_type", *_LIMITS))
    kind: Any = check_choice(options.get("data_type"), tuple(_BOUNDS), what=f"data_type of {what}", place=place)
    for bound in _LIMITS:
        if bound in options and bound not in _BOUNDS[kind]:
            raise DefinitionError(
                f"{what} is of type {kind}, which has no {bound}.", resolution=f"Remove {bound}.", location=str(place)
            )
    low, high = (0, _MAX_LENGTH) if kind == "String" else (-_MAX_NUMBER, _MAX_NUMBER)
    limits = [
        check_whole(options[key], low, high, what=f"{key} of {what}", place=place, error=DefinitionError)
        if key in options
        else None
        for key in _BOUNDS[kind]
    ]
    if len(limits) == 2 and None not in limits and limits != sorted(x for x in limits if x is not None):
        raise DefinitionError(
            f"The lower bound of {what} is above the upper one.", resolution="Swap the two.", location=str(place)
        )
    names = ("min_length", "max_length") if kind == "String" else ("min_value", "max_value")
    bounds: dict[str, Any] = dict(zip(names, limits, strict=False))
    return Attribute(name=name, data_type=kind, mutable=options.get("mutable", True), **bounds)


def _booleans(value: object, keys: Any, what: str, place: Place, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """Options of which all but the skipped ones must be True or False."""
    options = check_keys(value, keys, what=what, place=place)
    for key, given in options.items():
        if key not in skip and not isinstance(given, bool):
            raise DefinitionError(
                f"{key} of {what} cannot be {shown(given)}.", resolution="Write True or False.", location=str(place)
            )
    return options


def password_policy_of(value: object, place: Place) -> PasswordPolicy:
    """Cognito's bounds: 6 to 99 characters, 0 to 365 days."""
    numbers = {"minimum_length": (6, 99), "temporary_password_validity_days": (0, 365)}
    keys = tuple(PasswordPolicyOptions.__annotations__)
    options = _booleans(value, keys, "password_policy", place, skip=tuple(numbers))
    for key, (low, high) in numbers.items():
        if key in options:
            check_whole(options[key], low, high, what=f"password_policy.{key}", place=place, error=DefinitionError)
    return PasswordPolicy(**options)
