"""Which second factors a pool asks for: GetUserPoolMfaConfig and SetUserPoolMfaConfig."""

from typing import Final

import msgspec

from poolhouse.errors import FeatureUnavailableInTierException, InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import (
    GetUserPoolMfaConfigRequest,
    SetUserPoolMfaConfigRequest,
    SmsMfaConfigType,
)
from poolhouse.store import pools
from poolhouse.store.settings import EmailMfaConfigType, PoolSettings, SoftwareTokenMfaConfigType

from ._described import present
from ._message_settings import sms_configuration
from .context import Call
from .first_factor_settings import web_authn
from .gate import Answer, operation

_ONE_OF: Final = "[MfaConfiguration] must be one of 'ON', 'OFF', or 'OPTIONAL'."
_NO_FACTOR: Final = (
    "At least one of [SmsMfaConfiguration] or [SoftwareTokenMfaConfiguration] or [EmailMfaConfiguration] must be "
    "provided."
)
_ALL_OFF: Final = "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
_OFF_WITH_FACTOR: Final = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."


@operation("GetUserPoolMfaConfig", "read")
async def get_user_pool_mfa_config(ctx: Call, req: GetUserPoolMfaConfigRequest) -> Answer:
    return _described((await pools.get(ctx.tx, req.UserPoolId)).settings)


@operation("SetUserPoolMfaConfig", "write")
async def set_user_pool_mfa_config(ctx: Call, req: SetUserPoolMfaConfigRequest) -> Answer:
    """Replaces the whole configuration: a factor that the request leaves out is off."""
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    settings = _configured(pool.settings, req)
    await pools.change(ctx.tx, pool._replace(settings=settings, modified=ctx.now))
    return _described(settings)


def _configured(before: PoolSettings, req: SetUserPoolMfaConfigRequest) -> PoolSettings:
    token, email, mode = req.SoftwareTokenMfaConfiguration, req.EmailMfaConfiguration, req.MfaConfiguration
    sms = req.SmsMfaConfiguration
    if mode is None:
        raise InvalidParameterException(_ONE_OF)
    if email is not None and before.UserPoolTier == "LITE":
        raise FeatureUnavailableInTierException("Email MFA is not available in the LITE tier.")
    enabled = sms is not None or email is not None or (token is not None and bool(token.Enabled))
    if mode == "OFF" and enabled:
        raise InvalidParameterException(_OFF_WITH_FACTOR)
    if mode != "OFF" and not enabled:
        raise InvalidParameterException(_NO_FACTOR if token is None else _ALL_OFF)
    return msgspec.structs.replace(
        _with_sms(before, sms) if sms else before,
        MfaConfiguration=mode,
        SmsMfaEnabled=sms is not None,
        SoftwareTokenMfaConfiguration=SoftwareTokenMfaConfigType(bool(token.Enabled)) if token else None,
        EmailMfaConfiguration=EmailMfaConfigType(email.Message, email.Subject) if email else None,
        WebAuthnConfiguration=web_authn(req.WebAuthnConfiguration, before.UserPoolTier),
    )


def _with_sms(before: PoolSettings, given: SmsMfaConfigType) -> PoolSettings:
    """The text and the sending of the pool's messages, as far as the request names them."""
    return msgspec.structs.replace(
        before,
        SmsAuthenticationMessage=given.SmsAuthenticationMessage or before.SmsAuthenticationMessage,
        SmsConfiguration=sms_configuration(given.SmsConfiguration) or before.SmsConfiguration,
    )


def _described(settings: PoolSettings) -> Answer:
    sms = {"SmsAuthenticationMessage": settings.SmsAuthenticationMessage, "SmsConfiguration": settings.SmsConfiguration}
    members = {
        "SmsMfaConfiguration": sms if settings.SmsMfaEnabled else None,
        "SoftwareTokenMfaConfiguration": settings.SoftwareTokenMfaConfiguration,
        "EmailMfaConfiguration": settings.EmailMfaConfiguration,
        "WebAuthnConfiguration": settings.WebAuthnConfiguration,
    }
    return present({"MfaConfiguration": settings.MfaConfiguration} | msgspec.to_builtins(members))
