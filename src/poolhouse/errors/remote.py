"""A user pool at AWS that this server works in front of: what AWS said, and what lives there and not here."""

from functools import cache
from typing import Final

from .accounts import UserNotFoundException
from .pools import InvalidUserPoolConfigurationException
from .service import (
    AccessDeniedException,
    InternalErrorException,
    InvalidParameterException,
    ResourceNotFoundException,
    ServiceError,
)


class AwsUnreachable(InternalErrorException):
    """AWS gave no answer that could be used. `is_sent` says that the request may have reached it all the same."""

    def __init__(self, message: str | None = None, *, is_sent: bool = False) -> None:
        super().__init__(message)
        self.is_sent = is_sent


class AwsCredentialsRefused(InternalErrorException):
    """The server has no credentials for AWS, or AWS does not accept them."""


class AwsPermissionMissing(AccessDeniedException):
    """AWS accepts this server's credentials, and they lack an IAM permission."""

    default = "AWS refused this server's own credentials: they lack an IAM permission."


class LivesAtAws(InvalidParameterException):
    """What is asked for belongs to AWS's side of a referenced user pool."""

    default = "The user pool is at AWS, where this is to be asked for."


class CredentialsOfAws(ServiceError):
    """A request that was signed with credentials of AWS's, which nobody but AWS can verify."""

    code = "UnrecognizedClientException"
    default = (
        "The user pool and its identity pool are at AWS, and only AWS can verify what their credentials sign: "
        'call with authMode "userPool".'
    )


# What is caught by its class of a pool of ours is caught so of a pool at AWS too.
_OURS: Final[dict[str, type[ServiceError]]] = {
    kind.code: kind
    for kind in (
        InvalidParameterException,
        InvalidUserPoolConfigurationException,
        ResourceNotFoundException,
        UserNotFoundException,
    )
}


@cache
def _kind(code: str, status: int) -> type[ServiceError]:
    return type("FromAws", (_OURS.get(code, ServiceError),), {"code": code, "status": status})


def from_aws(code: str, status: int, message: str) -> ServiceError:
    """An answer of AWS's as it came: its code, its status, its words."""
    return _kind(code, status)(message)
