"""Small documents over GET: discovery and keys of a pool, health, and in development the inbox as JSON."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors import ServiceError
from poolhouse.operations import discovery
from poolhouse.operations.context import Services
from poolhouse.protocols.http import CORS

_OPEN = {name.decode(): value.decode() for name, value in CORS}
_CACHEABLE = {**_OPEN, "cache-control": "public, max-age=300"}

Document = Callable[[Services, str], Awaitable[Mapping[str, Any]]]
Inbox = Callable[[Mapping[str, str]], Awaitable[list[dict[str, Any]]]]


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] = _OPEN) -> Response:
    """A JSON answer that any origin may read."""
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def discovery_routes(services: Services) -> list[Route]:
    """`/{poolId}/.well-known/...`: public, cacheable, 404 for an unknown pool (spec/user-pools.md 3.2)."""

    def serve(document: Document) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                found = await document(services, request.path_params["pool_id"])
            except ServiceError as error:
                return json_response({"message": error.message}, 404)
            return json_response(found, headers=_CACHEABLE)

        return endpoint

    base = "/{pool_id:str}/.well-known"
    return [
        Route(f"{base}/jwks.json", serve(discovery.jwks)),
        Route(f"{base}/openid-configuration", serve(discovery.configuration)),
    ]


def health_routes(ready: Callable[[], Awaitable[bool]]) -> list[Route]:
    """`/health/live` answers while the process runs, `/health/ready` only while requests can be served."""

    async def live(_request: Request) -> Response:
        return json_response({"status": "live"})

    async def readiness(_request: Request) -> Response:
        return json_response({"status": "ready"}) if await ready() else json_response({"status": "starting"}, 503)

    return [Route("/health/live", live), Route("/health/ready", readiness)]


def inbox_routes(messages: Inbox) -> list[Route]:
    """`/inbox/messages?username=&destination=&pool=`: what the server would have sent, oldest first."""

    async def listing(request: Request) -> Response:
        # No CORS: a page of another origin must not read codes from the developer's machine.
        return json_response(await messages(request.query_params), headers={"cache-control": "no-store"})

    return [Route("/inbox/messages", listing)]
