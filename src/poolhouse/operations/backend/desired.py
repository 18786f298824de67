"""What a Manifest asks for, as settings, roles and policies. Pure functions; nothing is looked up.

A group rule is compiled to both gates: the GraphQL API reads it from the Manifest, and the group's role is allowed
`appsync:GraphQL` on exactly those fields, so that identity-pool credentials of a member pass too.
"""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from poolhouse import service_model
from poolhouse.access import resources, roles
from poolhouse.config import Settings
from poolhouse.define.grants import SERVICE, WITHOUT_POOL
from poolhouse.define.manifest import Attribute, Auth, Data, Grant, Manifest, Multifactor, Operation
from poolhouse.operations._pool_settings import pool_settings as requested_settings
from poolhouse.operations.attributes import NOT_BY_CLIENTS, STANDARD
from poolhouse.operations.backend.state import Names
from poolhouse.store.roles import Role
from poolhouse.store.settings import (
    ClientSettings,
    EmailMfaConfigType,
    PoolSettings,
    SoftwareTokenMfaConfigType,
)

_VERSION = "2012-10-17"
# AWS gives a guest rule's permission to both roles; the field itself then refuses who is no guest.
_SIGNED_IN = (("authenticated", ""), ("guest", ""))


def pool_settings(auth: Auth) -> PoolSettings:
    """Amplify's defaults, as the request that would make the pool: case-insensitive, e-mail as username, verified
    before a change takes effect.
    """
    policy, login = auth.password_policy, list(auth.login)
    verification = {"EmailMessage": auth.verification.body, "EmailSubject": auth.verification.subject}
    invitation = {"EmailMessage": auth.invitation.body, "EmailSubject": auth.invitation.subject}
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
            }
        },
        "AutoVerifiedAttributes": login,
        "UsernameAttributes": login,
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE", **verification},
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": login},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "InviteMessageTemplate": invitation},
        "UsernameConfiguration": {"CaseSensitive": False},
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [
                {"Priority": place, "Name": name} for place, name in enumerate(auth.account_recovery, start=1)
            ]
        },
        "UserPoolTags": {"created-by": "poolhouse"},
    }
    if auth.attributes:
        request["Schema"] = [_schema(attribute) for attribute in auth.attributes]
    operation = service_model.operation("cognito-idp", "CreateUserPool")
    assert operation is not None
    return _with_factors(requested_settings(service_model.from_params(operation, request)), auth.multifactor)


def _with_factors(settings: PoolSettings, wanted: Multifactor) -> PoolSettings:
    """As SetUserPoolMfaConfig would have it, since no request that makes a pool can name these factors."""
    if wanted.mode == "OFF":
        return settings
    return msgspec.structs.replace(
        settings,
        MfaConfiguration="ON" if wanted.mode == "REQUIRED" else "OPTIONAL",
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
    """Amplify's app client: SRP, custom and refresh; no plain passwords; unknown users are not told apart.

    It may read and write the pool's own attributes; a client that names none would see the standard ones only.
    """
    custom = tuple(attribute.name for attribute in auth.attributes if attribute.name.startswith("custom:"))
    if not custom:
        return ClientSettings(PreventUserExistenceErrors="ENABLED")
    return ClientSettings(
        PreventUserExistenceErrors="ENABLED",
        ReadAttributes=(*sorted(STANDARD.keys() - {"sub", "identities"}), *custom),
        WriteAttributes=(*sorted(STANDARD.keys() - NOT_BY_CLIENTS), *custom),
    )


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
