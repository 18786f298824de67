"""Requests that make or change a pool as complete PoolSettings: what is served is checked, what is not is refused by
name.
"""

from decimal import Decimal
from typing import Any, Literal, cast

import msgspec

from poolhouse.errors import InvalidParameterException, UserPoolTaggingException
from poolhouse.service_model.structs import cognito_idp as wire
from poolhouse.store.settings import (
    AccountRecoverySettingType,
    AdminCreateUserConfigType,
    DeviceConfigurationType,
    MessageTemplateType,
    NumberAttributeConstraintsType,
    PasswordPolicyType,
    PoolSettings,
    RecoveryOptionType,
    SchemaAttributeType,
    StringAttributeConstraintsType,
    UserAttributeUpdateSettingsType,
    UsernameConfigurationType,
    UserPoolPolicyType,
)

from . import _message_settings, _tagging
from ._lambda_config import lambda_config
from ._not_served import refuse
from .attributes import STANDARD, parse_bound
from .first_factor_settings import sign_in_policy

CUSTOM_ATTRIBUTES = 50
_LONGEST_TEXT = 2048


def pool_settings(req: wire.CreateUserPoolRequest) -> PoolSettings:
    """Raises InvalidParameterException."""
    return _with_a_factor(_asked(req))


def _asked(req: wire.CreateUserPoolRequest) -> PoolSettings:
    _refuse_not_served(req)
    if req.UsernameAttributes and req.AliasAttributes:
        raise InvalidParameterException("Only one of aliasAttributes or usernameAttributes can be set in a user pool")
    admin = req.AdminCreateUserConfig
    policy = req.Policies.PasswordPolicy if req.Policies else None
    return PoolSettings(
        Policies=UserPoolPolicyType(_password_policy(policy, admin), sign_in_policy(req.Policies, req.UserPoolTier)),
        DeletionProtection=req.DeletionProtection or "INACTIVE",
        AutoVerifiedAttributes=_unique("AutoVerifiedAttributes", req.AutoVerifiedAttributes),
        AliasAttributes=_unique("AliasAttributes", req.AliasAttributes),
        UsernameAttributes=_unique("UsernameAttributes", req.UsernameAttributes),
        EmailVerificationMessage=req.EmailVerificationMessage,
        EmailVerificationSubject=req.EmailVerificationSubject,
        SmsVerificationMessage=req.SmsVerificationMessage,
        SmsAuthenticationMessage=req.SmsAuthenticationMessage,
        VerificationMessageTemplate=_message_settings.verification(req.VerificationMessageTemplate),
        UserAttributeUpdateSettings=_update_settings(req),
        MfaConfiguration=req.MfaConfiguration or "OFF",
        DeviceConfiguration=_devices(req.DeviceConfiguration),
        EmailConfiguration=_message_settings.email_configuration(req.EmailConfiguration),
        SmsConfiguration=_message_settings.sms_configuration(req.SmsConfiguration),
        UserPoolTags=_tags(req.UserPoolTags),
        AdminCreateUserConfig=_admin_create_user(admin, policy),
        Schema=schema_entries(req.Schema or []),
        UsernameConfiguration=UsernameConfigurationType(
            CaseSensitive=req.UsernameConfiguration is None or req.UsernameConfiguration.CaseSensitive
        ),
        AccountRecoverySetting=_recovery(req.AccountRecoverySetting),
        UserPoolTier="LITE" if req.UserPoolTier == "LITE" else "ESSENTIALS",
        LambdaConfig=lambda_config(req.LambdaConfig, req.UserPoolTier),
    )


