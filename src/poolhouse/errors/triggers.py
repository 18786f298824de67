"""What becomes of a request whose trigger does not answer as it should."""

from .service import ServiceError


class UserLambdaValidationException(ServiceError):
    """What the function of a trigger raised, in its own words."""


class UnexpectedLambdaException(ServiceError):
    """The function of a trigger could not run, or did not end."""


class InvalidLambdaResponseException(ServiceError): ...
