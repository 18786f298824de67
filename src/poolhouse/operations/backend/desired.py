"""What a Manifest asks for, as settings, roles and policies. Pure functions; nothing is looked up.

A group rule is compiled to both gates: the GraphQL API reads it from the Manifest, and the group's role is allowed
`appsync:GraphQL` on exactly those fields, so that identity-pool credentials of a member pass too.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from poolhouse import service_model
from poolhouse.access import resources, roles
from poolhouse.config import Settings
from poolhouse.define.grants import SERVICE, WITHOUT_POOL
from poolhouse.define.manifest import Attribute, Auth, Data, Grant, Manifest, Multifactor, Operation, Passkeys
from poolhouse.operations import password_storage
from poolhouse.operations._pool_settings import pool_settings as requested_settings
from poolhouse.operations.attributes import NOT_BY_CLIENTS, STANDARD
from poolhouse.operations.backend import desired_messages
from poolhouse.operations.backend.state import Names
from poolhouse.store.roles import Role
from poolhouse.store.settings import (
    ClientSettings,
    EmailMfaConfigType,
    PoolSettings,
    SoftwareTokenMfaConfigType,
    WebAuthnConfigurationType,
)

_VERSION = "2012-10-17"
# AWS gives a guest rule's permission to both roles; the field itself then refuses who is no guest.
_SIGNED_IN = (("authenticated", ""), ("guest", ""))


def pool_settings(auth: Auth, server: Settings) -> PoolSettings:
    """Amplify's defaults, as the request that would make the pool: case-insensitive, e-mail as username, verified
    before a change takes effect.
    """
    policy, login = auth.password_policy, list(auth.login)
    request: dict[str, Any] = {
        "PoolName": auth.name,
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": policy.minimum_length,
                "RequireUppercase": policy.require_uppercase,
                "RequireLowercase": policy.require_lowercase,
                "RequireNumbers": policy.require_numbers,
                "RequireSymbols": policy.require_symbols,
                "TemporaryPasswordValidityDays": policy.temporary_password_validity_days,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", *auth.passwordless.factors]},
        },
        "AutoVerifiedAttributes": login,
        **_names(auth),
        **desired_messages.members(auth),
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": login},
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": False,
            "InviteMessageTemplate": desired_messages.invitation(auth),
        },
        "UsernameConfiguration": {"CaseSensitive": False},
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [
                {"Priority": place, "Name": name} for place, name in enumerate(auth.account_recovery, start=1)
            ]
        },
        "UserPoolTags": {"created-by": "poolhouse"},
    }
    request["LambdaConfig"] = _lambda_config(auth.triggers, server) | desired_messages.senders(auth, server)
    if auth.attributes:
        request["Schema"] = [_schema(attribute) for attribute in auth.attributes]
    operation = service_model.operation("cognito-idp", "CreateUserPool")
    assert operation is not None
    settings = requested_settings(service_model.from_params(operation, request))
    settings = msgspec.structs.replace(settings, PasswordStorage=auth.password_storage)
    return _with_passkeys(_with_factors(settings, auth.multifactor), auth.passwordless.passkeys)


def _lambda_config(triggers: Mapping[str, str], server: Settings) -> dict[str, Any]:
    """The triggers in AWS's names, each with the ARN of its function; `pre_token_generation` is of version V1_0."""
    return {
        "".join(word.capitalize() for word in trigger.split("_")): resources.function_arn(
            server.region, server.account_id, function
        )
        for trigger, function in triggers.items()
    }


def _with_passkeys(settings: PoolSettings, wanted: Passkeys | None) -> PoolSettings:
    """Without a relying party of its own a pool has that of the server."""
    if wanted is None:
        return settings
    domain = None if wanted.relying_party == "AUTO" else wanted.relying_party
    return msgspec.structs.replace(
        settings, WebAuthnConfiguration=WebAuthnConfigurationType(domain, wanted.user_verification)
    )


def _names(auth: Auth) -> dict[str, Any]:
    """What people sign in with: their address, or a user name of their own and whatever else is proven to be theirs."""
    if auth.preferred_username:
        return {"AliasAttributes": [*auth.login, "preferred_username"]}
    return {"UsernameAttributes": list(auth.login)}


