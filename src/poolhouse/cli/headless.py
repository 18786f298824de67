"""Requests of `add auth --headless` and `update auth --headless`: Amplify's JSON, read strictly.

What Amplify's shape allows and this version does not serve is refused by name; nothing is accepted and ignored.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar

import msgspec

from poolhouse.cli.answers import LOGIN, Admin, SignIn, Wanted, checked_group
from poolhouse.cli.editing import Keys
from poolhouse.define.attributes import WIRE_NAMES
from poolhouse.errors import NotServedError, UserError

T = TypeVar("T")
_METHODS: Final[dict[str, SignIn]] = {
    "USERNAME": "username",
    "EMAIL": "email",
    "PHONE_NUMBER": "phone",
    "EMAIL_AND_PHONE_NUMBER": "email-or-phone",
}
_CONSTRAINTS: Final = {
    "REQUIRE_LOWERCASE": "require_lowercase",
    "REQUIRE_UPPERCASE": "require_uppercase",
    "REQUIRE_DIGIT": "require_numbers",
    "REQUIRE_SYMBOL": "require_symbols",
}
_SCOPES: Final = {"AWS.COGNITO.SIGNIN.USER.ADMIN": "COGNITO_ADMIN"}
_ATTRIBUTES: Final = {wire.upper(): ours for ours, wire in WIRE_NAMES.items()} | {"ZONE_INFO": "timezone"}
_MODES: Final = {"OFF": "OFF", "ON": "REQUIRED", "OPTIONAL": "OPTIONAL"}


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A part of the request; an unknown member is a mistake."""


class _Permissions(_Strict, frozen=True):
    restrict_access: bool
    group_name: str | None = None


class _AdminQueries(_Strict, frozen=True):
    permissions: _Permissions


class _Group(_Strict, frozen=True):
    group_name: str
    custom_policy: str | None = None


class _SecondFactors(_Strict, frozen=True):
    mode: Literal["OFF", "ON", "OPTIONAL"]
    mfa_types: tuple[Literal["SMS", "TOTP"], ...] = ()
    sms_message: str | None = None
    mfa_with_captcha: dict[str, Any] | None = None


class _Recovery(_Strict, frozen=True):
    delivery_method: Literal["EMAIL", "SMS"]
    email_message: str | None = None
    email_subject: str | None = None
    sms_message: str | None = None


class _Policy(_Strict, frozen=True):
    minimum_length: int | None = None
    additional_constraints: tuple[
        Literal["REQUIRE_LOWERCASE", "REQUIRE_UPPERCASE", "REQUIRE_DIGIT", "REQUIRE_SYMBOL"], ...
    ] = ()


class _OAuth(_Strict, frozen=True):
    redirect_signin_uris: tuple[str, ...] = msgspec.field(name="redirectSigninURIs")
    redirect_signout_uris: tuple[str, ...] = msgspec.field(name="redirectSignoutURIs")
    domain_prefix: str | None = None
    o_auth_grant_type: Literal["CODE", "IMPLICIT"] = "CODE"
    o_auth_scopes: tuple[Literal["PHONE", "EMAIL", "OPENID", "PROFILE", "AWS.COGNITO.SIGNIN.USER.ADMIN"], ...] = ()
    social_provider_configurations: tuple[dict[str, Any], ...] = ()


class _UserPool(_Strict, frozen=True):
    signin_method: Literal["USERNAME", "EMAIL", "PHONE_NUMBER", "EMAIL_AND_PHONE_NUMBER"] | None = None
    required_signup_attributes: tuple[str, ...] = ()
    user_pool_name: str | None = None
    user_pool_groups: tuple[_Group, ...] | None = None
    admin_queries: _AdminQueries | None = None
    mfa: _SecondFactors | None = None
    password_recovery: _Recovery | None = None
    password_policy: _Policy | None = None
    o_auth: _OAuth | None = None
    refresh_token_period: int | None = None
    read_attributes: tuple[str, ...] | None = None
    write_attributes: tuple[str, ...] | None = None
    confirmation_redirect: dict[str, Any] | None = None
    add_user_to_group: dict[str, Any] | None = None
    email_blacklist: tuple[str, ...] | None = None
    email_whitelist: tuple[str, ...] | None = None
    custom_auth_scaffolding: dict[str, Any] | None = None


