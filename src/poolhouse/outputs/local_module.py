"""Modules that point `aws-amplify` at this server, for which its files have no keys (spec section 6.5)."""

from typing import Any, Final

import msgspec

from poolhouse.define.manifest import Manifest

from .amplify_outputs import Applied, encoded
from .aws_exports import aws_exports

_V6: Final = """\
// Points aws-amplify at this Poolhouse server. Generated; changes are lost.
//
//   import { Amplify } from "aws-amplify";
//   import { configure } from "./poolhouse_local.js";
//   configure(Amplify);

import { parseAmplifyConfig } from "aws-amplify/utils";

export const endpoint = %(endpoint)s;

export const outputs = %(outputs)s;

/** What Amplify.configure() takes, with the addresses of the user pool, the identity pool and the REST APIs. */
export function resourceConfig() {
  const config = { ...parseAmplifyConfig(outputs) };
  const REST = outputs.custom?.API;
  if (REST) {
    config.API = { ...config.API, REST };
  }
  if (config.Auth) {
    const addresses = %(addresses)s;
    config.Auth = { ...config.Auth, Cognito: { ...config.Auth.Cognito, ...addresses } };
  }
  return config;
}

/** Configures Amplify; libraryOptions are passed through (token storage and the like). */
export function configure(Amplify, libraryOptions) {
  const config = resourceConfig();
  if (libraryOptions === undefined) {
    Amplify.configure(config);
  } else {
    Amplify.configure(config, libraryOptions);
  }
  return config;
}
"""
_V5: Final = """\
// Points aws-amplify v5 at this Poolhouse server. Generated; changes are lost.
//
//   import { Amplify } from "aws-amplify";
//   import { configure } from "./poolhouse_local_v5.js";
//   configure(Amplify);

export const config = %(config)s;

/** Configures Amplify; more is merged over the generated configuration. */
export function configure(Amplify, more = {}) {
  return Amplify.configure({ ...config, ...more });
}
"""


def local_module(document: dict[str, Any], base_url: str, pool_url: str | None = None) -> bytes:
    """An ES module without other files: the outputs are inside. JSON is JavaScript.

    `pool_url` is where the pools are if not at `base_url`; "" where Amplify finds them at AWS by itself.
    """
    said = {
        "endpoint": msgspec.json.encode(f"{base_url}/").decode(),
        "outputs": encoded(document).decode().rstrip("\n"),
        "addresses": _addresses(pool_url),
    }
    return (_V6 % said).encode()


def _addresses(pool_url: str | None) -> str:
    if pool_url is None:
        return "{ userPoolEndpoint: endpoint, identityPoolEndpoint: endpoint }"
    if not pool_url:
        return "{}"
    url = msgspec.json.encode(f"{pool_url}/").decode()
    return f"{{ userPoolEndpoint: {url}, identityPoolEndpoint: {url} }}"


def local_module_v5(manifest: Manifest, applied: Applied) -> bytes:
    """The same for v5, whose categories have sections of their own."""
    return (_V5 % {"config": encoded(v5_config(manifest, applied)).decode().rstrip("\n")}).encode()


def v5_config(manifest: Manifest, applied: Applied) -> dict[str, Any]:
    """`endpoint` of `Auth` is the user pool's address; v5 has none for an identity pool, so it names none."""
    known = aws_exports(manifest, applied)
    config: dict[str, Any] = {}
    if "aws_user_pools_id" in known:
        config["Auth"] = {
            "region": applied.region,
            "userPoolId": applied.user_pool_id,
            "userPoolWebClientId": applied.user_pool_client_id,
            **({"endpoint": applied.pool_endpoint} if applied.pool_endpoint else {}),
            **({"oauth": known["oauth"]} if "oauth" in known else {}),
        }
    if manifest.rest_apis:
        config["API"] = {"endpoints": known["aws_cloud_logic_custom"]}
    return config | {name: value for name, value in known.items() if name.startswith("aws_appsync_")}
