// openid-client as the app of the first argument: {issuer, clientId, secret?}, as JSON.

import * as openid from "openid-client";
import { serve } from "./outcomes.mjs";

const { issuer, clientId, secret } = JSON.parse(process.argv[2]);
const proof = secret ? openid.ClientSecretBasic(secret) : openid.None();
const insecure = { execute: [openid.allowInsecureRequests] }; // loopback has no TLS
const config = await openid.discovery(new URL(issuer), clientId, undefined, proof, insecure);
const checks = {};

const tokens = (answer) => ({ ...answer, claims: answer.claims() });

await serve({
  metadata: () => config.serverMetadata(),

  async authorizationUrl(redirectUri, scope) {
    checks.pkceCodeVerifier = openid.randomPKCECodeVerifier();
    checks.expectedState = openid.randomState();
    checks.expectedNonce = openid.randomNonce();
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope,
      code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
    });
    return url.href;
  },

  exchange: async (location) => tokens(await openid.authorizationCodeGrant(config, new URL(location), checks)),

  refresh: async (token) => tokens(await openid.refreshTokenGrant(config, token)),

  userInfo: (token, subject) => openid.fetchUserInfo(config, token, subject),

  revoke: (token) => openid.tokenRevocation(config, token),

  clientCredentials: async (scope) => tokens(await openid.clientCredentialsGrant(config, { scope })),
});
