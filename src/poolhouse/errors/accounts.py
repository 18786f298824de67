"""Users, their passwords and codes, and their sign-ins (spec/user-pools.md 2.3)."""

from .service import NotAuthorizedException, ServiceError


class UserNotFoundException(ServiceError):
    default = "User does not exist."


class UserNotConfirmedException(ServiceError):
    default = "User is not confirmed."


class UsernameExistsException(ServiceError):
    default = "User already exists"


class AliasExistsException(ServiceError): ...


class UnsupportedUserStateException(ServiceError): ...


class PasswordResetRequiredException(ServiceError):
    default = "Password reset required for the user"


class InvalidPasswordException(ServiceError): ...


class CodeMismatchException(ServiceError):
    default = "Invalid verification code provided, please try again."


class ExpiredCodeException(ServiceError):
    """`seconds_ago` is how long the code is past where that is known: for the log, clients are never told."""

    default = "Invalid code provided, please request a code again."

    def __init__(self, message: str | None = None, *, seconds_ago: int | None = None) -> None:
        super().__init__(message)
        self.seconds_ago = seconds_ago


class CodeDeliveryFailureException(ServiceError): ...


class TooManyFailedAttemptsException(ServiceError):
    default = "Attempt limit exceeded, please try after some time."


class IncorrectUsernameOrPassword(NotAuthorizedException):
    default = "Incorrect username or password."


class UserDisabled(NotAuthorizedException):
    default = "User is disabled."


class PasswordAttemptsExceeded(NotAuthorizedException):
    default = "Password attempts exceeded"


class CodeAttemptsExceeded(NotAuthorizedException):
    default = "Attempt limit exceeded, please try after some time."


class InvalidSession(NotAuthorizedException):
    default = "Invalid session for the user."


class SessionExpired(NotAuthorizedException):
    default = "Invalid session for the user, session is expired."