def changed_settings(before: PoolSettings, req: wire.UpdateUserPoolRequest) -> PoolSettings:
    """What UpdateUserPool makes of `before`: members that the request could name and does not go back to their
    defaults, those that it cannot name stay. Raises InvalidParameterException.
    """
    creation = wire.CreateUserPoolRequest.__struct_fields__
    asked = {name: getattr(req, name) for name in req.__struct_fields__ if name in creation}
    wanted = _asked(wire.CreateUserPoolRequest(**(asked | {"PoolName": req.PoolName or ""})))
    kept = {name: getattr(before, name) for name in before.__struct_fields__ if name not in req.__struct_fields__}
    return _with_a_factor(msgspec.structs.replace(wanted, **kept))


def _with_a_factor(settings: PoolSettings) -> PoolSettings:
    """Multi-factor authentication has a factor: SMS, where the request can say how it is sent and names no other.

    The others are a matter of SetUserPoolMfaConfig. Raises InvalidParameterException for none: nobody could sign in.
    """
    if settings.MfaConfiguration == "OFF" or settings.asks_totp or settings.asks_email or settings.asks_sms:
        return settings
    if settings.SmsConfiguration is None:
        raise InvalidParameterException(
            "MfaConfiguration needs a factor: SMS, with SmsConfiguration, or others, with SetUserPoolMfaConfig."
        )
    return msgspec.structs.replace(settings, SmsMfaEnabled=True)


def _refuse_not_served(req: wire.CreateUserPoolRequest) -> None:
    refuse("UserPoolTier", req.UserPoolTier == "PLUS", "threat protection")
    for name in ("DcrConfiguration", "KeyConfiguration", "IssuerConfiguration", "AcrConfiguration"):
        refuse(name, bool(getattr(req, name)))
    add_ons = req.UserPoolAddOns
    off = add_ons is None or (add_ons.AdvancedSecurityMode == "OFF" and not add_ons.AdvancedSecurityAdditionalFlows)
    refuse("UserPoolAddOns", not off, "threat protection")
    _refuse_parts_not_served(req)


def _refuse_parts_not_served(req: wire.CreateUserPoolRequest) -> None:
    policies = req.Policies
    if policies is not None and policies.PasswordPolicy is not None:
        refuse("Policies.PasswordPolicy.PasswordHistorySize", bool(policies.PasswordPolicy.PasswordHistorySize))


def _devices(given: wire.DeviceConfigurationType | None) -> DeviceConfigurationType | None:
    """Any configuration, an empty one too, switches device tracking on."""
    if given is None:
        return None
    return DeviceConfigurationType(
        ChallengeRequiredOnNewDevice=bool(given.ChallengeRequiredOnNewDevice),
        DeviceOnlyRememberedOnUserPrompt=bool(given.DeviceOnlyRememberedOnUserPrompt),
    )


def _unique(name: str, values: list[Any] | None) -> tuple[Any, ...]:
    if len(set(values or ())) != len(values or ()):
        raise InvalidParameterException(f"{name} contains a value more than once.")
    return tuple(values or ())


def _tags(given: dict[str, str] | None) -> dict[str, str]:
    """Raises UserPoolTaggingException."""
    reason = _tagging.problem(given or ())
    if reason is not None:
        raise UserPoolTaggingException(reason)
    return dict(given or {})


def _password_policy(
    policy: wire.PasswordPolicyType | None, admin: wire.AdminCreateUserConfigType | None
) -> PasswordPolicyType:
    """Without a policy everything is required; in a policy that is given, what it leaves out is not."""
    days = _temporary_days(policy, admin)
    if policy is None:
        return PasswordPolicyType(TemporaryPasswordValidityDays=days)
    return PasswordPolicyType(
        MinimumLength=8 if policy.MinimumLength is None else policy.MinimumLength,
        RequireUppercase=bool(policy.RequireUppercase),
        RequireLowercase=bool(policy.RequireLowercase),
        RequireNumbers=bool(policy.RequireNumbers),
        RequireSymbols=bool(policy.RequireSymbols),
        TemporaryPasswordValidityDays=days,
    )


