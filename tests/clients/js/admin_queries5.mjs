// The example's file for aws-amplify v5 in Node: the configuration is the first argument, as JSON, the file the second.

import { pathToFileURL } from "node:url";
import v5 from "aws-amplify-v5";
import { serve } from "./outcomes.mjs";

const { Amplify, Auth } = v5;
Amplify.configure(JSON.parse(process.argv[2]));
const { addToGroup, listEditors } = await import(pathToFileURL(process.argv[3]));

await serve({
  async signIn(username, password) {
    await Auth.signIn(username, password);
  },

  addToGroup,
  listEditors,
});