def domain_prefix(manifest: Manifest) -> str | None:
    """The pool's domain: the one of the definitions, or one that is always the same for the same backend."""
    if manifest.auth is None or manifest.auth.hosted is None:
        return None
    named = f"poolhouse/{manifest.name}/{manifest.auth.name}".encode()
    return manifest.auth.hosted.domain_prefix or hashlib.sha512(named).hexdigest()[:20]


def _with_factors(settings: PoolSettings, wanted: Multifactor) -> PoolSettings:
    """As SetUserPoolMfaConfig would have it, since no request that makes a pool can name these factors."""
    if wanted.mode == "OFF":
        return settings
    return msgspec.structs.replace(
        settings,
        MfaConfiguration="ON" if wanted.mode == "REQUIRED" else "OPTIONAL",
        SmsMfaEnabled=wanted.sms,
        SmsAuthenticationMessage=wanted.sms_message,
        SoftwareTokenMfaConfiguration=SoftwareTokenMfaConfigType(Enabled=wanted.totp),
        EmailMfaConfiguration=EmailMfaConfigType() if wanted.email else None,
    )


def _schema(attribute: Attribute) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Name": attribute.name.removeprefix("custom:"),
        "AttributeDataType": attribute.data_type,
        "Mutable": attribute.mutable,
        "Required": attribute.required,
    }
    lengths = {"MinLength": attribute.min_length, "MaxLength": attribute.max_length}
    values = {"MinValue": attribute.min_value, "MaxValue": attribute.max_value}
    for name, bounds in (("StringAttributeConstraints", lengths), ("NumberAttributeConstraints", values)):
        if given := {bound: str(value) for bound, value in bounds.items() if value is not None}:
            entry[name] = given
    return entry


def client_settings(auth: Auth) -> ClientSettings:
    """Amplify's app client: SRP, custom and refresh; plain passwords only where SRP is not served; unknown users are
    not told apart.

    It may read and write the pool's own attributes; a client that names none would see the standard ones only.
    """
    flows = password_storage.default_flows(PoolSettings(PasswordStorage=auth.password_storage))
    if auth.passwordless.factors:
        flows = (*flows, "ALLOW_USER_AUTH")
    settings = ClientSettings(ExplicitAuthFlows=flows, PreventUserExistenceErrors="ENABLED", **_oauth(auth))
    custom = tuple(attribute.name for attribute in auth.attributes if attribute.name.startswith("custom:"))
    if not custom:
        return settings
    return msgspec.structs.replace(
        settings,
        ReadAttributes=(*sorted(STANDARD.keys() - {"sub", "identities"}), *custom),
        WriteAttributes=(*sorted(STANDARD.keys() - NOT_BY_CLIENTS), *custom),
    )


def _oauth(auth: Auth) -> dict[str, Any]:
    """The code flow on the hosted pages, where the definitions want them."""
    if auth.hosted is None:
        return {}
    return {
        "SupportedIdentityProviders": ("COGNITO",),
        "CallbackURLs": auth.hosted.callback_urls,
        "LogoutURLs": auth.hosted.logout_urls,
        "AllowedOAuthFlows": ("code",),
        "AllowedOAuthScopes": auth.hosted.scopes,
        "AllowedOAuthFlowsUserPoolClient": True,
    }


def all_roles(
    manifest: Manifest, settings: Settings, ids: dict[str, str], now: int, groups_there: Iterable[str] = ()
) -> list[Role]:
    """Every role of the backend. `ids` holds the ids of "pool", "identity_pool" and "api" as far as they exist.

    A group that is there only because it has members keeps a role, so that they can still sign in; it allows nothing.
    """
    made = [
        _role(
            manifest, settings, ("function", function.name), _function_policies(manifest, settings, ids, function.name)
        )
        for function in manifest.functions
    ]
    if manifest.auth is not None:
        made += _identity_roles(manifest, manifest.auth, settings, ids)
        trust = roles.identity_trust(ids["identity_pool"], "authenticated")
        kept = set(groups_there) - {group.name for group in manifest.auth.groups}
        made += [_role(manifest, settings, ("group", name), [], trust) for name in sorted(kept)]
    return [role._replace(modified=now) for role in made]


