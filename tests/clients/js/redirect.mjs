// aws-amplify v6 signing in on the hosted pages, configured by the module of the project in the first argument.
// What a browser has: an address, and in front of the server somebody who speaks TLS, unless the server does (`tls`).

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serve } from "./outcomes.mjs";

globalThis.window = Object.assign(new EventTarget(), { location: new URL("http://localhost:3000/") });
const plain = globalThis.fetch;
let secure;
globalThis.fetch = (address, ...rest) =>
  plain(String(address).startsWith(secure) ? String(address).replace("https:", "http:") : address, ...rest);

const { Amplify } = await import("aws-amplify");
const auth = await import("aws-amplify/auth");
const { configure } = await import(pathToFileURL(join(process.argv[2], "poolhouse_local.js")));
const configured = configure(Amplify);
const { oauth } = configured.Auth.Cognito.loginWith;
secure = process.argv[3] === "tls" ? "never:" : `https://${oauth.domain}/`;

let finished, goOn;

await serve({
  oauth: () => oauth,

  // The address that the browser is sent to.
  open: (options) =>
    new Promise((opened, failed) => {
      const authSessionOpener = (address) => {
        opened(address);
        return new Promise((come) => (goOn = come));
      };
      finished = auth.signInWithRedirect({ options: { ...options, authSessionOpener } });
      finished.catch(failed);
    }),

  // Where the browser came back to.
  async back(url) {
    goOn({ type: "success", url });
    await finished;
    const { tokens } = await auth.fetchAuthSession();
    return { claims: tokens.idToken.payload, user: await auth.getCurrentUser() };
  },
});
