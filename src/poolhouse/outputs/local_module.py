"""`poolhouse_local.js`: points `aws-amplify` at this server, for which its JSON has no keys (spec section 6.5)."""

from typing import Any

import msgspec

from .amplify_outputs import encoded

_TEMPLATE = """\
// Points aws-amplify at this Poolhouse server. Generated; changes are lost.
//
//   import { Amplify } from "aws-amplify";
//   import { configure } from "./poolhouse_local.js";
//   configure(Amplify);

import { parseAmplifyConfig } from "aws-amplify/utils";

export const endpoint = %(endpoint)s;

export const outputs = %(outputs)s;

/** What Amplify.configure() takes, with the addresses of the user pool and the identity pool. */
export function resourceConfig() {
  const config = parseAmplifyConfig(outputs);
  if (!config.Auth) {
    return config;
  }
  const Cognito = {
    ...config.Auth.Cognito,
    userPoolEndpoint: endpoint,
    identityPoolEndpoint: endpoint,
  };
  return { ...config, Auth: { ...config.Auth, Cognito } };
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


def local_module(document: dict[str, Any], base_url: str) -> bytes:
    """An ES module without other files: the outputs are inside. JSON is JavaScript."""
    endpoint = msgspec.json.encode(f"{base_url}/").decode()
    return (_TEMPLATE % {"endpoint": endpoint, "outputs": encoded(document).decode().rstrip("\n")}).encode()
