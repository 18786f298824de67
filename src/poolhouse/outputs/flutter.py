"""`amplify_outputs.dart`: the same document as Dart source, with the private keys that only Flutter reads."""

from collections.abc import Mapping
from typing import Any

from poolhouse.define.manifest import Manifest

from .amplify_outputs import PROVIDERS, encoded
from .first_generation import rest_mode


def rest_modes(manifest: Manifest) -> dict[str, str]:
    """How each REST API is called."""
    return {api.name: rest_mode(api) for api in manifest.rest_apis}


def dart_source(document: dict[str, Any], base_url: str, modes: Mapping[str, str] | None = None) -> bytes:
    """The other clients' file must not hold these keys.

    `auth.user_pool_endpoint` sends sign-in traffic to `base_url`, `auth.oauth.domain` with its scheme the browser; an
    empty `base_url` leaves both to AWS. `rest_api` is where Flutter looks for REST APIs; `modes` are those of
    `rest_modes`.
    """
    if "auth" in document:
        section = {**document["auth"], **({"user_pool_endpoint": base_url} if base_url else {})}
        if "oauth" in section and base_url:
            section["oauth"] = {**section["oauth"], "domain": base_url}
        document = {**document, "auth": section}
    if apis := document.get("custom", {}).get("API"):
        known = modes or {}
        document = {**document, "rest_api": {name: _rest(api, known.get(name)) for name, api in apis.items()}}
    return dart_constant("amplifyConfig", encoded(document).decode())


def _rest(api: Mapping[str, str], mode: str | None) -> dict[str, str]:
    return {
        "aws_region": api["region"],
        "url": api["endpoint"],
        "authorization_type": mode or PROVIDERS["userPool"],
    }


def dart_constant(name: str, text: str) -> bytes:
    """JSON as a raw Dart string, which only its own quotes could end."""
    escaped = text.rstrip("\n").replace("'", "\\u0027")
    return f"const {name} = r'''{escaped}''';\n".encode()
