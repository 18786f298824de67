"""`define_backend`: every definition together, checked against each other, as one Manifest."""

from collections.abc import Iterable

import msgspec

from poolhouse.errors import DefinitionError, FunctionReservedEnvironmentVariableError

from . import census, manifest
from .auth import AuthDefinition
from .data import DataDefinition, compile_data
from .functions import FunctionDefinition
from .places import Place, here, project_root
from .words import shown


class Backend(msgspec.Struct, frozen=True, eq=False):
    """What `define_backend` returns."""

    compiled: manifest.Manifest

    def manifest(self) -> manifest.Manifest:
        """The whole backend as plain data; equal definitions give equal manifests."""
        return self.compiled


def define_backend(
    *,
    auth: AuthDefinition | None = None,
    data: DataDefinition | None = None,
    **functions: FunctionDefinition,
) -> Backend:
    """Put the backend together.

    Functions that handlers or grants refer to come in by themselves; name others as `any_name=function`.
    """
    place = here()
    project_root(place, "define_backend()")
    _check_parts(auth, data, functions, place)
    made = census.ONGOING.get() or {}
    reached = _distinct(
        [
            *functions.values(),
            *(grant.definition for grant in (auth.grants if auth else ())),
            *(data.functions() if data else ()),
        ]
    )
    for kind, given in (("auth", auth), ("data", data)):
        if kind in made and given is None:
            raise DefinitionError(
                f"define_{kind}() was called and its result is not passed to define_backend().",
                resolution=f"Write define_backend({kind}={kind}, ...), or remove the definition.",
                location=str(made[kind][1]),
            )
    if auth is not None:
        _check_injected(auth)
    backend = Backend(
        manifest.Manifest(
            version=manifest.VERSION,
            auth=auth.auth if auth else None,
            functions=tuple(definition.function for definition in reached),
            data=compile_data(data, auth.auth if auth else None) if data else None,
        )
    )
    census.enter("backend", backend, place)
    return backend


def _check_parts(auth: object, data: object, others: dict[str, FunctionDefinition], place: Place) -> None:
    for name, part, kind in (("auth", auth, AuthDefinition), ("data", data, DataDefinition)):
        if part is not None and not isinstance(part, kind):
            raise DefinitionError(
                f"{name} must be made by define_{name}(), not {shown(part)}.",
                resolution=f"Write define_backend({name}=define_{name}(...)).",
                location=str(place),
            )
    for name, other in others.items():
        for kind, first in ((AuthDefinition, auth), (DataDefinition, data)):
            if isinstance(other, kind):
                raise _misplaced(name, other, first, place)
        if not isinstance(other, FunctionDefinition):
            raise DefinitionError(
                f"{name} must be a function made by define_function(), not {shown(other)}.",
                resolution="Pass what define_function() returned, or remove it.",
                location=str(place),
            )


def _misplaced(name: str, other: AuthDefinition | DataDefinition, first: object, place: Place) -> DefinitionError:
    """A second auth or data, or the only one under a wrong name."""
    kind = "auth" if isinstance(other, AuthDefinition) else "data"
    if isinstance(first, AuthDefinition | DataDefinition):
        return census.second(kind, other.place, first=first.place)
    return DefinitionError(
        f"{name} was made by define_{kind}().", resolution=f"Pass it as {kind}={name}.", location=str(place)
    )


def _distinct(definitions: Iterable[FunctionDefinition]) -> tuple[FunctionDefinition, ...]:
    """Each function once, in first-seen order; two functions must differ in name, also as module and variable names."""
    by_name: dict[str, FunctionDefinition] = {}
    for definition in definitions:
        key = manifest.upper_snake(definition.name)
        first = by_name.setdefault(key, definition)
        if first is not definition:
            raise DefinitionError(
                f"The functions {first.name!r} ({first.place}) and {definition.name!r} have the same name.",
                resolution="Give one of them another name=.",
                location=str(definition.place),
            )
    return tuple(by_name.values())


def _check_injected(auth: AuthDefinition) -> None:
    """A granted function gets its pool's id in a variable; its own environment must not use the same name."""
    variable = auth.auth.environment_name
    for grant in auth.grants:
        if variable in grant.definition.function.environment:
            raise FunctionReservedEnvironmentVariableError(
                f"The environment variable {variable} is set by the grant to the function {grant.definition.name!r}.",
                resolution=f"Remove {variable} from its environment; the pool's id is put there.",
                location=str(grant.definition.place),
            )
