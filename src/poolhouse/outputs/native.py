"""`amplifyconfiguration.json` as Amplify Swift and Android read it, and its Dart form for Flutter's first generation.

Swift and Android take the user pool's address as a bare host name, to which they speak TLS on port 443. A backend at
another address is refused here, since an app with such a file would turn to AWS instead.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from poolhouse.define.manifest import Auth, HostedSignIn, Manifest
from poolhouse.errors import UserError

from . import first_generation
from .amplify_outputs import Applied, encoded, graphql_url, root_url
from .flutter import dart_constant

_TOOL: Final = {"UserAgent": "aws-amplify-cli/2.0", "Version": "1.0"}


def native_file(manifest: Manifest, applied: Applied) -> bytes:
    """For Swift and Android. Raises UserError where they cannot reach the user pool."""
    if applied.aws is not None or not applied.pool_endpoint:
        domain = applied.aws.domain if applied.aws is not None else ""
        return encoded(configuration(manifest, applied, endpoint="", web_domain=domain))
    url = urlsplit(applied.pool_endpoint)
    host = url.hostname or ""
    if manifest.auth is not None and (url.scheme != "https" or url.port not in {None, 443} or ":" in host):
        raise UserError(
            f"Amplify Swift and Android cannot reach a user pool at {applied.pool_endpoint}: "
            "they take a host name only, and speak HTTPS on port 443.",
            resolution="Run poolhouse dev --tls --port 443 under a name that the device knows, "
            "or put a proxy there and set POOLHOUSE_PUBLIC_URL=https://NAME.",
        )
    return encoded(configuration(manifest, applied, endpoint=host, web_domain=host))


def dart_file(manifest: Manifest, applied: Applied) -> bytes:
    """For Flutter, which takes whole URLs, on any port and without TLS too."""
    domain = applied.aws.domain if applied.aws is not None else applied.base_url
    document = configuration(manifest, applied, endpoint=applied.pool_endpoint, web_domain=domain, every_url=True)
    return dart_constant("amplifyconfig", msgspec.json.format(msgspec.json.encode(document), indent=4).decode())


def configuration(
    manifest: Manifest, applied: Applied, *, endpoint: str, web_domain: str, every_url: bool = False
) -> dict[str, Any]:
    """The document with its plugins. `every_url`: whether the reader finds its own among several redirect addresses."""
    document: dict[str, Any] = dict(_TOOL)
    if apis := _apis(manifest, applied):
        document["api"] = {"plugins": {"awsAPIPlugin": apis}}
    if manifest.auth is not None and applied.user_pool_id and applied.user_pool_client_id:
        plugin = _cognito(manifest.auth, applied, endpoint)
        if manifest.auth.hosted is not None:
            plugin["Auth"]["Default"]["OAuth"] = _oauth(manifest.auth.hosted, applied, web_domain, every_url=every_url)
        document["auth"] = {"plugins": {"awsCognitoAuthPlugin": plugin}}
    return document


def _apis(manifest: Manifest, applied: Applied) -> dict[str, Any]:
    """By name; several of one kind are told apart by it."""
    found: dict[str, Any] = {}
    if manifest.data is not None:
        taken = {api.name for api in manifest.rest_apis}
        name = manifest.data.name if manifest.data.name not in taken else f"{manifest.data.name}GraphQL"
        found[name] = _api("GraphQL", graphql_url(applied), applied, first_generation.data_mode(manifest))
        if key := first_generation.api_key(manifest, applied):
            found[name]["apiKey"] = key
    for api in manifest.rest_apis:
        found[api.name] = _api("REST", root_url(api, applied), applied, first_generation.rest_mode(api))
    return found


def _api(kind: str, endpoint: str, applied: Applied, mode: str) -> dict[str, str]:
    return {"endpointType": kind, "endpoint": endpoint, "region": applied.region, "authorizationType": mode}


def _cognito(auth: Auth, applied: Applied, endpoint: str) -> dict[str, Any]:
    mode, kinds = first_generation.factors(auth)
    pool = {
        "PoolId": applied.user_pool_id,
        "AppClientId": applied.user_pool_client_id,
        "Region": applied.region,
        **({"Endpoint": endpoint} if endpoint else {}),
    }
    default: dict[str, Any] = {"authenticationFlowType": "USER_SRP_AUTH"}
    settings = {
        "socialProviders": [],
        "usernameAttributes": first_generation.username_attributes(auth),
        "signupAttributes": first_generation.sign_up_attributes(auth),
        "passwordProtectionSettings": first_generation.password_settings(auth),
        "mfaConfiguration": mode,
        "mfaTypes": kinds,
        "verificationMechanisms": first_generation.verification_mechanisms(auth),
    }
    return {
        **_TOOL,
        **_credentials(applied),
        "IdentityManager": {"Default": {}},
        "CognitoUserPool": {"Default": pool},
        "Auth": {"Default": default if auth.reference is not None else default | settings},
    }


def _credentials(applied: Applied) -> dict[str, Any]:
    """The identity pool, which these clients look for at AWS only."""
    if (applied.aws is None and applied.pool_endpoint) or not applied.identity_pool_id:
        return {}
    identity = {"PoolId": applied.identity_pool_id, "Region": applied.region}
    return {"CredentialsProvider": {"CognitoIdentity": {"Default": identity}}}


def _oauth(hosted: HostedSignIn, applied: Applied, web_domain: str, *, every_url: bool) -> dict[str, Any]:
    pick = ",".join if every_url else _apps_own
    return {
        "WebDomain": web_domain,
        "AppClientId": applied.user_pool_client_id,
        "SignInRedirectURI": pick(hosted.callback_urls),
        "SignOutRedirectURI": pick(hosted.logout_urls),
        "Scopes": list(hosted.scopes),
    }


def _apps_own(urls: Iterable[str]) -> str:
    """The first address that leads into an app and not to a web page, else the first: a native client takes one."""
    listed = list(urls)
    return next((url for url in listed if not url.startswith(("http://", "https://"))), (listed or [""])[0])
