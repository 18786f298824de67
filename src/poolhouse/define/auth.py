"""`define_auth`: the user pool, its groups and who may administer it; one per project, in amplify/auth/resource.py."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict, get_args

import msgspec

from poolhouse.errors import AmplifyAuthConstructInitializationError, DefinitionError, InvalidPasswordlessConfigError

from . import census
from .access import Access, PoolGrant, collect
from .attributes import CustomAttribute, PasswordPolicyOptions, StandardAttribute, attributes_of, password_policy_of
from .functions import FunctionDefinition
from .groups import groups_of
from .login import Login, LoginWith
from .manifest import Auth
from .manifest import Multifactor as SecondFactors
from .places import Place, here
from .words import check_choice, check_keys, check_resource_name, explained, not_served, shown

AccountRecovery = Literal[
    "EMAIL_AND_PHONE_WITHOUT_MFA",
    "PHONE_WITHOUT_MFA_AND_EMAIL",
    "EMAIL_ONLY",
    "PHONE_ONLY_WITHOUT_MFA",
    "PHONE_AND_EMAIL",
    "NONE",
]
TriggerName = Literal[
    "create_auth_challenge",
    "custom_message",
    "define_auth_challenge",
    "post_authentication",
    "post_confirmation",
    "pre_authentication",
    "pre_sign_up",
    "pre_token_generation",
    "user_migration",
    "verify_auth_challenge_response",
]


class Multifactor(TypedDict, total=False):
    """`mode` is needed; the others choose the factors."""

    mode: Literal["OFF", "OPTIONAL", "REQUIRED"]
    sms: bool | Mapping[str, object]
    totp: bool
    email: bool


class Senders(TypedDict, total=False):
    email: Mapping[str, object]
    sms: Mapping[str, object]


class PasswordlessOptions(TypedDict, total=False):
    preferred_challenge: Literal["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]


RECOVERY: Final[dict[AccountRecovery, tuple[str, ...]]] = {
    "EMAIL_AND_PHONE_WITHOUT_MFA": ("verified_email", "verified_phone_number"),
    "PHONE_WITHOUT_MFA_AND_EMAIL": ("verified_phone_number", "verified_email"),
    "EMAIL_ONLY": ("verified_email",),
    "PHONE_ONLY_WITHOUT_MFA": ("verified_phone_number",),
    "PHONE_AND_EMAIL": ("verified_phone_number", "verified_email"),
    "NONE": ("admin_only",),
}


class AuthDefinition(msgspec.Struct, frozen=True, eq=False):
    """What `define_auth` returns; pass it to `define_backend`."""

    auth: Auth
    grants: tuple[PoolGrant, ...]
    place: Place


@explained
def define_auth(
    *,
    login_with: LoginWith,
    groups: list[str] | tuple[str, ...] = (),
    access: Access | None = None,
    multifactor: Multifactor | None = None,
    user_attributes: Mapping[str, StandardAttribute | CustomAttribute] | None = None,
    triggers: Mapping[TriggerName, FunctionDefinition] | None = None,
    senders: Senders | None = None,
    account_recovery: AccountRecovery | None = None,
    password_policy: PasswordPolicyOptions | None = None,
    passwordless_options: PasswordlessOptions | None = None,
    name: str = "amplifyAuth",
) -> AuthDefinition:
    """Describe the user pool.

    The order of `groups` is their precedence, the first is strongest. `access` gives functions grants on the pool:
    `lambda allow: [allow.resource(function).to(["addUserToGroup"])]`.
    """
    place = here()
    _check_file(place)
    check_resource_name(name, what="An auth resource", place=place)
    login = Login(login_with, place)
    factors = _second_factors(multifactor, login, place)
    _check_passwordless(passwordless_options, login, place)
    _check_senders(senders, place)
    _check_triggers(triggers, place)
    ways: Any = tuple(way for way, key in (("email", "email"), ("phone_number", "phone")) if key in login.wanted)
    grants = collect(access, place)
    auth = Auth(
        name=name,
        login=ways,
        verification=login.verification,
        invitation=login.invitation,
        password_policy=password_policy_of({} if password_policy is None else password_policy, place),
        attributes=attributes_of({} if user_attributes is None else user_attributes, ways, place),
        account_recovery=_recovery(account_recovery, ways, place),
        multifactor=factors,
        groups=groups_of(groups, place),
        grants=tuple(grant.compiled() for grant in grants),
    )
    login.refuse_unserved(place)
    _refuse(place, multifactor, triggers, senders, passwordless_options)
    definition = AuthDefinition(auth, grants, place)
    census.enter("auth", definition, place)
    return definition


def _check_file(place: Place) -> None:
    if place.root is None or place.shown != "amplify/auth/resource.py":
        raise DefinitionError(
            f"define_auth() was called from {place.shown}; it belongs in amplify/auth/resource.py.",
            resolution="Move the call to amplify/auth/resource.py and import its result from there.",
            location=str(place),
        )


def _recovery(choice: object, ways: tuple[str, ...], place: Place) -> tuple[str, ...]:
    if choice is None:
        return RECOVERY["EMAIL_ONLY" if "email" in ways else "PHONE_ONLY_WITHOUT_MFA"]
    checked: Any = check_choice(choice, get_args(AccountRecovery), what="account_recovery", place=place)
    return RECOVERY[checked]


def _second_factors(multifactor: object, login: Login, place: Place) -> SecondFactors:
    if multifactor is None:
        return SecondFactors()
    options = check_keys(multifactor, Multifactor.__annotations__, what="multifactor", place=place)
    mode = check_choice(options.get("mode"), ("OFF", "OPTIONAL", "REQUIRED"), what="multifactor.mode", place=place)
    if mode != "OFF" and "phone" in login.wanted and not options.get("sms"):
        raise AmplifyAuthConstructInitializationError(
            f"multifactor.mode is {mode} and people sign in with a phone number, but multifactor.sms is off.",
            resolution='Add "sms": True to multifactor.',
            location=str(place),
        )
    if mode == "REQUIRED" and login.factors:
        raise InvalidPasswordlessConfigError(
            f"multifactor.mode REQUIRED cannot be combined with passwordless sign-in ({', '.join(login.factors)}).",
            resolution="Make it OPTIONAL, or remove the passwordless factors.",
            location=str(place),
        )
    if mode == "OFF":
        return SecondFactors()
    return _chosen(mode, options, place)


def _chosen(mode: Any, options: Mapping[str, object], place: Place) -> SecondFactors:
    for name in ("totp", "email"):
        if not isinstance(options.get(name, False), bool):
            raise DefinitionError(
                f"multifactor.{name} must be True or False, not {shown(options[name])}.",
                resolution="Write True to offer the factor.",
                location=str(place),
            )
    totp, email = bool(options.get("totp")), bool(options.get("email"))
    if not (totp or email or options.get("sms")):
        raise AmplifyAuthConstructInitializationError(
            f"multifactor.mode is {mode}, but no factor is chosen.",
            resolution='Add "totp": True or "email": True to multifactor.',
            location=str(place),
        )
    return SecondFactors(mode=mode, totp=totp, email=email)


def _check_passwordless(passwordless: object, login: Login, place: Place) -> None:
    if passwordless is None:
        return
    options = check_keys(passwordless, ("preferred_challenge",), what="passwordless_options", place=place)
    if "preferred_challenge" not in options:
        return
    what, choices = "passwordless_options.preferred_challenge", ("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")
    wanted = check_choice(options["preferred_challenge"], choices, what=what, place=place)
    if wanted not in ("PASSWORD", *login.factors):
        raise InvalidPasswordlessConfigError(
            f"{what} is {wanted}, which login_with does not enable.",
            resolution="Enable the factor in login_with, or prefer another one.",
            location=str(place),
        )


def _check_senders(senders: object, place: Place) -> None:
    if senders is None:
        return
    sms = check_keys(senders, Senders.__annotations__, what="senders", place=place).get("sms")
    if sms is None:
        return
    keys = ("external_id", "sns_caller_arn", "sns_region", "handler", "kms_key_arn")
    options = check_keys(sms, keys, what="senders.sms", place=place)
    if "handler" not in options and not (options.get("external_id") and options.get("sns_caller_arn")):
        raise AmplifyAuthConstructInitializationError(
            "senders.sms needs both external_id and sns_caller_arn.",
            resolution="Give both values, or a handler.",
            location=str(place),
        )


def _check_triggers(triggers: object, place: Place) -> None:
    if triggers is None:
        return
    for trigger, function in check_keys(triggers, get_args(TriggerName), what="triggers", place=place).items():
        if not isinstance(function, FunctionDefinition):
            raise DefinitionError(
                f"The trigger {trigger} must be a function made by define_function(), not {shown(function)}.",
                resolution="Pass what define_function() returned.",
                location=str(place),
            )


def _refuse(
    place: Place, multifactor: Any, triggers: Mapping[Any, object] | None, senders: object, passwordless: object
) -> None:
    """Refuse by name what is valid and has no effect yet."""
    if multifactor is not None and multifactor["mode"] != "OFF" and multifactor.get("sms"):
        raise not_served("multifactor.sms", place, 'Remove it, and use "totp": True or "email": True.')
    if triggers:
        raise not_served(f"The trigger {next(iter(triggers))!r}", place)
    if senders:
        raise not_served("'senders' of define_auth()", place, "Remove it; the sender is a setting of the server.")
    if passwordless:
        raise not_served("'passwordless_options' of define_auth()", place)
