"""Requests that never reach an operation (spec/user-pools.md 2.1 and 7.1)."""

from .service import ServiceError


class UnknownOperationException(ServiceError): ...


class NotImplementedException(ServiceError):
    """The operation exists in AWS's model and this version does not serve it.

    400 and not 501, because SDKs retry or hide what a 5xx says.
    """


class SerializationException(ServiceError): ...


class RequestEntityTooLargeException(ServiceError):
    status = 413
    default = "The request body is too large."


class MissingAuthenticationTokenException(ServiceError):
    default = "Missing Authentication Token"


class UnrecognizedClientException(ServiceError):
    default = "The security token included in the request is invalid."


class InvalidSignatureException(ServiceError):
    default = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )


class IncompleteSignatureException(ServiceError): ...


class ExpiredTokenException(ServiceError):
    default = "The security token included in the request is expired"


class ExpiredIdentityToken(ExpiredTokenException):
    """The token of an identity, which sts calls otherwise than the token of temporary credentials."""

    default = "The web identity token has expired."
