"""Authenticators, passkeys and devices."""

from .service import NotAuthorizedException, ResourceNotFoundException, ServiceError


class SoftwareTokenMFANotFoundException(ServiceError):
    default = "Software Token MFA does not exist for the user."


class EnableSoftwareTokenMFAException(ServiceError):
    default = "Code mismatch and fail enable Software Token MFA"


class DeviceKeyExistsException(ServiceError):
    default = "The device is already confirmed."


class DeviceNotFound(ResourceNotFoundException):
    """Amplify drops its device and signs in again at exactly these words."""

    default = "Device does not exist."


class InvalidPasskey(NotAuthorizedException):
    default = "The passkey was not accepted."


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
