"""The trigger before tokens are made: what a pool's function adds to their claims, scopes and groups, or takes away.

What stands for the identity of the user, the client and the sign-in is never its to change. The groups that it puts
into tokens are words in tokens: our own endpoints ask the database who is in a group.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from poolhouse.errors import InvalidLambdaResponseException
from poolhouse.operations.context import Services
from poolhouse.store.clients import Client
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import triggers

Claims = dict[str, Any]
Source = Literal[
    "TokenGeneration_HostedAuth",
    "TokenGeneration_Authentication",
    "TokenGeneration_NewPasswordChallenge",
    "TokenGeneration_AuthenticateDevice",
    "TokenGeneration_RefreshTokens",
    "TokenGeneration_ClientCredentials",
]
_FIXED: Final = frozenset(
    {"acr", "amr", "at_hash", "aud", "auth_time", "azp", "cognito:username", "event_id", "exp", "iat", "identities"}
    | {"iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use"}
)
_FIXED_IN_ACCESS: Final = _FIXED | {"client_id", "device_key", "scope", "username", "version"}
# Said with groupOverrideDetails, and with nothing else.
_OF_GROUPS: Final = frozenset({"cognito:groups", "cognito:preferred_role", "cognito:roles"})
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+", re.ASCII)
_DEEPEST: Final = 16
"""How deep the value of a claim may be nested."""


class Groups(Struct, frozen=True):
    """What takes the place of the user's groups and their roles."""

    groupsToOverride: list[str] | None = None  # noqa: N815 - AWS's members
    iamRolesToOverride: list[str] | None = None  # noqa: N815 - AWS's member
    preferredRole: str | None = None  # noqa: N815 - AWS's member


class _Claims(Struct, frozen=True):
    claimsToAddOrOverride: dict[str, Any] | None = None  # noqa: N815 - AWS's member
    claimsToSuppress: list[str] | None = None  # noqa: N815 - AWS's member


class _AccessClaims(_Claims, frozen=True):
    scopesToAdd: list[str] | None = None  # noqa: N815 - AWS's member
    scopesToSuppress: list[str] | None = None  # noqa: N815 - AWS's member


class _First(Struct, frozen=True):
    """The details of version 1, whose claims are text and for the ID token."""

    claimsToAddOrOverride: dict[str, str] | None = None  # noqa: N815 - AWS's member
    claimsToSuppress: list[str] | None = None  # noqa: N815 - AWS's member
    groupOverrideDetails: Groups | UnsetType | None = UNSET  # noqa: N815 - AWS's member


class _Second(Struct, frozen=True):
    idTokenGeneration: _Claims | None = None  # noqa: N815 - AWS's member
    accessTokenGeneration: _AccessClaims | None = None  # noqa: N815 - AWS's member
    groupOverrideDetails: Groups | UnsetType | None = UNSET  # noqa: N815 - AWS's member


class _FirstAnswer(Struct, frozen=True):
    claimsOverrideDetails: _First | None = None  # noqa: N815 - AWS's member


