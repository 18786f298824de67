"""Checks that every definition shares: names, option keys, whole numbers, and the nearest valid word."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from typing import Final, ParamSpec, TypeVar

from poolhouse.errors import DefinitionError, InvalidResourceNameError, NotServedError

from .places import Place, here

P = ParamSpec("P")
R = TypeVar("R")

_RESOURCE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9\-_ ]*")
_GRAPHQL_NAME: Final = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*")


def snake(name: str) -> str:
    """`verificationEmailBody` -> `verification_email_body`, for people who come from TypeScript."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def nearest(word: object, choices: Collection[str]) -> str | None:
    """The one valid word that the writer most likely meant, if any is near."""
    text = str(word)
    if snake(text) in choices:
        return snake(text)
    by_fold = {choice.casefold(): choice for choice in sorted(choices)}
    if text.casefold() in by_fold:
        return by_fold[text.casefold()]
    found = get_close_matches(text.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def advice(word: object, choices: Collection[str]) -> str:
    """What to write instead of `word`: the nearest choice, or all of them when they are few."""
    close = nearest(word, choices)
    if close is not None:
        return f"Did you mean {close!r}?"
    shown = sorted(choices)
    more = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
    return f"Use one of: {', '.join(shown[:12])}{more}."


def check_keys(
    options: object, served: Iterable[str], *, what: str, place: Place, unserved: Iterable[str] = ()
) -> dict[str, object]:
    """Return `options` as a dict when every key is known; a known but unserved key is refused by name."""
    if not isinstance(options, Mapping):
        raise DefinitionError(
            f"{what} must be a dict of options, not {shown(options)}.",
            resolution=f"Pass a dict with: {', '.join(served)}.",
            location=str(place),
        )
    known, refused = tuple(served), tuple(unserved)
    for key in options:
        if key not in known and key not in refused:
            raise DefinitionError(
                f"{what} has no option {key!r}.", resolution=advice(key, (*known, *refused)), location=str(place)
            )
    for key in refused:
        if key in options:
            raise not_served(f"{key!r} of {what}", place)
    return dict(options)


def not_served(what: str, place: Place, instead: str = "Remove it; it would have no effect here.") -> NotServedError:
    return NotServedError(f"{what} is not served by this version.", resolution=instead, location=str(place))


def check_choice(value: object, choices: Collection[str], *, what: str, place: Place) -> str:
    if isinstance(value, str) and value in choices:
        return value
    raise DefinitionError(f"{what} cannot be {shown(value)}.", resolution=advice(value, choices), location=str(place))


def check_whole(value: object, low: int, high: int, *, what: str, place: Place, error: type[DefinitionError]) -> int:
    """Return `value` when it is a whole number within both bounds; a bool is not a number here."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise error(
        f"{what} must be a whole number from {low} to {high}, not {shown(value)}.",
        resolution=f"Choose a whole number from {low} to {high}.",
        location=str(place),
    )


def check_text(value: object, low: int, high: int, *, what: str, place: Place, error: type[DefinitionError]) -> str:
    if isinstance(value, str) and low <= len(value) <= high:
        return value
    raise error(
        f"{what} must be text of {low} to {high} characters, not {shown(value)}.",
        resolution="Pass a text of that length.",
        location=str(place),
    )


def check_resource_name(name: object, *, what: str, place: Place) -> str:
    if isinstance(name, str) and _RESOURCE_NAME.fullmatch(name):
        return name
    raise InvalidResourceNameError(
        f"{what} cannot be named {shown(name)}.",
        resolution="Start with a letter (A-Z, a-z), then use letters, digits, '-', '_' and spaces.",
        location=str(place),
    )


def is_graphql_name(name: object) -> bool:
    """Whether GraphQL accepts the text as a name that is not reserved for introspection."""
    return isinstance(name, str) and _GRAPHQL_NAME.fullmatch(name) is not None


def shown(value: object) -> str:
    """A short, safe rendering of a wrong value."""
    text = repr(value) if isinstance(value, str | int | float | bool | None) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def explained(function: Callable[P, R]) -> Callable[P, R]:
    """Answer positional and unknown arguments with a DefinitionError that names the nearest one, not a TypeError."""
    parameters = signature(function).parameters.values()
    allowed = [parameter.name for parameter in parameters if parameter.kind is Parameter.KEYWORD_ONLY]
    required = [p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY and p.default is Parameter.empty]
    name = f"{function.__name__}()"

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if args:
            raise DefinitionError(
                f"{name} takes named options only.",
                resolution=f"Write {name[:-1]}{allowed[0]}=..., ...).",
                location=str(here()),
            )
        check_keys(kwargs, allowed, what=name, place=here())
        for missing in (option for option in required if option not in kwargs):
            raise DefinitionError(
                f"{name} needs the option {missing!r}.", resolution=f"Add {missing}=...", location=str(here())
            )
        return function(*args, **kwargs)

    return checked