def _temporary_days(policy: wire.PasswordPolicyType | None, admin: wire.AdminCreateUserConfigType | None) -> int:
    """UnusedAccountValidityDays is the older name of TemporaryPasswordValidityDays."""
    newer = policy.TemporaryPasswordValidityDays if policy else None
    older = admin.UnusedAccountValidityDays if admin else None
    if newer is not None and older is not None and newer != older:
        raise InvalidParameterException(
            "TemporaryPasswordValidityDays and UnusedAccountValidityDays are one setting and were given two values."
        )
    return next((days for days in (newer, older) if days is not None), 7)


def _update_settings(req: wire.CreateUserPoolRequest) -> UserAttributeUpdateSettingsType:
    given = req.UserAttributeUpdateSettings
    names = (given.AttributesRequireVerificationBeforeUpdate if given else None) or []
    for name in names:
        if name not in (req.AutoVerifiedAttributes or ()):
            raise InvalidParameterException(
                "Invalid UserAttributeUpdateSettings: every attribute that requires verification before an update "
                f"must be auto-verified, and {name} is not."
            )
    return UserAttributeUpdateSettingsType(
        AttributesRequireVerificationBeforeUpdate=_unique("AttributesRequireVerificationBeforeUpdate", names)
    )


def _admin_create_user(
    admin: wire.AdminCreateUserConfigType | None, policy: wire.PasswordPolicyType | None
) -> AdminCreateUserConfigType:
    days = _temporary_days(policy, admin)
    if admin is None:
        return AdminCreateUserConfigType(UnusedAccountValidityDays=days)
    words = admin.InviteMessageTemplate
    return AdminCreateUserConfigType(
        AllowAdminCreateUserOnly=bool(admin.AllowAdminCreateUserOnly),
        UnusedAccountValidityDays=days,
        InviteMessageTemplate=MessageTemplateType(words.EmailMessage, words.EmailSubject, words.SMSMessage)
        if words
        else None,
    )


def _recovery(given: wire.AccountRecoverySettingType | None) -> AccountRecoverySettingType | None:
    if given is None or given.RecoveryMechanisms is None:
        return None
    options = given.RecoveryMechanisms
    if len({option.Priority for option in options}) != len(options) or len({o.Name for o in options}) != len(options):
        raise InvalidParameterException("AccountRecoverySetting: every priority and every name may occur once.")
    if len(options) > 1 and any(option.Name == "admin_only" for option in options):
        raise InvalidParameterException("AccountRecoverySetting: admin_only must be the only mechanism.")
    return AccountRecoverySettingType(
        RecoveryMechanisms=tuple(RecoveryOptionType(option.Priority, option.Name) for option in options)
    )


# --- schema ------------------------------------------------------------------------------------------------


def schema_entries(given: list[wire.SchemaAttributeType]) -> tuple[SchemaAttributeType, ...]:
    """The attributes that a pool adds or changes, by their full names. Raises InvalidParameterException."""
    entries: dict[str, SchemaAttributeType] = {}
    for attribute in given:
        _enter(entries, _standard(attribute) if attribute.Name in STANDARD else _custom(attribute))
    return tuple(entries.values())


def extended_schema(
    before: tuple[SchemaAttributeType, ...], given: list[wire.SchemaAttributeType]
) -> tuple[SchemaAttributeType, ...]:
    """`before` with more custom attributes; none of the names stands for a standard one.

    Raises InvalidParameterException.
    """
    entries = {entry.Name: entry for entry in before}
    for attribute in given:
        _enter(entries, _custom(attribute))
    return tuple(entries.values())


def _enter(entries: dict[str, SchemaAttributeType], entry: SchemaAttributeType) -> None:
    if entry.Name in entries:
        raise InvalidParameterException(f"{entry.Name}: Existing attribute already has name {entry.Name}.")
    entries[entry.Name] = entry
    if sum(name not in STANDARD for name in entries) > CUSTOM_ATTRIBUTES:
        raise InvalidParameterException(f"A user pool can have at most {CUSTOM_ATTRIBUTES} custom attributes.")


