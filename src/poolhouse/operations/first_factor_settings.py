"""What a pool's requests say about first factors: which ones there are, and for which relying party passkeys are."""

import re
from typing import Final

from poolhouse.errors import FeatureUnavailableInTierException, InvalidParameterException
from poolhouse.service_model.structs import cognito_idp as wire
from poolhouse.store.settings import SignInPolicyType, WebAuthnConfigurationType

from ._not_served import refuse
from .first_factor import EMAIL_OTP, PASSWORD, SMS_OTP, WEB_AUTHN

_SERVED: Final = frozenset({PASSWORD, EMAIL_OTP, SMS_OTP, WEB_AUTHN})
_DOMAIN: Final = re.compile(
    r"(?=.{1,127}\Z)(?!(.*\.)?[0-9]+\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)


def sign_in_policy(given: wire.UserPoolPolicyType | None, tier: str | None) -> SignInPolicyType:
    """Raises InvalidParameterException; FeatureUnavailableInTierException for more than passwords in LITE."""
    policy = given.SignInPolicy if given else None
    named = policy.AllowedFirstAuthFactors if policy else None
    if named is None:
        return SignInPolicyType()
    for factor in named:
        refuse(f"Policies.SignInPolicy.AllowedFirstAuthFactors {factor}", factor not in _SERVED)
    if len(set(named)) != len(named):
        raise InvalidParameterException("AllowedFirstAuthFactors contains a value more than once.")
    if PASSWORD not in named:
        raise InvalidParameterException("AllowedFirstAuthFactors must contain PASSWORD.")
    if tier == "LITE" and len(named) > 1:
        raise FeatureUnavailableInTierException("Passwordless sign-in is not available in the LITE tier.")
    return SignInPolicyType(AllowedFirstAuthFactors=tuple(named))


def web_authn(given: wire.WebAuthnConfigurationType | None, tier: str) -> WebAuthnConfigurationType | None:
    """Raises InvalidParameterException, FeatureUnavailableInTierException."""
    if given is None:
        return None
    several = given.FactorConfiguration not in {None, "SINGLE_FACTOR"}
    refuse("WebAuthnConfiguration.FactorConfiguration", several, "passkeys in place of a second factor")
    if tier == "LITE":
        raise FeatureUnavailableInTierException("Passkeys are not available in the LITE tier.")
    domain = given.RelyingPartyId
    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise InvalidParameterException("RelyingPartyId must be a domain in lower case, without scheme and port.")
    return WebAuthnConfigurationType(domain, given.UserVerification or "preferred")
