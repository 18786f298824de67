"""Whom a template lets in, field by field and route by route, in words for the reader of a plan."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from poolhouse.define.manifest import Manifest, RestApi

from . import rest_api
from .sdl import PLACEHOLDER
from .simulation import Credentials, Function, Key, Nobody, Route, Simulation, Token


class Opened(NamedTuple):
    """A field (`Mutation.addUserToGroup`) or a route (`orders: GET /orders/{id}`), and who reaches its function."""

    what: str
    who: tuple[str, ...]


def opened(manifest: Manifest, template: Mapping[str, Any]) -> list[Opened]:
    """Everything that is served. Nobody at all is an empty tuple."""
    stack = Simulation(template)
    fields = [field for field in (stack.gates.fields() if stack.gates else ()) if field[1] != PLACEHOLDER]
    found = [Opened(".".join(field), tuple(_callers(manifest, stack, *field))) for field in fields]
    return [*found, *(row for api in manifest.rest_apis for row in _routes(api, stack))]


def _callers(manifest: Manifest, stack: Simulation, type_name: str, field: str) -> Iterator[str]:
    groups = [group.name for group in manifest.auth.groups] if manifest.auth else []
    for kind, how in ((Token, "with a token"), (Credentials, "with credentials")):
        members = [name for name in groups if stack.may_have(kind((name,)), type_name, field)]
        if stack.may_have(kind(()), type_name, field):
            others = [name for name in groups if name not in members]
            yield f"every user {how}" + (f" but those of {', '.join(others)}" if others else "")
        elif members:
            yield f"{', '.join(members)} {how}"
    if stack.may_have(Credentials(None), type_name, field):
        yield "guests"
    if stack.may_have(Key(), type_name, field):
        yield "whoever has the API key"
    for function in manifest.functions:
        if stack.may_have(Function(function.name), type_name, field):
            yield f"the function {function.name}"


def _routes(api: RestApi, stack: Simulation) -> Iterator[Opened]:
    for route in api.routes:
        place = Route(rest_api.logical_id(api), route.method, route.path)
        yield Opened(f"{api.name}: {route.method} {route.path}", tuple(_tokens(api, stack, place)))


def _tokens(api: RestApi, stack: Simulation, place: Route) -> Iterator[str]:
    if stack.may_request(Nobody(), place):
        yield "everybody"
        return
    if stack.may_request(Token(scopes=api.scopes), place):
        yield f"every user with an access token of scope {' or '.join(api.scopes)}"
    if stack.may_request(Token(use="id"), place):
        yield "every user with an ID token"
