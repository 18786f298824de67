"""What a Manifest asks for, as settings, roles and policies. Pure functions; nothing is looked up.

A group rule is compiled to both gates: the GraphQL API reads it from the Manifest, and the group's role is allowed
`appsync:GraphQL` on exactly those fields, so that identity-pool credentials of a member pass too.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from poolhouse import service_model
from poolhouse.access import documents, resources, roles
from poolhouse.access.delegation import OwnAuthority, Rules
from poolhouse.config import Settings
from poolhouse.define import pool_requests
from poolhouse.define.delegable import NAMES_GROUP
from poolhouse.define.grants import SERVICE
from poolhouse.define.manifest import Auth, Data, Grant, Manifest, Multifactor, Passkeys
from poolhouse.operations._pool_settings import pool_settings as requested_settings
from poolhouse.operations._tagging import GROUP_KEY
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


def pool_settings(auth: Auth, server: Settings) -> PoolSettings:
    """What the request that makes the pool says, with what no request can say."""
    request: dict[str, Any] = {
        "PoolName": auth.name,
        **pool_requests.pool(auth),
        **desired_messages.members(auth),
        "UserPoolTags": {"created-by": "poolhouse"},
    }
    request["LambdaConfig"] = _lambda_config(auth.triggers, server) | desired_messages.senders(auth, server)
    operation = service_model.operation("cognito-idp", "CreateUserPool")
    assert operation is not None
    settings = requested_settings(service_model.from_params(operation, request))
    settings = msgspec.structs.replace(settings, PasswordStorage=auth.password_storage)
    return _with_passkeys(_with_factors(settings, auth.multifactor), auth.passwordless.passkeys)


def _lambda_config(triggers: Mapping[str, str], server: Settings) -> dict[str, Any]:
    """The triggers in AWS's names, each with the ARN of its function."""
    return {
        pool_requests.trigger_member(trigger): resources.function_arn(server.region, server.account_id, function)
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


def client_settings(auth: Auth) -> ClientSettings:
    return ClientSettings(**pool_requests.client(auth))


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
    if manifest.auth is not None and manifest.auth.reference is None:
        made += _identity_roles(manifest, manifest.auth, settings, ids)
        trust = documents.identity_trust(ids["identity_pool"], "authenticated")
        kept = set(groups_there) - {group.name for group in manifest.auth.groups}
        made += [_role(manifest, settings, ("group", name), [], trust) for name in sorted(kept)]
    return [role._replace(modified=now) for role in made]


def _identity_roles(manifest: Manifest, auth: Auth, settings: Settings, ids: dict[str, str]) -> list[Role]:
    signed_in = documents.identity_trust(ids["identity_pool"], "authenticated")
    guests = documents.identity_trust(ids["identity_pool"], "unauthenticated")
    made, field = [], _field(settings, ids)
    for group in auth.groups:
        opened = documents.fields(manifest.data, documents.members_of(group.name), field)
        made.append(_role(manifest, settings, ("group", group.name), opened, signed_in))
    opened = documents.fields(manifest.data, documents.SIGNED_IN, field)
    made.append(_role(manifest, settings, ("authenticated", ""), opened, signed_in))
    opened = documents.fields(manifest.data, documents.GUESTS, field)
    made.append(_role(manifest, settings, ("unauthenticated", ""), opened, guests))
    return made


def _role(
    manifest: Manifest,
    settings: Settings,
    of: tuple[roles.RoleKind, str],
    policies: list[dict[str, Any]],
    trust: dict[str, Any] | None = None,
) -> Role:
    name, arn = Names(settings, manifest.name).role(*of)
    return Role(arn, name, manifest.name, json.dumps(trust or documents.function_trust()), json.dumps(policies), 0)


def _function_policies(manifest: Manifest, settings: Settings, ids: dict[str, str], name: str) -> list[dict[str, Any]]:
    """One policy per grant, each on exactly this pool; one more where the function may call the API."""
    found = []
    if manifest.auth is not None:
        pool = resources.user_pool_arn(settings.region, settings.account_id, ids["pool"])
        found += [_grant(grant, pool) for grant in manifest.auth.grants if grant.function == name]
    calls = manifest.data.access if manifest.data else ()
    field = _field(settings, ids)
    return found + [documents.data_access(access, field) for access in calls if access.function == name]


def _grant(given: Grant, pool: str) -> dict[str, Any]:
    """A narrowed grant allows its groups only where a request names one; the key is ours and unknown to AWS."""
    document = documents.grant(given, pool)
    if not given.groups:
        return document
    narrowed: list[dict[str, Any]] = []
    for statement in document["Statement"]:
        of_groups = [action for action in statement["Action"] if action.removeprefix(f"{SERVICE}:") in NAMES_GROUP]
        others = [action for action in statement["Action"] if action not in of_groups]
        condition = {"StringEquals": {GROUP_KEY: list(given.groups)}}
        narrowed += [{**statement, "Action": of_groups, "Condition": condition}] if of_groups else []
        narrowed += [{**statement, "Action": others}] if others else []
    return {**document, "Statement": narrowed}


def delegation_rules(manifest: Manifest, settings: Settings) -> str | None:
    """The rules of the pool as the store keeps them; None where the definitions delegate nothing."""
    auth = manifest.auth
    if auth is None or auth.delegation is None:
        return None
    names = Names(settings, manifest.name)
    own = tuple(
        OwnAuthority(names.arn("function", grant.function), grant.actions, grant.groups)
        for grant in auth.grants
        if grant.own_authority
    )
    rules = Rules(auth.delegation, tuple(group.name for group in auth.groups), own)
    return msgspec.json.encode(rules).decode()


def _field(settings: Settings, ids: dict[str, str]) -> documents.Field:
    """Nothing asks for a field where there is no API."""
    return partial(resources.field_arn, settings.region, settings.account_id, ids.get("api", ""))


def wants_api_key(data: Data | None) -> bool:
    return data is not None and data.api_key_expires_in_days is not None
