"""The triggers of a request that makes or changes a pool, as complete settings."""

from poolhouse.errors import FeatureUnavailableInTierException, InvalidParameterException
from poolhouse.service_model.structs import cognito_idp as wire
from poolhouse.store.settings import CustomSenderType, LambdaConfigType, PreTokenGenerationVersionConfigType

from ._not_served import refuse

_SAME_EVERYWHERE = (
    "PreSignUp",
    "CustomMessage",
    "PostConfirmation",
    "PreAuthentication",
    "PostAuthentication",
    "DefineAuthChallenge",
    "CreateAuthChallenge",
    "VerifyAuthChallengeResponse",
    "UserMigration",
    "KMSKeyID",
)


def lambda_config(given: wire.LambdaConfigType | None, tier: str | None) -> LambdaConfigType:
    """Whether the functions exist is found out when they are needed: a pool may be made before them.

    Raises InvalidParameterException, FeatureUnavailableInTierException.
    """
    if given is None:
        return LambdaConfigType()
    refuse("LambdaConfig.InboundFederation", given.InboundFederation is not None, "federated sign-in")
    tokens = _tokens(given)
    if tokens is not None and tokens.LambdaVersion != "V1_0" and tier == "LITE":
        raise FeatureUnavailableInTierException(
            f"PreTokenGenerationConfig: version {tokens.LambdaVersion} needs the tier ESSENTIALS."
        )
    return LambdaConfigType(
        **{name: getattr(given, name) for name in _SAME_EVERYWHERE},
        PreTokenGeneration=tokens.LambdaArn if tokens else None,
        PreTokenGenerationConfig=tokens,
        CustomSMSSender=_sender("CustomSMSSender", given.CustomSMSSender, given.KMSKeyID),
        CustomEmailSender=_sender("CustomEmailSender", given.CustomEmailSender, given.KMSKeyID),
    )


def _tokens(given: wire.LambdaConfigType) -> PreTokenGenerationVersionConfigType | None:
    """The older member names the function alone, which is then of version V1_0; both must be one function."""
    older, config = given.PreTokenGeneration, given.PreTokenGenerationConfig
    if config is None:
        return None if older is None else PreTokenGenerationVersionConfigType(older)
    if older not in (None, config.LambdaArn):
        raise InvalidParameterException("PreTokenGeneration and PreTokenGenerationConfig must name the same function.")
    return PreTokenGenerationVersionConfigType(config.LambdaArn, config.LambdaVersion)


def _sender(
    name: str,
    given: wire.CustomEmailLambdaVersionConfigType | wire.CustomSMSLambdaVersionConfigType | None,
    key: str | None,
) -> CustomSenderType | None:
    if given is None:
        return None
    if key is None:
        raise InvalidParameterException(f"KMSKeyID is required with {name}.")
    return CustomSenderType(given.LambdaArn, given.LambdaVersion)