def _standard(attribute: wire.SchemaAttributeType) -> SchemaAttributeType:
    """A standard attribute may change whether it is required and mutable, and its bounds."""
    name = cast("str", attribute.Name)
    standard = STANDARD[name]
    if attribute.AttributeDataType not in {None, standard.AttributeDataType}:
        raise InvalidParameterException(
            f"{name}: You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute"
        )
    if attribute.DeveloperOnlyAttribute:
        raise InvalidParameterException(
            f"{name}: You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute"
        )
    if name == "sub" and (attribute.Mutable or attribute.Required is False):
        raise InvalidParameterException("sub: The attribute is required and cannot be mutable.")
    return _entry(name, attribute, standard)


def _custom(attribute: wire.SchemaAttributeType) -> SchemaAttributeType:
    if not attribute.Name:
        raise InvalidParameterException("A schema attribute needs a Name.")
    if attribute.AttributeDataType is None:
        raise InvalidParameterException(
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."
        )
    if attribute.Required:
        raise InvalidParameterException("Required custom attributes are not supported currently.")
    bare = attribute.Name.removeprefix("custom:")
    if not bare:
        raise InvalidParameterException("A schema attribute needs a Name.")
    name = f"dev:custom:{bare}" if attribute.DeveloperOnlyAttribute else f"custom:{bare}"
    return _entry(name, attribute, SchemaAttributeType(name, AttributeDataType=attribute.AttributeDataType))


def _entry(name: str, attribute: wire.SchemaAttributeType, base: SchemaAttributeType) -> SchemaAttributeType:
    kind: Literal["String", "Number", "DateTime", "Boolean"] = base.AttributeDataType
    texts, numbers = base.StringAttributeConstraints, base.NumberAttributeConstraints
    if kind == "String":
        texts = _string_bounds(name, attribute.StringAttributeConstraints, texts)
    elif kind == "Number":
        numbers = _number_bounds(name, attribute.NumberAttributeConstraints, numbers)
    return SchemaAttributeType(
        name,
        AttributeDataType=kind,
        DeveloperOnlyAttribute=bool(attribute.DeveloperOnlyAttribute),
        Mutable=base.Mutable if attribute.Mutable is None else attribute.Mutable,
        Required=base.Required if attribute.Required is None else attribute.Required,
        StringAttributeConstraints=texts,
        NumberAttributeConstraints=numbers,
    )


def _string_bounds(
    name: str, given: wire.StringAttributeConstraintsType | None, base: StringAttributeConstraintsType | None
) -> StringAttributeConstraintsType:
    if given is None:
        return base or StringAttributeConstraintsType()
    low, high = (parse_bound(text, f"{name}: a length") for text in (given.MinLength, given.MaxLength))
    for bound in (low, high):
        if bound is not None and not (bound == int(bound) and 0 <= bound <= _LONGEST_TEXT):
            raise InvalidParameterException(f"{name}: a length must be a whole number from 0 to {_LONGEST_TEXT}.")
    _check_order(name, low, high)
    return StringAttributeConstraintsType(given.MinLength, given.MaxLength)


def _number_bounds(
    name: str, given: wire.NumberAttributeConstraintsType | None, base: NumberAttributeConstraintsType | None
) -> NumberAttributeConstraintsType:
    if given is None:
        return base or NumberAttributeConstraintsType()
    _check_order(name, parse_bound(given.MinValue, f"{name}: a bound"), parse_bound(given.MaxValue, f"{name}: a bound"))
    return NumberAttributeConstraintsType(given.MinValue, given.MaxValue)


def _check_order(name: str, low: Decimal | None, high: Decimal | None) -> None:
    if low is not None and high is not None and low > high:
        raise InvalidParameterException(f"{name}: the lower bound is greater than the upper one.")
