"""`define_rest_api`: a REST API, its routes to functions, who may call them, and what its functions may do."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypedDict, get_args

import msgspec

from poolhouse.errors import DefinitionError

from .access import Access, PoolGrant, collect
from .functions import FunctionDefinition
from .manifest import SELF_SERVICE_SCOPE, IdTokens, RestApi, RestAuthorizer, RestRoute
from .places import Place, here, project_root
from .words import advice, check_choice, check_keys, explained, not_served, shown

Method = Literal["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


class RouteOptions(TypedDict, total=False):
    """`function` is needed; `authorizer` is the API's own where it is left out."""

    function: FunctionDefinition
    authorizer: RestAuthorizer


Routes = Mapping[str, FunctionDefinition | RouteOptions]

_METHODS: Final = get_args(Method)
_AUTHORIZERS: Final = get_args(RestAuthorizer)
_LITERAL: Final = re.compile(r"[A-Za-z0-9._~:@$+-]+")
_PARAMETER: Final = re.compile(r"\{([A-Za-z0-9._-]+)(\+?)\}")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?|[a-z][a-z0-9+.-]*://[a-z0-9.-]+(?::[0-9]{1,5})?")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
TAKEN: Final = frozenset(
    {
        "assets",
        "confirmforgotpassword",
        "confirmuser",
        "console",
        "error",
        "favicon.ico",
        "favicon.svg",
        "forgotpassword",
        "graphql",
        "health",
        "imports",
        "inbox",
        "login",
        "logout",
        "metrics",
        "oauth2",
        "passkeys",
        "resendcode",
        "saml2",
        "signup",
        "static",
    }
)
"""First segments of paths that the server uses itself."""


class RestApiDefinition(msgspec.Struct, frozen=True, eq=False):
    """What `define_rest_api` returns; pass it to `define_backend` under any name."""

    api: RestApi
    functions: tuple[FunctionDefinition, ...]
    grants: tuple[PoolGrant, ...]
    place: Place

    @property
    def name(self) -> str:
        return self.api.name


class _Route(NamedTuple):
    compiled: RestRoute
    definition: FunctionDefinition


@explained
def define_rest_api(
    *,
    name: str,
    routes: Routes,
    stage: str = "dev",
    authorizer: RestAuthorizer = "userPool",
    scopes: Sequence[str] = (SELF_SERVICE_SCOPE,),
    id_tokens: IdTokens = "own",
    allow_origins: Sequence[str] = ("*",),
    access: Access | None = None,
) -> RestApiDefinition:
    """Describe a REST API.

    `routes` maps `"GET /reports/{id}"`, or `"/{proxy+}"` for every method, to a function or to
    `{"function": fn, "authorizer": "none"}`. An access token needs one of `scopes`; without scopes only ID tokens
    pass, as at API Gateway. `access` gives functions grants on the user pool, as in `define_auth`.
    """
    place = here()
    project_root(place, "define_rest_api()")
    _check_segment(name, "name", place)
    _check_segment(stage, "stage", place)
    check_choice(id_tokens, get_args(IdTokens), what="id_tokens", place=place)
    found = _routes(routes, _authorizer(authorizer, place), place)
    grants = collect(access, place)
    api = RestApi(
        name=name,
        stage=stage,
        routes=tuple(route.compiled for route in found),
        scopes=_texts(scopes, _SCOPE, "scopes", place),
        id_tokens=id_tokens,
        allow_origins=_origins(allow_origins, place),
    )
    if not api.scopes and api.id_tokens == "none":
        raise DefinitionError(
            "Without scopes only ID tokens are accepted, and id_tokens refuses them.",
            resolution='Name a scope, or write id_tokens="own".',
            location=str(place),
        )
    used = [route.definition for route in found] + [grant.definition for grant in grants]
    return RestApiDefinition(api, tuple(dict.fromkeys(used)), grants, place)


def _check_segment(text: object, what: str, place: Place) -> None:
    if not isinstance(text, str) or not _SEGMENT.fullmatch(text):
        raise DefinitionError(
            f"The {what} of a REST API cannot be {shown(text)}.",
            resolution="Use letters, digits, '-' and '_', at most 128, and begin with a letter or digit.",
            location=str(place),
        )


def _authorizer(value: object, place: Place) -> RestAuthorizer:
    if value == "iam":
        raise not_served("authorizer 'iam'", place, "Use 'userPool', or 'none' for a route that everybody may call.")
    checked: RestAuthorizer = check_choice(value, _AUTHORIZERS, what="authorizer", place=place)  # type: ignore[assignment]  # one of them
    return checked


def _routes(routes: object, default: RestAuthorizer, place: Place) -> tuple[_Route, ...]:
    if not isinstance(routes, Mapping) or not routes:
        raise DefinitionError(
            f"routes must be a dict with at least one route, not {shown(routes)}.",
            resolution='Write for example routes={"ANY /{proxy+}": my_function}.',
            location=str(place),
        )
    found = [_route(key, given, default, place) for key, given in routes.items()]
    _check_distinct([route.compiled for route in found], place)
    return tuple(found)