class _Service(_Strict, frozen=True):
    service_name: Literal["cognito", "Cognito"] = "cognito"
    user_pool_configuration: _UserPool | None = None
    user_pool_modification: _UserPool | None = None
    include_identity_pool: bool = True
    identity_pool_configuration: dict[str, Any] | None = None
    identity_pool_modification: dict[str, Any] | None = None


class _Request(_Strict, frozen=True):
    version: Literal[1] = 1
    resource_name: str | None = None
    service_configuration: _Service | None = None
    service_modification: _Service | None = None
    user_pool_configuration: _UserPool | None = None


_UNSERVED: Final = (
    "user_pool_name",
    "refresh_token_period",
    "read_attributes",
    "write_attributes",
    "confirmation_redirect",
    "add_user_to_group",
    "email_blacklist",
    "email_whitelist",
    "custom_auth_scaffolding",
)


def read(request: str | bytes, groups: tuple[str, ...] | list[str], *, new: bool) -> Wanted:
    """What the request asks for. `groups` are those that the pool has. Raises UserError, NotServedError."""
    try:
        asked = msgspec.json.decode(request, type=_Request)
    except msgspec.DecodeError as error:
        raise UserError(
            f"The request cannot be read: {error}.",
            resolution="Write JSON as `amplify add auth --headless` takes it: "
            '{"version": 1, "serviceConfiguration": {"userPoolConfiguration": {...}}}.',
        ) from None
    pool = _pool(asked)
    changes: dict[Keys, object] = {("name",): asked.resource_name} if new and asked.resource_name else {}
    if pool.signin_method is not None and not new:
        raise _mistake("signinMethod cannot be changed: a pool keeps it for its life.", "Leave it out.")
    if new:
        changes["login_with",] = dict(LOGIN[_METHODS[pool.signin_method or "EMAIL"]])
    for part in (
        _attributes(pool),
        _factors(pool.mfa),
        _recovery(pool.password_recovery),
        _policy(pool.password_policy),
    ):
        changes |= part
    changes |= _hosted(pool.o_auth)
    named = _groups(pool, list(groups))
    return Wanted(changes, named, _admin(pool.admin_queries, [*groups, *(named or ())]))


def _pool(asked: _Request) -> _UserPool:
    service = asked.service_configuration or asked.service_modification or _Service()
    pools = [
        pool
        for pool in (asked.user_pool_configuration, service.user_pool_configuration, service.user_pool_modification)
        if pool is not None
    ]
    if len(pools) != 1:
        raise _mistake(
            "The request must hold one userPoolConfiguration.",
            'Write {"version": 1, "serviceConfiguration": {"userPoolConfiguration": {...}}}.',
        )
    if not service.include_identity_pool:
        raise _unserved("includeIdentityPool false", "Leave it out: a backend has an identity pool.")
    if service.identity_pool_configuration or service.identity_pool_modification:
        raise _unserved("identityPoolConfiguration", "Leave it out.")
    for name in _UNSERVED:
        if getattr(pools[0], name) is not None:
            raise _unserved(_camel(name), "Leave it out.")
    return pools[0]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _groups(pool: _UserPool, existing: list[str]) -> list[str] | None:
    if pool.user_pool_groups is None:
        return None
    if any(group.custom_policy for group in pool.user_pool_groups):
        raise _unserved("customPolicy", "Leave it out: a group's role is made of the rules that name the group.")
    return [checked_group(group.group_name, existing) for group in pool.user_pool_groups]


