"""`define_backend`: every definition together, checked against each other, as one Manifest."""

from collections.abc import Iterable, Mapping

import msgspec

from poolhouse.errors import DefinitionError, FunctionReservedEnvironmentVariableError, InvalidResourceNameError

from . import apps, census, manifest
from .admin_queries import check_groups
from .auth import AuthDefinition
from .data import DataDefinition, compile_data
from .functions import FunctionDefinition
from .manifest import UserPoolId
from .places import Place, here, project_root
from .rest import RestApiDefinition, check_together
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
    name: str | None = None,
    **others: FunctionDefinition | RestApiDefinition,
) -> Backend:
    """Put the backend together.

    `name` is what its stacks at AWS begin with (`shop-dev`), instead of the name of the project's folder; servers do
    not ask for it.

    Functions that handlers, routes or grants refer to come in by themselves; name others as `any_name=function`, and
    REST APIs as `any_name=api`.
    """
    place = here()
    project_root(place, "define_backend()")
    _check_parts(auth, data, others, place)
    _check_name(name, place)
    made = census.ONGOING.get() or {}
    if "backend" in made:
        raise census.second("backend", place, first=made["backend"][1])
    apis = tuple(dict.fromkeys(other for other in others.values() if isinstance(other, RestApiDefinition)))
    reached = _distinct(
        [
            *(other for other in others.values() if isinstance(other, FunctionDefinition)),
            *(grant.definition for grant in (auth.grants if auth else ())),
            *(auth.triggers if auth else ()),
            *(data.functions() if data else ()),
            *(function for api in apis for function in api.functions),
        ]
    )
    for kind, given in (("auth", auth), ("data", data)):
        if kind in made and given is None:
            raise DefinitionError(
                f"define_{kind}() was called and its result is not passed to define_backend().",
                resolution=f"Write define_backend({kind}={kind}, ...), or remove the definition.",
                location=str(made[kind][1]),
            )
    check_together(apis)
    compiled = _with_grants(auth, apis, reached)
    check_groups(apis, compiled)
    backend = Backend(
        manifest.Manifest(
            version=manifest.VERSION,
            app=name,
            auth=compiled,
            functions=tuple(definition.function for definition in reached),
            data=compile_data(data, compiled) if data else None,
            rest_apis=tuple(api.api for api in apis),
        )
    )
    census.enter("backend", backend, place)
    return backend


def _check_parts(auth: object, data: object, others: Mapping[str, object], place: Place) -> None:
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
        if not isinstance(other, FunctionDefinition | RestApiDefinition):
            raise DefinitionError(
                f"{name} must be a function made by define_function() or an API made by define_rest_api(), "
                f"not {shown(other)}.",
                resolution="Pass what define_function() or define_rest_api() returned, or remove it.",
                location=str(place),
            )


def _check_name(name: object, place: Place) -> None:
    if name is not None and not (isinstance(name, str) and apps.fits(name)):
        raise InvalidResourceNameError(
            f"A backend cannot be named {shown(name)}.",
            resolution=f"Use {apps.RULE}.",
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


def _with_grants(
    auth: AuthDefinition | None, apis: Iterable[RestApiDefinition], functions: Iterable[FunctionDefinition]
) -> manifest.Auth | None:
    """The auth with the grants of the REST APIs added. Whatever needs a user pool is refused where there is none."""
    if auth is None:
        for api in apis:
            if api.grants or any(route.authorizer == "userPool" for route in api.api.routes):
                raise _without_pool(f"The REST API {api.name!r}", api.place)
        for function in functions:
            if any(isinstance(value, UserPoolId) for value in function.function.environment.values()):
                raise _without_pool(f"The environment of the function {function.name!r}", function.place)
        return None
    grants = [*auth.grants, *(grant for api in apis for grant in api.grants)]
    for grant in grants:
        grant.check(auth.auth)
    _check_injected(auth.auth.environment_name, (grant.definition for grant in grants))
    return msgspec.structs.replace(auth.auth, grants=tuple(grant.compiled() for grant in grants))


def _without_pool(what: str, place: Place) -> DefinitionError:
    return DefinitionError(
        f"{what} needs a user pool, and the backend has no auth.",
        resolution="Write define_backend(auth=auth, ...).",
        location=str(place),
    )


def _check_injected(variable: str, granted: Iterable[FunctionDefinition]) -> None:
    """A granted function gets its pool's id in a variable; its own environment must not use the same name."""
    for definition in granted:
        if variable in definition.function.environment:
            raise FunctionReservedEnvironmentVariableError(
                f"The environment variable {variable} is set by the grant to the function {definition.name!r}.",
                resolution=f"Remove {variable} from its environment; the pool's id is put there.",
                location=str(definition.place),
            )
