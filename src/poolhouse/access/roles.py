"""Roles: what they are called, which one an identity gets, and whom they trust. Their policies are in the store."""

import re
from base64 import b32encode
from collections.abc import Container, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from poolhouse.errors import InvalidIdentityPoolConfigurationException, NotAuthorizedException

from .documents import FEDERATED, WEB_IDENTITY
from .policies import ContextValue, Policy, normal

if TYPE_CHECKING:  # `deploy` needs the names of roles, and no database
    from poolhouse.store.identities import RoleMapping, Rule

RoleKind = Literal["function", "group", "authenticated", "unauthenticated"]
IDENTITY_SESSION_NAME: Final = "CognitoIdentityCredentials"
_LONGEST_NAME = 64
_ILLEGAL = re.compile(r"[^A-Za-z0-9+=,.@_-]+")


def role_name(backend: str, kind: RoleKind, name: str = "") -> str:
    """A legal name of at most 64 characters, the same in every process.

    Names that people chose are shortened and cleaned for reading; the 80-bit digest of all parts keeps them apart,
    also when somebody picks a group's name in order to share another group's role.
    """
    exact = sha256(msgspec.json.encode((backend, kind, name))).digest()
    digest = b32encode(exact)[:16].decode().lower()
    readable = _ILLEGAL.sub("-", "-".join(part for part in (backend, kind, name) if part))
    return f"{readable[: _LONGEST_NAME - 17]}-{digest}"


def trust_allows(trust: Policy, *, identity_pool_id: str, amr: Sequence[str], identity_id: str) -> bool:
    """May this identity of an identity pool assume the role whose parsed trust policy is `trust`?

    `amr` holds `authenticated` or `unauthenticated`, then the login providers.
    """
    keys = {f"{FEDERATED}:aud": identity_pool_id, f"{FEDERATED}:amr": amr, f"{FEDERATED}:sub": identity_id}
    return trusts(trust, WEB_IDENTITY, {("Federated", FEDERATED)}, keys)


def trusts(
    trust: Policy, action: str, principals: Container[tuple[str, str]], context: Mapping[str, ContextValue]
) -> bool:
    """Does the parsed trust policy let somebody who goes by any of `principals` take the role by `action`?

    A principal is its kind and its name, such as ("AWS", an ARN). A Deny wins.
    """
    keys = normal(context)
    effects = [
        statement.allows
        for statement in trust.statements
        if any(one in principals for one in statement.principals)
        and statement.names_action(action)
        and statement.conditions_hold(keys)
    ]
    return bool(effects) and all(effects)


def choose_role(
    claims: Mapping[str, Any] | None,
    *,
    authenticated_role: str | None,
    unauthenticated_role: str | None,
    mapping: "RoleMapping | None" = None,
    custom_role_arn: str | None = None,
) -> str:
    """The ARN of the role for an identity. `claims` are those of the verified ID token, None for a guest.

    Raises NotAuthorizedException when a custom role is not the caller's or an ambiguous choice must be denied, and
    InvalidIdentityPoolConfigurationException when the pool has no role for the case.
    """
    if claims is None:
        if custom_role_arn is not None:
            raise NotAuthorizedException("Access to the custom role is denied: it is not in the token.")
        return _configured(unauthenticated_role)
    roles = _texts(claims.get("cognito:roles"))
    if custom_role_arn is not None:
        if custom_role_arn not in roles:
            raise NotAuthorizedException("Access to the custom role is denied: it is not in the token.")
        return custom_role_arn
    if mapping is None:
        return _configured(authenticated_role)
    chosen = _by_token(claims, roles) if mapping.kind == "Token" else _by_rules(claims, mapping.rules)
    if chosen is not None:
        return chosen
    if mapping.ambiguous == "Deny":
        raise NotAuthorizedException("The role for this identity cannot be determined.")
    return _configured(authenticated_role)


def _configured(role: str | None) -> str:
    if not role:
        raise InvalidIdentityPoolConfigurationException(
            "Invalid identity pool configuration. Check assigned IAM roles for this pool."
        )
    return role


def _by_token(claims: Mapping[str, Any], roles: Sequence[str]) -> str | None:
    preferred = claims.get("cognito:preferred_role")
    if isinstance(preferred, str) and preferred:
        return preferred
    return roles[0] if len(set(roles)) == 1 else None


def _by_rules(claims: Mapping[str, Any], rules: "Sequence[Rule]") -> str | None:
    return next((rule.role_arn for rule in rules if rule.claim in claims and _matches(rule, claims[rule.claim])), None)


def _matches(rule: "Rule", claim: Any) -> bool:
    """A list claim (`cognito:groups`) contains whole elements only, so that `Admins` is not found in `NotAdmins`."""
    if isinstance(claim, list):
        equal, contains, starts = claim == [rule.value], rule.value in claim, False
    else:
        text = str(claim).lower() if isinstance(claim, bool) else str(claim)
        equal, contains, starts = text == rule.value, rule.value in text, text.startswith(rule.value)
    return {"Equals": equal, "NotEqual": not equal, "Contains": contains, "StartsWith": starts}[rule.match]


def _texts(claim: Any) -> tuple[str, ...]:
    return tuple(one for one in claim if isinstance(one, str)) if isinstance(claim, list) else ()
