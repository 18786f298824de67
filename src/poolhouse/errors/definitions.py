"""Definitions that cannot be accepted (spec/backend-and-data.md sections 1 to 4); names are Amplify's."""

from .mistakes import UserError


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