def _identity_roles(manifest: Manifest, auth: Auth, settings: Settings, ids: dict[str, str]) -> list[Role]:
    signed_in = roles.identity_trust(ids["identity_pool"], "authenticated")
    guests = roles.identity_trust(ids["identity_pool"], "unauthenticated")
    made = []
    for group in auth.groups:
        fields = _fields(manifest, settings, ids, ("groups", group.name), ("authenticated", ""))
        made.append(_role(manifest, settings, ("group", group.name), fields, signed_in))
    fields = _fields(manifest, settings, ids, *_SIGNED_IN)
    made.append(_role(manifest, settings, ("authenticated", ""), fields, signed_in))
    fields = _fields(manifest, settings, ids, ("guest", ""))
    made.append(_role(manifest, settings, ("unauthenticated", ""), fields, guests))
    return made


def _role(
    manifest: Manifest,
    settings: Settings,
    of: tuple[roles.RoleKind, str],
    policies: list[dict[str, Any]],
    trust: dict[str, Any] | None = None,
) -> Role:
    name, arn = Names(settings, manifest.name).role(*of)
    return Role(arn, name, manifest.name, json.dumps(trust or roles.function_trust()), json.dumps(policies), 0)


def _function_policies(manifest: Manifest, settings: Settings, ids: dict[str, str], name: str) -> list[dict[str, Any]]:
    """One policy per grant, each on exactly this pool; one more where the function may call the API."""
    found = []
    if manifest.auth is not None:
        pool = resources.user_pool_arn(settings.region, settings.account_id, ids["pool"])
        found += [_grant(grant, pool) for grant in manifest.auth.grants if grant.function == name]
    for access in manifest.data.access if manifest.data else ():
        if access.function == name:
            kinds = {"query": "Query", "mutate": "Mutation"}
            fields = [_field(settings, ids, kinds[action], "*") for action in access.actions]
            found.append(_allow(["appsync:GraphQL"], fields))
    return found


def _grant(grant: Grant, pool: str) -> dict[str, Any]:
    """On exactly this pool; the operations that name no pool have no narrower resource than `*`."""
    free = {f"{SERVICE}:{operation}" for operation in WITHOUT_POOL}
    on_pool = [action for action in grant.actions if action not in free]
    policy = _allow(on_pool, [pool]) if on_pool else {"Version": _VERSION, "Statement": []}
    if unbound := [action for action in grant.actions if action in free]:
        policy["Statement"] += _allow(unbound, ["*"])["Statement"]
    return policy


def _fields(
    manifest: Manifest, settings: Settings, ids: dict[str, str], *wanted: tuple[str, str]
) -> list[dict[str, Any]]:
    """The policy of an identity's role: the fields that a rule opens to it, none when no rule does."""
    if manifest.data is None:
        return []
    fields = [
        _field(settings, ids, operation.kind.capitalize(), operation.name)
        for operation in manifest.data.operations
        if any(_opens(operation, strategy, group) for strategy, group in wanted)
    ]
    return [_allow(["appsync:GraphQL"], fields)] if fields else []


def _opens(operation: Operation, strategy: str, group: str) -> bool:
    for rule in operation.rules:
        if rule.strategy == strategy == "groups" and group in rule.groups:
            return True
        if rule.strategy == strategy != "groups" and rule.provider == "identityPool":
            return True
    return False


def _field(settings: Settings, ids: dict[str, str], type_name: str, field: str) -> str:
    return resources.field_arn(settings.region, settings.account_id, ids["api"], type_name, field)


def _allow(actions: list[str], on: Iterable[str]) -> dict[str, Any]:
    return {"Version": _VERSION, "Statement": [{"Effect": "Allow", "Action": actions, "Resource": list(on)}]}


def wants_api_key(data: Data | None) -> bool:
    return data is not None and data.api_key_expires_in_days is not None
