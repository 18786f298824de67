// aws-jwt-verify against the keys that the server publishes.

import { JwtRsaVerifier } from "aws-jwt-verify";
import { validateCognitoJwtFields } from "aws-jwt-verify/cognito-verifier";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { serve } from "./outcomes.mjs";

// The library's own fetcher insists on TLS.
const fetcher = { fetch: async (uri) => (await fetch(uri)).arrayBuffer() };
const now = Date.now;

await serve({
  // `expected`: {tokenUse, clientId, groups?}, as CognitoJwtVerifier takes them.
  verify(issuer, expected, token) {
    const jwksUri = `${issuer}/.well-known/jwks.json`;
    const customJwtCheck = ({ payload }) => validateCognitoJwtFields(payload, expected);
    const properties = { issuer, audience: null, jwksUri, customJwtCheck };
    const verifier = JwtRsaVerifier.create(properties, { jwksCache: new SimpleJwksCache({ fetcher }) });
    return verifier.verify(token);
  },

  // Sets the verifying machine's clock ahead.
  ahead(seconds) {
    Date.now = () => now() + seconds * 1000;
  },
});
