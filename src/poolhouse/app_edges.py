"""What the application answers besides its routes: uvicorn's lifespan, the time before the start, unknown paths.

And the templates of all paths.
"""

from starlette.routing import Match, Route, Router

from poolhouse.protocols.documents import json_response
from poolhouse.protocols.gateway.endpoint import Gateway
from poolhouse.protocols.http import Receive, Scope, Send, preflight


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """The server is started and stopped by its owner; uvicorn only wants to hear that it may go on."""
    if scope["type"] != "lifespan":
        await send({"type": "websocket.close", "code": 1000})
        return
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_started(scope: Scope, receive: Receive, send: Send) -> None:
    await json_response({"message": "The server is starting."}, 503)(scope, receive, send)


async def unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["method"] == "OPTIONS":
        await preflight(send)
    else:
        await json_response({"message": "There is nothing at this path."}, 404)(scope, receive, send)


def template_of(scope: Scope, gateway: Gateway | None, documents: Router) -> str:
    """How the path of a request was written by who serves it, never by who asks; empty for a path that is not served.

    Only traces ask.
    """
    if scope["path"] in ("/", "/graphql"):
        return str(scope["path"])
    if gateway is not None and gateway.covers(scope["path"]):
        return gateway.template_of(scope)
    routes = [route for route in documents.routes if isinstance(route, Route)]
    return next((route.path for route in routes if route.matches(scope)[0] is not Match.NONE), "")
