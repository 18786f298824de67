"""What the gateway itself answers, in API Gateway's words (spec/admin-queries.md section 2.3).

None is named BadRequestException: the JavaScript client takes that for a wrong clock and sends the request again.
"""

from typing import Final

import msgspec


class Refusal(Exception):
    """A request that the gateway answers in the function's place."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.body = msgspec.json.encode({"message": message})


_FAULT: Final = "InternalServerErrorException"


def unauthorized() -> Refusal:
    """No token, or one that is not good for this API."""
    return Refusal(401, "UnauthorizedException", "Unauthorized")


def expired() -> Refusal:
    return Refusal(401, "UnauthorizedException", "The incoming token has expired")


def no_such_route(*, authorized: bool) -> Refusal:
    """A path or method without a route. AWS then expects its own signature in the Authorization header; the header is
    not repeated here, as it holds a token.
    """
    if authorized:
        message = "The token is not a valid key=value pair (missing equal-sign) in Authorization header: '...'."
        return Refusal(403, "IncompleteSignatureException", message)
    return Refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")


def forbidden() -> Refusal:
    """A stage that is not there, or a path that leads out of its route."""
    return Refusal(403, "ForbiddenException", "Forbidden")


def too_long() -> Refusal:
    return Refusal(413, "RequestTooLargeException", "Request Too Long")


def too_many() -> Refusal:
    return Refusal(429, "TooManyRequestsException", "Too Many Requests")


def fault() -> Refusal:
    """Our own."""
    return Refusal(500, _FAULT, "Internal server error")


def bad_answer() -> Refusal:
    """The function failed, or what it returned is no answer."""
    return Refusal(502, _FAULT, "Internal server error")


def timed_out() -> Refusal:
    return Refusal(504, _FAULT, "Endpoint request timed out")
