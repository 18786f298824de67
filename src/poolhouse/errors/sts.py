"""STS, which leaves "Exception" out of most of these names on the wire."""

from .service import ServiceError


class MalformedPolicyDocumentException(ServiceError): ...


class PackedPolicyTooLargeException(ServiceError): ...


class InvalidIdentityTokenException(ServiceError): ...


class IDPRejectedClaimException(ServiceError): ...
