// To be imported before a script: what it and the generated modules import of a client comes from the bundles that
// bundle.mjs made in the folder BUNDLES. One client in two forms would be two clients, each with its own state.

import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const AMPLIFY = ["", "/api", "/auth", "/data", "/utils"].map((name) => `aws-amplify${name}`);
export const BUNDLED = [...AMPLIFY, "aws-amplify-v5"];

if (process.env.BUNDLES) {
  registerHooks({
    resolve(name, context, next) {
      if (BUNDLED.includes(name)) {
        return { url: pathToFileURL(join(process.env.BUNDLES, `${name}.mjs`)).href, shortCircuit: true };
      }
      if (name.startsWith("aws-amplify/") || name.startsWith("aws-amplify-v5/")) {
        throw new Error(`${name} is not bundled: name it in bundled.mjs`);
      }
      return next(name, context);
    },
  });
}
