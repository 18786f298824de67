"""The OAuth 2.0 endpoints that programs call: token, userInfo and revoke. What browsers are sent to are pages.

Sources: spec/user-pools.md 5.2 and 5.3, RFC 6749, RFC 7009, OpenID Connect Core 5.3. Tokens travel in headers and
bodies, never in cookies, so any origin may ask.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors import OAuthError
from poolhouse.operations.context import Services
from poolhouse.operations.oauth import grants, parameters, revocation
from poolhouse.operations.oauth.asking import Asking
from poolhouse.operations.oauth.parameters import Parameters
from poolhouse.operations.oauth.user_info import user_info
from poolhouse.protocols.http import CORS, BodyTooLarge, ClientGone, read_body
from poolhouse.telemetry import log
from poolhouse.telemetry.request_ids import new_request_id

Endpoint = Callable[[Services, Request], Awaitable[Response]]
_FORM = "application/x-www-form-urlencoded"
_HEADERS = {name.decode(): value.decode() for name, value in CORS} | {"cache-control": "no-store", "pragma": "no-cache"}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_PREFLIGHT = {
    "access-control-allow-headers": "authorization,content-type,x-amz-user-agent,x-amzn-cognito-client-id",
    "access-control-max-age": "86400",
}


def oauth_routes(services: Services) -> list[Route]:
    """`/oauth2/token`, `/oauth2/userInfo` and `/oauth2/revoke`."""
    served: list[tuple[str, tuple[str, ...], Endpoint]] = [
        ("/oauth2/token", ("POST",), _token),
        ("/oauth2/userInfo", ("GET", "POST"), _user_info),
        ("/oauth2/revoke", ("POST",), _revoke),
    ]
    return [
        Route(path, partial(_answer, services, endpoint, methods), methods=_METHODS)
        for path, methods, endpoint in served
    ]


async def _answer(services: Services, endpoint: Endpoint, methods: tuple[str, ...], request: Request) -> Response:
    """The edge: whatever goes wrong is an OAuth error in JSON that any origin may read."""
    allowed = ",".join((*methods, "OPTIONS"))
    if request.method == "OPTIONS":
        return Response(None, 204, _HEADERS | _PREFLIGHT | {"access-control-allow-methods": allowed})
    if request.method not in methods:
        return _refusal(OAuthError("invalid_request", "This method is not served.", status=405), {"allow": allowed})
    try:
        return await endpoint(services, request)
    except OAuthError as error:
        log.info("refused", operation=request.url.path, **error.facts)
        return _refusal(error)
    except ClientGone:
        return Response(None, 400)
    except Exception:  # noqa: BLE001 - the edge: whatever escapes is our fault and must still be answered
        log.exception("fault", operation=request.url.path)
        return _refusal(OAuthError("server_error", "Something went wrong on our side.", status=500))


async def _token(services: Services, request: Request) -> Response:
    return _json(await grants.token(await _asking(services, request)))


async def _revoke(services: Services, request: Request) -> Response:
    await revocation.revoke(await _asking(services, request))
    return Response(None, 200, _HEADERS)


async def _user_info(services: Services, request: Request) -> Response:
    try:
        return _json(await user_info(services, request.headers.get("authorization", "")))
    except OAuthError as error:
        described = f'error="{error.error}", error_description="{error.description}"'
        scheme = "" if error.status == 400 else "Bearer "
        return _refusal(error, {"www-authenticate": scheme + described})


async def _asking(services: Services, request: Request) -> Asking:
    """Raises OAuthError."""
    return Asking(
        services=services,
        form=await _form(request),
        authorization=request.headers.get("authorization", ""),
        request_id=new_request_id(),
        source_ip=request.client.host if request.client else "",
    )


async def _form(request: Request) -> Parameters:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise OAuthError("invalid_request", f"The request must be {_FORM}.")
    try:
        return parameters.parse(await read_body(request.receive, parameters.MOST_BYTES))
    except BodyTooLarge as error:
        raise OAuthError("invalid_request", "The request is too large.", status=413) from error


def _json(value: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status, _HEADERS | dict(headers or {}), "application/json")


def _refusal(error: OAuthError, headers: Mapping[str, str] | None = None) -> Response:
    described = {"error_description": error.description} if error.description else {}
    return _json({"error": error.error, **described}, error.status, headers)