def _route(key: object, given: object, default: RestAuthorizer, place: Place) -> _Route:
    method, _, path = key.rpartition(" ") if isinstance(key, str) else ("", "", "")
    method = method.strip() or "ANY"
    if method not in _METHODS:
        raise DefinitionError(
            f"The route {shown(key)} has no method {shown(method)}.",
            resolution=advice(method, _METHODS),
            location=str(place),
        )
    _check_path(path, key, place)
    options = {"function": given} if isinstance(given, FunctionDefinition) else given
    read = check_keys(options, RouteOptions.__annotations__, what=f"The route {key!r}", place=place)
    function = read.get("function")
    if not isinstance(function, FunctionDefinition):
        raise DefinitionError(
            f"The route {key!r} needs a function made by define_function(), not {shown(function)}.",
            resolution="Pass what define_function() returned.",
            location=str(place),
        )
    chosen = _authorizer(read.get("authorizer", default), place)
    return _Route(RestRoute(path=path, method=method, function=function.name, authorizer=chosen), function)


def _check_path(path: str, key: object, place: Place) -> None:
    """`/`, or segments of plain characters and parameters; a greedy parameter is the last one."""
    segments = path.split("/")[1:] if path != "/" else []
    parameters = [match for segment in segments if (match := _PARAMETER.fullmatch(segment))]
    names = [match[1] for match in parameters]
    right = path.startswith("/") and all(
        _PARAMETER.fullmatch(segment) or (_LITERAL.fullmatch(segment) and segment not in {".", ".."})
        for segment in segments
    )
    greedy = [segment for segment in segments[:-1] if segment.endswith("+}")]
    if not right or greedy or len(set(names)) != len(names):
        raise DefinitionError(
            f"{shown(key)} is not a route.",
            resolution="Write a method and a path: 'GET /reports/{id}', 'ANY /{proxy+}', '/health'; each parameter "
            "has its own name, and {name+} stands at the end.",
            location=str(place),
        )


def _check_distinct(routes: Sequence[RestRoute], place: Place) -> None:
    """Two routes that the same requests would reach, whatever their parameters are called, are a mistake."""
    paths: dict[str, str] = {}
    methods: set[tuple[str, str]] = set()
    for route in routes:
        first = paths.setdefault(_PARAMETER.sub(r"{\2}", route.path), route.path)
        if first != route.path:
            raise DefinitionError(
                f"The routes {first} and {route.path} differ in a parameter's name only.",
                resolution="Give the parameter one name.",
                location=str(place),
            )
        if (route.method, route.path) in methods:
            raise DefinitionError(
                f"The route {route.method} {route.path} is there twice.",
                resolution="Keep one of them; without a method it stands for ANY.",
                location=str(place),
            )
        methods.add((route.method, route.path))


def _origins(given: object, place: Place) -> tuple[str, ...]:
    if isinstance(given, list | tuple) and list(given) == ["*"]:
        return ("*",)
    return _texts(given, _ORIGIN, "allow_origins", place)


def _texts(given: object, form: re.Pattern[str], what: str, place: Place) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        raise DefinitionError(
            f"{what} must be a list of texts, not {shown(given)}.",
            resolution=f"Write {what}=[...].",
            location=str(place),
        )
    wrong = next((one for one in given if not isinstance(one, str) or not form.fullmatch(one)), None)
    if wrong is not None:
        example = '["*"] or ["https://example.com"]' if what == "allow_origins" else f'["{SELF_SERVICE_SCOPE}"]'
        raise DefinitionError(
            f"{what} cannot hold {shown(wrong)}.", resolution=f"Write for example {example}.", location=str(place)
        )
    return tuple(dict.fromkeys(given))


def check_together(apis: Sequence[RestApiDefinition]) -> None:
    """No two APIs may have one name, or begin at the same path of the server; none may hide the server's own paths."""
    first: dict[str, RestApiDefinition] = {}
    names: dict[str, RestApiDefinition] = {}
    for one in apis:
        segment = one.api.root.split("/")[1].lower()
        if segment in TAKEN or re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d_.+", segment):
            raise DefinitionError(
                f"The REST API {one.name!r} would begin at {one.api.root}, a path that the server uses itself.",
                resolution="Choose another name or stage.",
                location=str(one.place),
            )
        other = names.setdefault(one.name.lower(), one)
        other = first.setdefault(segment, one) if other is one else other
        if other is not one:
            raise DefinitionError(
                f"The REST APIs {other.name!r} ({other.place}) and {one.name!r} would share the path /{segment}.",
                resolution="Give one of them another name or stage.",
                location=str(one.place),
            )
