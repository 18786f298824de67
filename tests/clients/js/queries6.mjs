// The page's example in the form of aws-amplify v6, configured by the module that the server generated.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import reached from "./reached.mjs";
import { Amplify } from "aws-amplify";
import { del, get, patch, post, put } from "aws-amplify/api";
import { fetchAuthSession, signIn, signOut } from "aws-amplify/auth";
import { serve } from "./outcomes.mjs";

const { configure } = await import(pathToFileURL(join(process.argv[2], "poolhouse_local.js")));
configure(Amplify);
const methods = { del, get, patch, post, put };

let attempts = 0;
const plain = globalThis.fetch;
globalThis.fetch = (address, ...rest) => {
  attempts += String(address).includes("/dev/") ? 1 : 0;
  return plain(address, ...rest);
};

async function addToGroup() {
  const restOperation = post({
    apiName: "AdminQueries",
    path: "/addUserToGroup",
    options: {
      body: { username: "richard", groupname: "Editors" },
      headers: {
        "Content-Type": "application/json",
        Authorization: `${(await fetchAuthSession()).tokens.accessToken}`,
      },
    },
  });
  return (await restOperation.response).body.json();
}

let nextToken;

async function listEditors(limit) {
  const restOperation = get({
    apiName: "AdminQueries",
    path: "/listUsersInGroup",
    options: {
      queryParams: { groupname: "Editors", limit, token: nextToken },
      headers: {
        "Content-Type": "application/json",
        Authorization: `${(await fetchAuthSession()).tokens.accessToken}`,
      },
    },
  });
  const { NextToken, ...rest } = await (await restOperation.response).body.json();
  nextToken = NextToken;
  return rest;
}

await serve({
  reached,
  addToGroup,
  listEditors,
  hasMore: () => nextToken !== undefined,

  signIn: async (username, password) => (await signIn({ username, password })).isSignedIn,
  signOut: () => signOut(),

  // Any call. `token` is access, id or none; attempts counts what went over the wire.
  async call(method, path, { headers = {}, token = "access", ...options }) {
    const { tokens } = await fetchAuthSession();
    const authorization = { access: tokens?.accessToken, id: tokens?.idToken }[token];
    const all = authorization ? { Authorization: `${authorization}`, ...headers } : headers;
    attempts = 0;
    try {
      const { statusCode, body } = await methods[method]({
        apiName: "AdminQueries",
        path,
        options: { headers: all, ...options },
      }).response;
      return { status: statusCode, body: await body.json(), attempts };
    } catch (error) {
      return { status: error.response?.statusCode, name: error.name, message: error.message, attempts };
    }
  },
});
