"""Tokens of users, and OAuth 2.0 (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1)."""

from .root import PoolhouseError
from .service import NotAuthorizedException, ServiceError


class InvalidAccessToken(NotAuthorizedException):
    default = "Invalid Access Token"


class AccessTokenExpired(NotAuthorizedException):
    default = "Access Token has expired"


class AccessTokenRevoked(NotAuthorizedException):
    default = "Access Token has been revoked"


class InvalidRefreshToken(NotAuthorizedException):
    default = "Invalid Refresh Token"


class RefreshTokenExpired(NotAuthorizedException):
    default = "Refresh Token has expired"


class RefreshTokenRevoked(NotAuthorizedException):
    default = "Refresh Token has been revoked"


class RefreshTokenReuseException(ServiceError):
    default = "Refresh Token was already used and replaced."


class UnsupportedTokenTypeException(ServiceError): ...


class UnauthorizedException(ServiceError): ...


class OAuthError(PoolhouseError):
    """An answer of the OAuth endpoints: `error` is the code, `description` is for the developer of the client.

    `hint` is for whoever reads the server's log, and for nobody else.
    """

    def __init__(self, error: str, description: str = "", *, status: int = 400, hint: str = "") -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status
        self.hint = hint

    @property
    def facts(self) -> dict[str, str]:
        """What the log says of it."""
        return {"error": self.error, "why": self.description} | ({"hint": self.hint} if self.hint else {})


class RedirectedOAuthError(OAuthError):
    """An error that the client itself is told, at `location`: its registered redirect URI with the error in it."""

    def __init__(self, error: str, description: str, location: str, *, hint: str = "") -> None:
        super().__init__(error, description, status=302, hint=hint)
        self.location = location
