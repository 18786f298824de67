"""Every error that the product can answer, declared once.

    PoolhouseError
      UserError                 a mistake in a definition, a setting or a command: says what, why and what to do
        DefinitionError         ... in the user's backend, with file and line; subclasses keep Amplify's class names
        SettingError            ... in a setting
      ServiceError              travels to clients: AWS's code, AWS's words, an HTTP status
        (one class per code of the service models, and of SigV4)
      OAuthError                travels to clients of the OAuth endpoints: an error code of RFC 6749

Anything else that escapes is our fault, is logged with an id, and is answered as InternalErrorException.
"""

from typing import ClassVar


class PoolhouseError(Exception):
    """The root of all errors that Poolhouse raises on purpose."""


class UserError(PoolhouseError):
    """A mistake that the person at the keyboard can mend.

    `message` says what happened and why, `resolution` what to do, `location` is "file:line" where it is known.
    """

    def __init__(self, message: str, *, resolution: str, location: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.resolution = resolution
        self.location = location

    @property
    def name(self) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        return f"{where}{self.message} {self.resolution}".rstrip()


class SettingError(UserError):
    """A setting is missing, malformed or unsafe."""


class ProjectError(UserError):
    """The project's folder or its modules cannot be read."""


class RefusedCommand(UserError):
    """An operation refused what a command asked of it; `code` is AWS's name of the error."""

    def __init__(self, code: str, message: str, *, resolution: str = "") -> None:
        super().__init__(message, resolution=resolution)
        self.code = code

    @property
    def name(self) -> str:
        return self.code


class NotFoundInDatabase(UserError):
    """A command names something that the database does not hold, or holds more than once."""


class ClientError(UserError):
    """The Python client was used wrongly or holds no usable session."""


# --- definitions (spec/backend-and-data.md sections 1 to 4) ------------------------------------------------


class DefinitionError(UserError):
    """A definition that cannot be accepted."""


class NotServedError(DefinitionError):
    """A property that exists in Amplify and that this version does not serve yet; never accepted and ignored."""


class MultipleSingletonResourcesError(DefinitionError): ...


class InvalidResourceNameError(DefinitionError): ...


class InvalidPasswordlessConfigError(DefinitionError): ...


class AmplifyAuthConstructInitializationError(DefinitionError): ...


class EmptyPolicyError(DefinitionError): ...


class InvalidActionError(DefinitionError): ...


class InvalidResourceAccessConfigError(DefinitionError): ...


class InvalidTimeoutError(DefinitionError): ...


class InvalidMemoryMBError(DefinitionError): ...


class InvalidEphemeralStorageSizeMBError(DefinitionError): ...


class InvalidEnvironmentKeyError(DefinitionError): ...


class InvalidFunctionConfigurationError(DefinitionError): ...


class FunctionReservedEnvironmentVariableError(DefinitionError): ...


class InvalidRuntimeError(DefinitionError): ...


class InvalidArchitectureError(DefinitionError): ...


class FunctionScheduleInitializationError(DefinitionError): ...


class InvalidLayerFormatError(DefinitionError): ...


class MaximumLayersReachedError(DefinitionError): ...


class InvalidSchemaError(DefinitionError): ...


class AmplifyDataConstructInitializationError(DefinitionError): ...


class DefineDataConfigurationError(DefinitionError): ...


class InvalidSecretNameError(DefinitionError): ...


# --- the services -----------------------------------------------------------------------------------------


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


class InvalidParameterException(ServiceError): ...


class ResourceNotFoundException(ServiceError): ...


class NotAuthorizedException(ServiceError): ...


class TooManyRequestsException(ServiceError):
    default = "Rate exceeded"


class LimitExceededException(ServiceError):
    default = "Attempt limit exceeded, please try after some time."


class TooManyFailedAttemptsException(ServiceError):
    default = "Attempt limit exceeded, please try after some time."


class UserNotFoundException(ServiceError):
    default = "User does not exist."


class UserNotConfirmedException(ServiceError):
    default = "User is not confirmed."


class UsernameExistsException(ServiceError):
    default = "User already exists"


class AliasExistsException(ServiceError): ...


class PasswordResetRequiredException(ServiceError):
    default = "Password reset required for the user"


class InvalidPasswordException(ServiceError): ...


class CodeMismatchException(ServiceError):
    default = "Invalid verification code provided, please try again."


class ExpiredCodeException(ServiceError):
    default = "Invalid code provided, please request a code again."


class CodeDeliveryFailureException(ServiceError): ...


class GroupExistsException(ServiceError):
    default = "A group with the name already exists."


class UnsupportedUserStateException(ServiceError): ...


class UnsupportedOperationException(ServiceError): ...


class UnsupportedTokenTypeException(ServiceError): ...


class UnauthorizedException(ServiceError): ...


class DuplicateProviderException(ServiceError): ...


class PreconditionNotMetException(ServiceError): ...


class UserImportInProgressException(ServiceError):
    default = "Users are being imported into this user pool; wait until the job has ended, or stop it."


class UserPoolTaggingException(ServiceError): ...


class SoftwareTokenMFANotFoundException(ServiceError):
    default = "Software Token MFA does not exist for the user."


class EnableSoftwareTokenMFAException(ServiceError):
    default = "Code mismatch and fail enable Software Token MFA"


class DeviceKeyExistsException(ServiceError):
    default = "The device is already confirmed."


class WebAuthnNotEnabledException(ServiceError):
    default = "Passkeys are not enabled for this user pool."


class WebAuthnConfigurationMissingException(ServiceError):
    default = "The user pool has no relying party id for passkeys."


class WebAuthnChallengeNotFoundException(ServiceError):
    default = "The registration was not started, has expired or was completed before."


class WebAuthnClientMismatchException(ServiceError):
    default = "The registration was started by another app client."


class WebAuthnCredentialNotSupportedException(ServiceError):
    default = "The passkey cannot be used with this user pool."


class WebAuthnOriginNotAllowedException(ServiceError):
    default = "The origin of the passkey is not allowed for this user pool."


class WebAuthnRelyingPartyMismatchException(ServiceError):
    default = "The passkey was made for another relying party."


class FeatureUnavailableInTierException(ServiceError): ...


class InvalidOAuthFlowException(ServiceError): ...


class ScopeDoesNotExistException(ServiceError): ...


class RefreshTokenReuseException(ServiceError):
    default = "Refresh Token was already used and replaced."


class InvalidUserPoolConfigurationException(ServiceError): ...


class InvalidIdentityPoolConfigurationException(ServiceError): ...


# --- sts, which leaves "Exception" out of most of these names on the wire ------------------------------------


class MalformedPolicyDocumentException(ServiceError): ...


class PackedPolicyTooLargeException(ServiceError): ...


class InvalidIdentityTokenException(ServiceError): ...


class IDPRejectedClaimException(ServiceError): ...


class UserLambdaValidationException(ServiceError):
    """What the function of a trigger raised, in its own words."""


class UnexpectedLambdaException(ServiceError):
    """The function of a trigger could not run, or did not end."""


class InvalidLambdaResponseException(ServiceError): ...


# --- words that more than one operation uses (spec/user-pools.md 2.3) ---------------------------------------


class IncorrectUsernameOrPassword(NotAuthorizedException):
    default = "Incorrect username or password."


class UserDisabled(NotAuthorizedException):
    default = "User is disabled."


class PasswordAttemptsExceeded(NotAuthorizedException):
    default = "Password attempts exceeded"


class CodeAttemptsExceeded(NotAuthorizedException):
    default = "Attempt limit exceeded, please try after some time."


class InvalidPasskey(NotAuthorizedException):
    default = "The passkey was not accepted."


class InvalidSession(NotAuthorizedException):
    default = "Invalid session for the user."


class SessionExpired(NotAuthorizedException):
    default = "Invalid session for the user, session is expired."


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


class GroupNotFound(ResourceNotFoundException):
    default = "Group not found."


class DeviceNotFound(ResourceNotFoundException):
    """Amplify drops its device and signs in again at exactly these words."""

    default = "Device does not exist."


# --- OAuth 2.0 (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1) --------------------------------------


class OAuthError(PoolhouseError):
    """An answer of the OAuth endpoints: `error` is the code, `description` is for the developer of the client."""

    def __init__(self, error: str, description: str = "", *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


class RedirectedOAuthError(OAuthError):
    """An error that the client itself is told, at `location`: its registered redirect URI with the error in it."""

    def __init__(self, error: str, description: str, location: str) -> None:
        super().__init__(error, description, status=302)
        self.location = location


# --- requests that never reach an operation (spec/user-pools.md 2.1 and 7.1) ---------------------------------


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


class AccessDeniedException(ServiceError): ...