class _SecondAnswer(Struct, frozen=True):
    claimsAndScopeOverrideDetails: _Second | None = None  # noqa: N815 - AWS's member


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a function wants to be different in the tokens. `groups` is None when they stay as they are."""

    identity: _Claims = field(default_factory=_Claims)
    access: _AccessClaims = field(default_factory=_AccessClaims)
    groups: Groups | None = None

    def of_identity(self, claims: Claims) -> Claims:
        """The claims of the ID token."""
        return _changed(self._with_groups(claims, roles=True), self.identity, _FIXED)

    def of_access(self, claims: Claims) -> Claims:
        """The claims of the access token, with its scopes."""
        suppressed = self.access.scopesToSuppress or ()
        wanted = dict.fromkeys([*claims["scope"].split(), *(self.access.scopesToAdd or ())])
        scope = " ".join(name for name in wanted if name not in suppressed)
        claims = _changed(self._with_groups(claims, roles=False), self.access, _FIXED_IN_ACCESS)
        return {**claims, "scope": scope}

    def _with_groups(self, claims: Claims, *, roles: bool) -> Claims:
        if self.groups is None:
            return claims
        names = {
            "cognito:groups": self.groups.groupsToOverride,
            "cognito:roles": self.groups.iamRolesToOverride if roles else None,
            "cognito:preferred_role": self.groups.preferredRole if roles else None,
        }
        kept = {name: value for name, value in claims.items() if name not in names}
        return {**kept, **{name: value for name, value in names.items() if value}}


async def ask(
    services: Services,
    pool: Pool,
    client: Client,
    user: User | None,
    source: Source,
    *,
    groups: Groups,
    scope: str,
    metadata: Mapping[str, str],
) -> Overrides | None:
    """What the pool's function says; None when the pool has none. `user` is None for an app's own token.

    Raises UserLambdaValidationException, UnexpectedLambdaException, InvalidLambdaResponseException.
    """
    config = pool.settings.LambdaConfig.PreTokenGenerationConfig
    if config is None or (user is None and config.LambdaVersion != "V3_0"):
        return None
    version = config.LambdaVersion[1]
    request: dict[str, Any] = {
        "userAttributes": triggers.attributes(pool, user) if user else {},
        "groupConfiguration": groups,
        "clientMetadata": metadata,
    }
    if version != "1":
        request["scopes"] = scope.split()
    answer = await triggers.run(
        services,
        pool,
        "PreTokenGeneration",
        source,
        client_id=client.id,
        username=user.username if user else client.id,
        request=request,
        response={_MEMBERS[version]: None},
        version=version,
    )
    return _read(answer, version)


_MEMBERS: Final = {
    "1": "claimsOverrideDetails",
    "2": "claimsAndScopeOverrideDetails",
    "3": "claimsAndScopeOverrideDetails",
}


def configuration(groups: Sequence[str], roles: Claims) -> Groups:
    """The groups of a user and the claims of their roles, as events show them."""
    return Groups(list(groups), list(roles.get("cognito:roles", ())), roles.get("cognito:preferred_role"))


def _read(answer: dict[str, Any], version: str) -> Overrides | None:
    """Raises InvalidLambdaResponseException."""
    try:
        made = _first(answer) if version == "1" else _second(answer)
    except msgspec.ValidationError as error:
        raise InvalidLambdaResponseException(f"PreTokenGeneration: unrecognizable lambda output: {error}") from error
    if made is not None:
        _check(made)
    return made


def _first(answer: dict[str, Any]) -> Overrides | None:
    details = msgspec.convert(answer, _FirstAnswer).claimsOverrideDetails
    if details is None:
        return None
    identity = _Claims(details.claimsToAddOrOverride, details.claimsToSuppress)
    return Overrides(identity=identity, groups=_groups(details.groupOverrideDetails))


def _second(answer: dict[str, Any]) -> Overrides | None:
    details = msgspec.convert(answer, _SecondAnswer).claimsAndScopeOverrideDetails
    if details is None:
        return None
    return Overrides(
        identity=details.idTokenGeneration or _Claims(),
        access=details.accessTokenGeneration or _AccessClaims(),
        groups=_groups(details.groupOverrideDetails),
    )


def _groups(given: Groups | UnsetType | None) -> Groups | None:
    """Left out, the groups stay; null or empty, there are none."""
    if isinstance(given, UnsetType):
        return None
    return given or Groups()


def _check(made: Overrides) -> None:
    """Raises InvalidLambdaResponseException for what no token can say."""
    for scope in made.access.scopesToAdd or ():
        if not _SCOPE.fullmatch(scope):
            raise InvalidLambdaResponseException("PreTokenGeneration: a scope to add is empty or holds a blank.")
    for part in (made.identity, made.access):
        if _depth(part.claimsToAddOrOverride) > _DEEPEST:
            raise InvalidLambdaResponseException("PreTokenGeneration: a claim is nested too deeply.")


def _depth(value: object) -> int:
    """Levels of objects and lists, counted one level at a time."""
    level, depth = [value], 0
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [inner for part in level for inner in (part.values() if isinstance(part, dict) else part)]
    return depth


def _changed(claims: Claims, wanted: _Claims, fixed: frozenset[str]) -> Claims:
    """What is to be suppressed goes, also when the same answer adds it."""
    added = wanted.claimsToAddOrOverride or {}
    merged = claims | {name: value for name, value in added.items() if name not in fixed | _OF_GROUPS}
    suppressed = frozenset(wanted.claimsToSuppress or ()) - fixed
    return {name: value for name, value in merged.items() if name not in suppressed}
