"""The router, and how a route is declared: it gets the request and the caller, whom the guard has let in."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from guard import Caller
from wire import Request, as_json

Action = Callable[[Request, Caller], dict[str, Any]]

app = APIGatewayRestResolver(serializer=as_json)
PATHS: dict[str, str] = {}
"""Every declared path by its lower-case form: clients may write a path in any case."""


def get(path: str) -> Callable[[Action], Action]:
    """Declares a route that reads."""
    return _route("GET", path)


def post(path: str) -> Callable[[Action], Action]:
    """Declares a route that changes something."""
    return _route("POST", path)


def _route(method: str, path: str) -> Callable[[Action], Action]:
    def declare(action: Action) -> Action:
        PATHS[path.lower()] = path

        @app.route(path, method=method)
        def run() -> dict[str, Any]:
            return action(app.context["request"], app.context["caller"])

        return action

    return declare
