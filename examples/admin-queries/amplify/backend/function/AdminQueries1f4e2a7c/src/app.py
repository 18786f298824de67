"""The function's entry: one request in, one reply out, one line in the log. The routes are in actions.py."""

from typing import Any

import actions
import extra
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError, ParamValidationError
from guard import admit, name_of
from pool import status_of
from routes import PATHS, app
from settings import SETTINGS
from wire import Refused, Request, reply

__all__ = ["actions", "extra", "handler"]

logger = Logger(service="AdminQueries")
if SETTINGS.groups is None:
    logger.warning("GROUP is NONE: every signed-in user may call every administrative route.")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers a REST API's proxy event, payload format 1.0. Events with a path, a method and claims are enough."""
    request = Request(event, PATHS)
    app.context["request"] = request
    answer: dict[str, Any] = app.resolve({**event, "path": request.path, "httpMethod": request.method}, context)
    record(request, answer["statusCode"])
    return reply(answer, request.allowed_origin(SETTINGS.origins))


def only_admitted(resolver: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Stands before every route, and before paths that are none: a stranger does not learn which there are."""
    resolver.context["caller"] = admit(resolver.context["request"])
    return next_middleware(resolver)


def refused(reason: Refused) -> Response[Any]:
    return told(reason.status, reason.message)


def not_found(_reason: NotFoundError) -> Response[Any]:
    return told(404, "Not Found")


def refused_by_route(reason: ServiceError) -> Response[Any]:
    return told(reason.status_code, str(reason.msg))


def refused_by_sdk(reason: ParamValidationError) -> Response[Any]:
    return told(400, str(reason))


def refused_by_pool(reason: ClientError) -> Response[Any]:
    """What the user pool says to the caller is passed on; what it says to this function is for the log."""
    status = status_of(reason)
    return failed(reason) if status == 500 else told(status, reason.response["Error"]["Message"])


def failed(reason: Exception) -> Response[Any]:
    logger.error("The request failed.", exc_info=reason)
    return told(500, "Internal server error")


def told(status: int, message: str) -> Response[Any]:
    """Every error is an object with exactly one member."""
    return Response(status_code=status, content_type="application/json", body={"message": message})


def record(request: Request, status: int) -> None:
    """Who did what to whom, and how it ended. Tokens and claims never come here."""
    try:
        named = request.parameters
    except Refused:
        named = {}
    logger.info(
        "admin action",
        actor=name_of(request.claims),
        actor_sub=request.claims.get("sub"),
        action=_short(f"{request.method} {request.path}"),
        target=_short(named.get("username")),
        group=_short(named.get("groupname")),
        status=status,
        request_id=request.id,
    )


def _short(value: object) -> str | None:
    """A part that can always be written: half a character would lose the whole line."""
    return value[:128].encode(errors="backslashreplace").decode() if isinstance(value, str) else None


app.use(middlewares=[only_admitted])
app.exception_handler(Refused)(refused)
app.exception_handler(NotFoundError)(not_found)
app.exception_handler(ServiceError)(refused_by_route)
app.exception_handler(ParamValidationError)(refused_by_sdk)
app.exception_handler(ClientError)(refused_by_pool)
app.exception_handler(Exception)(failed)
