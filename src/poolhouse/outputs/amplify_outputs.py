"""`amplify_outputs.json`, version 1.5, as spec/backend-and-data.md section 6 describes it.

The document holds the keys of amplify-backend's JSON schema and no others: that schema forbids unknown ones. What
Flutter needs beyond them is in `flutter.py`, what the JavaScript client needs in `local_module.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from poolhouse.crypto.passkeys import domain_of
from poolhouse.define.manifest import Auth, AuthMode, Data, HostedSignIn, Manifest, Multifactor, Passwordless, RestApi
from poolhouse.define.modes import has_api_key, modes

from .introspection import model_introspection

VERSION: Final = "1.5"
PROVIDERS: Final[dict[AuthMode, str]] = {
    "userPool": "AMAZON_COGNITO_USER_POOLS",
    "apiKey": "API_KEY",
    "identityPool": "AWS_IAM",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where AWS put what a server of ours has under one address. `rest` is by the names of the APIs; `domain` is the
    host of the sign-in pages.
    """

    graphql: str = ""
    rest: Mapping[str, str] = field(default_factory=dict)
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What applying a Manifest gave. `base_url` has no slash at its end, and is empty with `aws`, whose user pools
    clients find by themselves; without an identity pool clients skip it. `pool_url` is where a referenced user
    pool is, "" for AWS itself; None means that the pool is this server's own.
    """

    region: str
    user_pool_id: str | None = None
    user_pool_client_id: str | None = None
    identity_pool_id: str | None = None
    base_url: str = ""
    pool_url: str | None = None
    api_key: str | None = None
    aws: Addresses | None = None

    @property
    def pool_endpoint(self) -> str:
        """Where the user pool's operations are; "" where clients find them at AWS by themselves."""
        return self.base_url if self.pool_url is None else self.pool_url


def amplify_outputs(manifest: Manifest, applied: Applied) -> dict[str, Any]:
    """The document for JavaScript, Swift and Android. Equal arguments give equal documents, in equal order."""
    document: dict[str, Any] = {}
    if manifest.auth is not None and applied.user_pool_id and applied.user_pool_client_id:
        document["auth"] = _auth(manifest.auth, applied)
    if manifest.data is not None:
        document["data"] = _data(manifest, manifest.data, applied)
    if custom := _custom(manifest, applied, signs_in="auth" in document):
        document["custom"] = custom
    document["version"] = VERSION
    return document


def root_url(api: RestApi, applied: Applied) -> str:
    """`RootUrl` of a REST API, to which clients append a path; it has no slash at its end."""
    if applied.aws is not None:
        return applied.aws.rest[api.name].rstrip("/")
    return f"{applied.base_url}{api.root}"


def graphql_url(applied: Applied) -> str:
    """The address of the data API."""
    return applied.aws.graphql if applied.aws is not None else f"{applied.base_url}/graphql"


def host_of(applied: Applied) -> str:
    """Host and port. Clients of OAuth put `https://` before it, so they reach it only where TLS is served."""
    if applied.aws is not None:
        return applied.aws.domain
    return applied.base_url.partition("://")[2]


def encoded(document: dict[str, Any]) -> bytes:
    """Two-space JSON with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _custom(manifest: Manifest, applied: Applied, *, signs_in: bool) -> dict[str, Any]:
    """What the schema has no keys for. The server's own address stands here when no data API tells it."""
    section: dict[str, Any] = {}
    if manifest.rest_apis:
        section["API"] = {api.name: _rest(api, applied) for api in manifest.rest_apis}
    if signs_in and applied.aws is None and (applied.pool_url is not None or manifest.data is None):
        at_aws = f"https://cognito-idp.{applied.region}.amazonaws.com"
        section["poolhouse"] = {"endpoint": applied.pool_endpoint or at_aws}
    return section


def _rest(api: RestApi, applied: Applied) -> dict[str, str]:
    """What a JavaScript app passes to `Amplify.configure` as a member of `API.REST`."""
    return {"endpoint": root_url(api, applied), "region": applied.region, "apiName": api.name}


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
    if auth.reference is not None:
        return section | {"groups": [{group.name: {"precedence": group.precedence}} for group in auth.groups]}
    if auth.hosted is not None:
        section["oauth"] = _oauth(auth.hosted, applied)
    if auth.passwordless.factors:
        section["passwordless"] = _passwordless(auth.passwordless, applied)
    return section | {
        "mfa_methods": [name for name, asked in _methods(factors) if asked],
        "standard_required_attributes": list(dict.fromkeys([*auth.login, *required])),
        "username_attributes": ["username"] if auth.preferred_username else list(auth.login),
        "user_verification_types": list(auth.login),
        "groups": [{group.name: {"precedence": group.precedence}} for group in auth.groups],
        "mfa_configuration": "NONE" if factors.mode == "OFF" else factors.mode,
        "password_policy": _password_policy(auth),
        "unauthenticated_identities_enabled": True,
    }


def _passwordless(ways: Passwordless, applied: Applied) -> dict[str, Any]:
    """What the JavaScript client offers; only the ways that are on."""
    section: dict[str, Any] = {}
    if ways.email_otp:
        section["email_otp_enabled"] = True
    if ways.sms_otp:
        section["sms_otp_enabled"] = True
    if ways.passkeys is not None:
        own = ways.passkeys.relying_party
        domain = _own_domain(applied) if own == "AUTO" else own
        section["web_authn"] = {"relying_party_id": domain, "user_verification": ways.passkeys.user_verification}
    return section | ({"preferred_challenge": ways.preferred} if ways.preferred else {})


def _own_domain(applied: Applied) -> str:
    """What passkeys are made for where nobody said it. A pool at AWS without a domain makes them for a laptop."""
    if applied.aws is not None:
        return applied.aws.domain or "localhost"
    return domain_of(applied.base_url) or ""


def _oauth(hosted: HostedSignIn, applied: Applied) -> dict[str, Any]:
    """The sign-in pages."""
    return {
        "identity_providers": [],
        "domain": host_of(applied),
        "scopes": list(hosted.scopes),
        "redirect_sign_in_uri": list(hosted.callback_urls),
        "redirect_sign_out_uri": list(hosted.logout_urls),
        "response_type": "code",
    }


def _methods(factors: Multifactor) -> tuple[tuple[str, bool], ...]:
    return (("SMS", factors.sms), ("TOTP", factors.totp), ("EMAIL", factors.email))


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
    section: dict[str, Any] = {"url": graphql_url(applied), "aws_region": applied.region}
    if applied.api_key and has_api_key(data):
        section["api_key"] = applied.api_key
    section["default_authorization_type"] = PROVIDERS[data.default_mode]
    section["authorization_types"] = additional_modes(manifest)
    section["model_introspection"] = model_introspection(data)
    return section


def additional_modes(manifest: Manifest) -> list[str]:
    """Those beside the default."""
    return [PROVIDERS[mode] for mode in modes(manifest)[1:]]
