"""`define_auth`: the user pool, its groups and who may administer it; one per project, in amplify/auth/resource.py."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypedDict, get_args

import msgspec

from poolhouse.errors import AmplifyAuthConstructInitializationError, DefinitionError, InvalidPasswordlessConfigError

from . import census
from .access import Access, PoolGrant, collect
from .attributes import CustomAttribute, PasswordPolicyOptions, StandardAttribute, attributes_of, password_policy_of
from .delegation import Rules, delegation_of
from .functions import FunctionDefinition
from .groups import groups_of
from .login import Login, LoginWith
from .manifest import Auth
from .manifest import Multifactor as SecondFactors
from .messages import CODE, LONGEST_SMS, Placeholder, body_of
from .places import Place, here
from .senders import Senders, senders_of
from .words import check_choice, check_keys, check_resource_name, explained, shown

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


class SmsFactor(TypedDict, total=False):
    """`sms_message` is text with `{####}`, or a function that receives the placeholder and makes the text."""

    sms_message: str | Callable[[Placeholder], str]


class Multifactor(TypedDict, total=False):
    """`mode` is needed; the others choose the factors."""

    mode: Literal["OFF", "OPTIONAL", "REQUIRED"]
    sms: bool | SmsFactor
    totp: bool
    email: bool


class PasswordlessOptions(TypedDict, total=False):
    """What client libraries ask for first, of what `login_with` allows."""

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
    triggers: tuple[FunctionDefinition, ...] = ()


@explained
def define_auth(
    *,
    login_with: LoginWith,
    groups: list[str] | tuple[str, ...] = (),
    access: Access | None = None,
    delegation: Rules | None = None,
    multifactor: Multifactor | None = None,
    user_attributes: Mapping[str, StandardAttribute | CustomAttribute] | None = None,
    triggers: Mapping[TriggerName, FunctionDefinition] | None = None,
    senders: Senders | None = None,
    account_recovery: AccountRecovery | None = None,
    password_policy: PasswordPolicyOptions | None = None,
    password_storage: Literal["srp", "argon2id"] = "srp",  # noqa: S107 - names a kind of storage
    passwordless_options: PasswordlessOptions | None = None,
    name: str = "amplifyAuth",
) -> AuthDefinition:
    """Describe the user pool.

    The order of `groups` is their precedence, the first is strongest. `access` gives functions grants on the pool:
    `lambda allow: [allow.resource(function).to(["addUserToGroup"])]`. `delegation` says which groups administer the
    pool, and for whom: `lambda allow: [allow.group("SUPPORT").to(["getUser"], members_of=["CUSTOMERS"])]`.
    `password_storage="argon2id"` keeps slow hashes in place of SRP verifiers: nobody can sign in with SRP then, and
    the app client takes plain passwords.
    """
    place = here()
    check_file(place, "define_auth()")
    check_resource_name(name, what="An auth resource", place=place)
    login = Login(login_with, place)
    factors = _second_factors(multifactor, login, place)
    preferred = _preferred(passwordless_options, login, place)
    sending = senders_of(senders, place)
    called = _triggers(triggers, place)
    ways: Any = tuple(way for way, key in (("email", "email"), ("phone_number", "phone")) if key in login.wanted)
    grants = collect(access, place)
    there = groups_of(groups, place)
    auth = Auth(
        name=name,
        login=ways,
        preferred_username="preferred_username" in login.wanted,
        hosted=login.hosted,
        verification=login.verification,
        invitation=login.invitation,
        email_sender=sending.email,
        sms_sender=sending.sms,
        password_policy=password_policy_of({} if password_policy is None else password_policy, place),
        password_storage=_storage(password_storage, place),
        attributes=attributes_of({} if user_attributes is None else user_attributes, ways, place),
        account_recovery=_recovery(account_recovery, ways, place),
        multifactor=factors,
        passwordless=msgspec.structs.replace(login.passwordless, preferred=preferred),
        groups=there,
        grants=tuple(grant.compiled() for grant in grants),
        delegation=delegation_of(delegation, there, place),
        triggers={trigger: function.name for trigger, function in called.items()},
    )
    login.refuse_unserved(place)
    definition = AuthDefinition(auth, grants, place, (*called.values(), *sending.called))
    census.enter("auth", definition, place)
    return definition


def check_file(place: Place, called: str) -> None:
    """Raises DefinitionError for a call from any other file than the one that is for it."""
    if place.root is None or place.shown != "amplify/auth/resource.py":
        raise DefinitionError(
            f"{called} was called from {place.shown}; it belongs in amplify/auth/resource.py.",
            resolution="Move the call to amplify/auth/resource.py and import its result from there.",
            location=str(place),
        )


def _storage(choice: object, place: Place) -> Any:
    return check_choice(choice, ("srp", "argon2id"), what="password_storage", place=place)


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
    sms = options.get("sms") not in (None, False)
    if not (totp or email or sms):
        raise AmplifyAuthConstructInitializationError(
            f"multifactor.mode is {mode}, but no factor is chosen.",
            resolution='Add "totp": True, "sms": True or "email": True to multifactor.',
            location=str(place),
        )
    message = _sms_message(options["sms"], place) if sms else None
    return SecondFactors(mode=mode, totp=totp, email=email, sms=sms, sms_message=message)


def _sms_message(option: object, place: Place) -> str | None:
    """None for the words of the service."""
    if option is True:
        return None
    given = check_keys(option, SmsFactor.__annotations__, what="multifactor.sms", place=place)
    if "sms_message" not in given:
        return None
    return body_of(given["sms_message"], (CODE,), "multifactor.sms.sms_message", place, longest=LONGEST_SMS)


def _preferred(passwordless: object, login: Login, place: Place) -> Any:
    """`preferred_challenge`, None where there is none."""
    if passwordless is None:
        return None
    options = check_keys(passwordless, ("preferred_challenge",), what="passwordless_options", place=place)
    if "preferred_challenge" not in options:
        return None
    what, choices = "passwordless_options.preferred_challenge", ("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")
    wanted = check_choice(options["preferred_challenge"], choices, what=what, place=place)
    if wanted not in ("PASSWORD", *login.factors):
        raise InvalidPasswordlessConfigError(
            f"{what} is {wanted}, which login_with does not enable.",
            resolution="Enable the factor in login_with, or prefer another one.",
            location=str(place),
        )
    return wanted


def _triggers(triggers: object, place: Place) -> dict[str, FunctionDefinition]:
    """The function of each trigger, in the order of their names."""
    found: dict[str, FunctionDefinition] = {}
    if triggers is None:
        return found
    given = check_keys(triggers, get_args(TriggerName), what="triggers", place=place)
    for trigger, function in sorted(given.items()):
        if not isinstance(function, FunctionDefinition):
            raise DefinitionError(
                f"The trigger {trigger} must be a function made by define_function(), not {shown(function)}.",
                resolution="Pass what define_function() returned.",
                location=str(place),
            )
        found[trigger] = function
    if "create_auth_challenge" in found or "verify_auth_challenge_response" in found:
        _check_custom(found, place)
    return found


def _check_custom(found: Mapping[str, object], place: Place) -> None:
    """A custom sign-in cannot begin without the function that decides about it."""
    if "define_auth_challenge" not in found:
        raise DefinitionError(
            "A custom sign-in needs the trigger define_auth_challenge.",
            resolution="Add define_auth_challenge, which says what comes next, or remove the others.",
            location=str(place),
        )
