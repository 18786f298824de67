"""The outermost span of a request, by OpenTelemetry's conventions for HTTP servers. Only there where traces are on.

It says the template of a path and never the path, the query or a header: those may name people, or hold secrets.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, Final

from poolhouse.telemetry import traces

from .http import Application, Receive, Scope, Send, take_exchange

_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_CARRIED: Final = frozenset({b"traceparent", b"tracestate", b"x-amzn-trace-id"})
_ERROR: Final = b"x-amzn-errortype"


class Traced:
    """An application whose requests are spans. `route_of` gives the template of a request's path, "" for none.

    Health checks are left out: they come every few seconds, and nobody asks where their time went.
    """

    def __init__(self, application: Application, route_of: Callable[[Scope], str]) -> None:
        self._application = application
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health/"):
            await self._application(scope, receive, send)
            return
        take_exchange(scope)  # so that every answer is told below
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        route = self._route_of(scope)
        given = {"http.request.method": method, "url.scheme": scope["scheme"]}
        given |= {"http.route": route} if route else {}
        with traces.request(f"{method} {route}".rstrip(), given, _carried(scope)) as span:

            async def told(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    for name, value in _facts(message):
                        span.set_attribute(name, value)
                    if message["status"] >= 500:
                        traces.fail(span)
                await send(message)

            await self._application(scope, receive, told)


def _carried(scope: Scope) -> dict[str, str]:
    """The first of each header that carries a trace."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in _CARRIED:
            found.setdefault(name.decode(), value.decode("latin-1"))
    return found


def _facts(message: MutableMapping[str, Any]) -> list[tuple[str, str | int]]:
    """The status, and the code of an error, which we gave ourselves."""
    status = message["status"]
    codes = [value.decode("latin-1").partition(":")[0] for name, value in message["headers"] if name == _ERROR]
    if status < 400:
        return [("http.response.status_code", status)]
    return [("http.response.status_code", status), ("error.type", codes[0] if codes else str(status))]
