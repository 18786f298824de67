"""What travels to clients, and the answers that belong to no one subject."""

from typing import ClassVar

from .root import PoolhouseError


class ServiceError(PoolhouseError):
    """An answer that a client receives: `code` is AWS's exception name, `status` the HTTP status."""

    code: ClassVar[str] = "InternalErrorException"
    status: ClassVar[int] = 400
    default: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__name__.endswith("Exception"):
            cls.code = cls.__name__

    def __init__(self, message: str | None = None) -> None:
        self.message = self.default if message is None else message
        super().__init__(self.message)


class InternalErrorException(ServiceError):
    status = 500
    default = "Something went wrong on our side."


class DatabaseUnavailable(InternalErrorException):
    """The database could not do it now; SDKs try again by themselves. `may_repeat` when nothing of it was done, and the
    same may go well at once.
    """

    status = 503
    default = "The database is not available at the moment. Try again."

    def __init__(self, *, may_repeat: bool = False) -> None:
        super().__init__()
        self.may_repeat = may_repeat


class InvalidParameterException(ServiceError): ...


class ResourceNotFoundException(ServiceError): ...


class NotAuthorizedException(ServiceError): ...


class DelegationRefused(NotAuthorizedException):
    """What the delegation of a pool does not let this administrator do."""

    default = "You may not do this on behalf of the user pool."


class AccessDeniedException(ServiceError): ...


class TooManyRequestsException(ServiceError):
    default = "Rate exceeded"


class LimitExceededException(ServiceError):
    default = "Attempt limit exceeded, please try after some time."


class UnsupportedOperationException(ServiceError): ...


class PreconditionNotMetException(ServiceError): ...
