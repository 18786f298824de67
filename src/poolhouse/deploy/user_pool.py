"""The user pool and its app client. What a definition means in AWS's members is said in `define`, for both targets."""

from email.headerregistry import Address
from typing import Any, Final

from poolhouse.define import pool_requests
from poolhouse.define.manifest import Auth, EmailSender, Multifactor
from poolhouse.errors import DefinitionError

from . import limits, naming, policies, triggers
from .context import Context
from .template import ACCOUNT, arn, get_att, sub

_SMS_ROLE: Final = "SmsRole"
_MODES: Final = {"OFF": "OFF", "OPTIONAL": "OPTIONAL", "REQUIRED": "ON"}


def add(context: Context) -> None:
    auth = context.auth
    if auth is None:
        return
    if auth.reference is not None:
        limits.tell_grants(context, auth)
        return
    limits.check(auth)
    limits.tell(context, auth)
    members = {
        "UserPoolName": context.physical(auth.name, 128),
        **pool_requests.pool(auth),
        **_factors(auth.multifactor),
        **_passkeys(context, auth),
        "EmailConfiguration": _email(auth.email_sender),
        "SmsConfiguration": _sms(context, auth),
        "LambdaConfig": triggers.configuration(context),
        "DeletionProtection": "ACTIVE" if context.environment.keeps_users else "INACTIVE",
        "UserPoolTier": "ESSENTIALS",
        "UserPoolTags": context.tags,
    }
    context.template.resource(
        naming.USER_POOL,
        "AWS::Cognito::UserPool",
        properties={name: value for name, value in members.items() if value not in ({}, None)},
        deletion_policy=context.environment.user_data_policy,
    )
    _add_client(context, auth)


def _add_client(context: Context, auth: Auth) -> None:
    """Tokens live as long as in the local runtime: an hour, refresh tokens thirty days."""
    context.template.resource(
        naming.CLIENT,
        "AWS::Cognito::UserPoolClient",
        properties={
            "UserPoolId": context.user_pool_id,
            "ClientName": context.physical("client", 128),
            "GenerateSecret": False,
            "AccessTokenValidity": 1,
            "IdTokenValidity": 1,
            "RefreshTokenValidity": 30,
            "TokenValidityUnits": {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"},
            "EnableTokenRevocation": True,
            **pool_requests.client(auth),
        },
    )


def _factors(wanted: Multifactor) -> dict[str, Any]:
    if wanted.mode == "OFF":
        return {"MfaConfiguration": "OFF"}
    chosen = {"SMS_MFA": wanted.sms, "SOFTWARE_TOKEN_MFA": wanted.totp, "EMAIL_OTP": wanted.email}
    return {
        "MfaConfiguration": _MODES[wanted.mode],
        "EnabledMfas": [name for name, on in chosen.items() if on],
        "SmsAuthenticationMessage": wanted.sms_message,
    }


def _passkeys(context: Context, auth: Auth) -> dict[str, Any]:
    """AUTO is the pool's own domain where it has one, and localhost where the front end is still on a laptop."""
    wanted = auth.passwordless.passkeys
    if wanted is None:
        return {}
    members = {"WebAuthnUserVerification": wanted.user_verification}
    if wanted.relying_party != "AUTO":
        return members | {"WebAuthnRelyingPartyID": wanted.relying_party}
    if auth.hosted is not None:
        return members
    if context.environment.name == "dev":
        return members | {"WebAuthnRelyingPartyID": "localhost"}
    raise DefinitionError(
        f"Passkeys in the environment {context.environment.name} need the domain of the site that makes them.",
        resolution='Write login_with={"web_authn": {"relying_party_id": "example.com"}}.',
    )


def _email(sender: EmailSender | None) -> dict[str, Any]:
    """Mail from an address of one's own is sent by Amazon SES, where that address must be verified."""
    if sender is None or sender.from_email is None:
        return {"EmailSendingAccount": "COGNITO_DEFAULT"}
    reply = {"ReplyToEmailAddress": sender.reply_to} if sender.reply_to else {}
    return {
        "EmailSendingAccount": "DEVELOPER",
        "From": str(Address(sender.from_name or "", addr_spec=sender.from_email)),
        "SourceArn": arn("ses", "identity/${Address}", Address=sender.from_email),
        **reply,
    }


def _sms(context: Context, auth: Auth) -> dict[str, Any] | None:
    """How text messages are sent, where anything sends them: by the caller's own role, or one made for it."""
    sender = auth.sms_sender
    if sender is not None and sender.sns_caller_arn is not None:
        members = {
            "SnsCallerArn": sender.sns_caller_arn,
            "ExternalId": sender.external_id,
            "SnsRegion": sender.sns_region,
        }
        return {name: value for name, value in members.items() if value is not None}
    if not ("phone_number" in auth.login or auth.multifactor.sms or auth.passwordless.sms_otp):
        return None
    secret = naming.digest(context.environment.prefix, auth.name)
    condition = {"StringEquals": {"sts:ExternalId": secret, "aws:SourceAccount": ACCOUNT}}
    publish = {"Effect": "Allow", "Action": ["sns:Publish"], "NotResource": [sub("arn:${AWS::Partition}:sns:*:*:*")]}
    role = policies.add_role(
        context,
        _SMS_ROLE,
        policies.service_trust(policies.COGNITO, condition),
        description=f"{context.environment.prefix}: text messages of the user pool, to phones and to no topic",
        inline={"send-text-messages": {"Version": "2012-10-17", "Statement": [publish]}},
    )
    return {"SnsCallerArn": get_att(role, "Arn"), "ExternalId": secret}