def _admin(asked: _AdminQueries | None, known: list[str]) -> Admin | None:
    if asked is None:
        return None
    restricted, name = asked.permissions.restrict_access, asked.permissions.group_name
    if restricted and name is None:
        raise _mistake("restrictAccess is true, and groupName names no group.", 'Add "groupName": "Admins".')
    if not restricted and name is not None:
        raise _mistake(
            "restrictAccess is false, and groupName names a group.",
            'Write "restrictAccess": true, or leave groupName out to let every signed-in user call.',
        )
    return Admin(None if name is None else (checked_group(name, known),))


def _attributes(pool: _UserPool) -> dict[Keys, object]:
    found: dict[Keys, object] = {}
    fixed = {"EMAIL", "PHONE_NUMBER"} if pool.signin_method == "EMAIL_AND_PHONE_NUMBER" else {pool.signin_method}
    fixed |= {"EMAIL"} if pool.signin_method in {None, "USERNAME"} else set()
    for name in pool.required_signup_attributes:
        if name not in _ATTRIBUTES:
            raise _mistake(f"There is no attribute {name!r}.", f"Use one of: {', '.join(sorted(_ATTRIBUTES))}.")
        if name not in fixed:
            found["user_attributes", _ATTRIBUTES[name], "required"] = True
    return found


def _factors(asked: _SecondFactors | None) -> dict[Keys, object]:
    if asked is None:
        return {}
    if asked.mfa_with_captcha:
        raise _unserved("mfaWithCaptcha", "Leave it out.")
    made: dict[str, object] = {"mode": _MODES[asked.mode]}
    if asked.mode != "OFF":
        made |= {kind.lower(): True for kind in asked.mfa_types}
        if asked.sms_message and "SMS" in asked.mfa_types:
            made["sms"] = {"sms_message": asked.sms_message}
    return {("multifactor",): made}


def _recovery(asked: _Recovery | None) -> dict[Keys, object]:
    if asked is None:
        return {}
    if asked.delivery_method == "SMS":
        phone: dict[Keys, object] = {("account_recovery",): "PHONE_ONLY_WITHOUT_MFA"}
        return phone | _given(("login_with", "phone", "verification_message"), asked.sms_message)
    return {
        **_given(("login_with", "email", "verification_email_subject"), asked.email_subject),
        **_given(("login_with", "email", "verification_email_body"), asked.email_message),
    }


def _given(keys: Keys, value: str | None) -> dict[Keys, object]:
    return {} if value is None else {keys: value}


def _policy(asked: _Policy | None) -> dict[Keys, object]:
    if asked is None:
        return {}
    made: dict[str, object] = {} if asked.minimum_length is None else {"minimum_length": asked.minimum_length}
    made |= {ours: theirs in asked.additional_constraints for theirs, ours in _CONSTRAINTS.items()}
    return {("password_policy", name): value for name, value in made.items()}


def _hosted(asked: _OAuth | None) -> dict[Keys, object]:
    if asked is None:
        return {}
    if asked.o_auth_grant_type == "IMPLICIT":
        raise _unserved("oAuthGrantType IMPLICIT", "Use CODE.")
    if asked.social_provider_configurations:
        raise _unserved("socialProviderConfigurations", "Leave them out: people sign in with accounts of the pool.")
    made: Mapping[str, object] = {
        "callback_urls": list(asked.redirect_signin_uris),
        "logout_urls": list(asked.redirect_signout_uris),
        **({"domain_prefix": asked.domain_prefix} if asked.domain_prefix else {}),
        **({"scopes": [_SCOPES.get(name, name) for name in asked.o_auth_scopes]} if asked.o_auth_scopes else {}),
    }
    return {("login_with", "external_providers", name): value for name, value in made.items()}


def _mistake(message: str, resolution: str) -> UserError:
    return UserError(message, resolution=resolution)


def _unserved(what: str, instead: str) -> UserError:
    return NotServedError(f"{what} is not served yet.", resolution=instead)
