"""The roles that an identity pool gives: SetIdentityPoolRoles, GetIdentityPoolRoles."""

import re
from typing import Any, Final

import msgspec

from poolhouse.errors import InvalidParameterException
from poolhouse.operations.context import Call
from poolhouse.operations.gate import Answer, operation
from poolhouse.service_model.structs import cognito_identity as wire
from poolhouse.service_model.structs.cognito_identity import GetIdentityPoolRolesInput, SetIdentityPoolRolesInput
from poolhouse.store import identities
from poolhouse.store.identities import BY_TOKEN, IdentityPool, RoleMapping, Rule

from .identity_logins import provider_names
from .identity_pools import own
from .passing import require_pass

_MOST_RULES: Final = 25
_ROLE: Final = re.compile(r"arn:aws:iam::[0-9]{12}:role/[\w+=,.@/-]{1,128}", re.ASCII)
_KINDS: Final = ("authenticated", "unauthenticated")


@operation("SetIdentityPoolRoles", "write", service="cognito-identity")
async def set_identity_pool_roles(ctx: Call, req: SetIdentityPoolRolesInput) -> None:
    """Replaces all that was set; who sets a role must be allowed to pass it (`iam:PassRole`)."""
    pool = await own(ctx, req.IdentityPoolId, lock=True)
    mappings = {key: _mapping(key, given) for key, given in (req.RoleMappings or {}).items()}
    _check_keys(ctx, pool, mappings)
    named = [*req.Roles.values(), *(rule.role_arn for one in mappings.values() for rule in one.rules)]
    for arn in named:
        _check_role(ctx, arn)
    settings = msgspec.structs.replace(
        pool.settings,
        authenticated_role=req.Roles.get("authenticated", ""),
        unauthenticated_role=req.Roles.get("unauthenticated", ""),
        role_mappings=mappings,
    )
    await identities.put_pool(ctx.tx, pool._replace(settings=settings))


@operation("GetIdentityPoolRoles", "read", service="cognito-identity")
async def get_identity_pool_roles(ctx: Call, req: GetIdentityPoolRolesInput) -> Answer:
    pool = await own(ctx, req.IdentityPoolId)
    settings = pool.settings
    mappings = settings.role_mappings
    if mappings is None:
        mappings = {f"{one.name or one.aws_name}:{one.client_id}": BY_TOKEN for one in settings.providers}
    given = {kind: getattr(settings, f"{kind}_role") for kind in _KINDS}
    return {
        "IdentityPoolId": pool.id,
        "Roles": {kind: arn for kind, arn in given.items() if arn},
        "RoleMappings": {key: _described(mapping) for key, mapping in mappings.items()},
    }


def _mapping(key: str, given: wire.RoleMapping) -> RoleMapping:
    """Raises InvalidParameterException."""
    if given.AmbiguousRoleResolution is None:
        raise InvalidParameterException(f"RoleMappings {key}: AmbiguousRoleResolution is required.")
    rules = given.RulesConfiguration.Rules if given.RulesConfiguration else []
    if bool(rules) != (given.Type == "Rules"):
        raise InvalidParameterException(
            f"RoleMappings {key}: RulesConfiguration belongs to the type Rules, and only to it."
        )
    if len(rules) > _MOST_RULES:
        raise InvalidParameterException(f"RoleMappings {key}: there can be at most {_MOST_RULES} rules.")
    made = tuple(Rule(rule.Claim, rule.MatchType, rule.Value, rule.RoleARN) for rule in rules)
    return RoleMapping(given.Type, given.AmbiguousRoleResolution, made)


def _check_keys(ctx: Call, pool: IdentityPool, mappings: dict[str, RoleMapping]) -> None:
    """A mapping that goes by no provider of the pool would never be looked at."""
    known = {
        f"{name}:{provider.client_id}": (provider.pool_id, provider.client_id)
        for provider in pool.settings.providers
        for name in provider_names(ctx.services, provider)
    }
    for key in mappings:
        if key not in known:
            raise InvalidParameterException(f"RoleMappings {key} is not a provider of this identity pool.")
    if len({known[key] for key in mappings}) < len(mappings):
        raise InvalidParameterException("RoleMappings names a provider twice.")


def _check_role(ctx: Call, arn: str) -> None:
    """Raises InvalidParameterException or NotAuthorizedException."""
    if not _ROLE.fullmatch(arn):
        raise InvalidParameterException(f"{arn[:128]} is not the ARN of a role.")
    require_pass(ctx, arn)


def _described(mapping: RoleMapping) -> dict[str, Any]:
    found: dict[str, Any] = {"Type": mapping.kind, "AmbiguousRoleResolution": mapping.ambiguous}
    if mapping.rules:
        rules = [
            {"Claim": rule.claim, "MatchType": rule.match, "Value": rule.value, "RoleARN": rule.role_arn}
            for rule in mapping.rules
        ]
        found["RulesConfiguration"] = {"Rules": rules}
    return found
