// aws-amplify v6 in Node, configured by the module that the server generated in the project of the first argument.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";
import { generateClient } from "aws-amplify/data";
import { serve } from "./outcomes.mjs";

const project = process.argv[2];
const { configure } = await import(pathToFileURL(join(project, "poolhouse_local.js")));
const configured = configure(Amplify);
const client = generateClient();

await serve({
  ...auth,

  async fetchAuthSession(options) {
    const { tokens, credentials, identityId, userSub } = await auth.fetchAuthSession(options);
    const accessToken = tokens?.accessToken.toString();
    const idToken = tokens?.idToken.toString();
    return { accessToken, idToken, claims: tokens?.idToken.payload, credentials, identityId, userSub };
  },

  // The client replaces this function while it runs.
  autoSignIn: () => auth.autoSignIn(),

  addUserToGroup: (...given) => client.mutations.addUserToGroup(...given),

  graphql: (given) => client.graphql(given),

  // Runs a module of the project, as the front end's bundler would.
  async run(path) {
    await import(pathToFileURL(join(project, path)));
  },

  // Other addresses or ids than the generated ones; null removes one.
  change(changes) {
    const Cognito = { ...configured.Auth.Cognito, ...changes };
    for (const name of Object.keys(Cognito).filter((name) => Cognito[name] === null)) {
      delete Cognito[name];
    }
    Amplify.configure({ ...configured, Auth: { ...configured.Auth, Cognito } });
  },
});
