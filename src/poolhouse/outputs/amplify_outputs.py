"""`amplify_outputs.json`, version 1.5, as spec/backend-and-data.md section 6 describes it.

The document holds the keys of amplify-backend's JSON schema and no others: that schema forbids unknown ones. What
Flutter needs beyond them is in `flutter.py`, what the JavaScript client needs in `local_module.py`.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from poolhouse.define.manifest import Auth, AuthMode, Data, Manifest

from .introspection import model_introspection

VERSION: Final = "1.5"
_PROVIDERS: Final[dict[AuthMode, str]] = {
    "userPool": "AMAZON_COGNITO_USER_POOLS",
    "apiKey": "API_KEY",
    "identityPool": "AWS_IAM",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What applying a Manifest gave. `base_url` has no slash at its end; without an identity pool clients skip it."""

    region: str
    user_pool_id: str | None = None
    user_pool_client_id: str | None = None
    identity_pool_id: str | None = None
    base_url: str
    api_key: str | None = None


def amplify_outputs(manifest: Manifest, applied: Applied) -> dict[str, Any]:
    """The document for JavaScript, Swift and Android. Equal arguments give equal documents, in equal order."""
    document: dict[str, Any] = {}
    if manifest.auth is not None and applied.user_pool_id and applied.user_pool_client_id:
        document["auth"] = _auth(manifest.auth, applied)
    if manifest.data is not None:
        document["data"] = _data(manifest, manifest.data, applied)
    document["version"] = VERSION
    return document


def encoded(document: dict[str, Any]) -> bytes:
    """Two-space JSON with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _auth(auth: Auth, applied: Applied) -> dict[str, Any]:
    factors = auth.multifactor
    required = [one.name for one in auth.attributes if one.required and not one.name.startswith("custom:")]
    section: dict[str, Any] = {
        "user_pool_id": applied.user_pool_id,
        "aws_region": applied.region,
        "user_pool_client_id": applied.user_pool_client_id,
    }
    if applied.identity_pool_id:
        section["identity_pool_id"] = applied.identity_pool_id
    return section | {
        "mfa_methods": [name for name, asked in (("TOTP", factors.totp), ("EMAIL", factors.email)) if asked],
        "standard_required_attributes": list(dict.fromkeys([*auth.login, *required])),
        "username_attributes": list(auth.login),
        "user_verification_types": list(auth.login),
        "groups": [{group.name: {"precedence": group.precedence}} for group in auth.groups],
        "mfa_configuration": "NONE" if factors.mode == "OFF" else factors.mode,
        "password_policy": _password_policy(auth),
        "unauthenticated_identities_enabled": True,
    }


def _password_policy(auth: Auth) -> dict[str, Any]:
    policy = auth.password_policy
    return {
        "min_length": policy.minimum_length,
        "require_lowercase": policy.require_lowercase,
        "require_numbers": policy.require_numbers,
        "require_symbols": policy.require_symbols,
        "require_uppercase": policy.require_uppercase,
    }


def _data(manifest: Manifest, data: Data, applied: Applied) -> dict[str, Any]:
    section: dict[str, Any] = {"url": f"{applied.base_url}/graphql", "aws_region": applied.region}
    if applied.api_key and _has_api_key(data):
        section["api_key"] = applied.api_key
    section["default_authorization_type"] = _PROVIDERS[data.default_mode]
    section["authorization_types"] = _additional_modes(manifest, data)
    section["model_introspection"] = model_introspection(data)
    return section


def _additional_modes(manifest: Manifest, data: Data) -> list[str]:
    """IAM is always there, the user pool when there is one; the default is not repeated."""
    present: list[AuthMode] = ["userPool"] if manifest.auth is not None else []
    present += ["apiKey"] if _has_api_key(data) else []
    return [_PROVIDERS[mode] for mode in (*present, "identityPool") if mode != data.default_mode]


def _has_api_key(data: Data) -> bool:
    return data.api_key_expires_in_days is not None or data.default_mode == "apiKey"
