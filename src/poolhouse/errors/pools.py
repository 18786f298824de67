"""What user pools and identity pools are made of."""

from .service import ResourceNotFoundException, ServiceError


class GroupExistsException(ServiceError):
    default = "A group with the name already exists."


class GroupNotFound(ResourceNotFoundException):
    default = "Group not found."


class DuplicateProviderException(ServiceError): ...


class UserImportInProgressException(ServiceError):
    default = "Users are being imported into this user pool; wait until the job has ended, or stop it."


class UserPoolTaggingException(ServiceError): ...


class FeatureUnavailableInTierException(ServiceError): ...


class InvalidOAuthFlowException(ServiceError): ...


class ScopeDoesNotExistException(ServiceError): ...


class InvalidUserPoolConfigurationException(ServiceError): ...


class InvalidIdentityPoolConfigurationException(ServiceError): ...
