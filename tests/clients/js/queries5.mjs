// The page's example with aws-amplify v5: its two functions as printed, with the generated file of the first argument,
// and react-admin-amplify on the same v5. Its user interface is left out, so react-admin need not be there.

import { createRequire, Module } from "node:module";
import { pathToFileURL } from "node:url";
import reached from "./reached.mjs";
import v5 from "aws-amplify-v5";
import { serve } from "./outcomes.mjs";

const { Amplify, API, Auth } = v5;
const given = await import(pathToFileURL(process.argv[2]));
if (given.configure) {
  given.configure(Amplify);
} else {
  Amplify.configure(given.default);
}

async function addToGroup() {
  let apiName = 'AdminQueries';
  let path = '/addUserToGroup';
  let myInit = {
      body: {
        "username" : "richard",
        "groupname": "Editors"
      },
      headers: {
        'Content-Type' : 'application/json',
        Authorization: `${(await Auth.currentSession()).getAccessToken().getJwtToken()}`
      }
  }
  return await API.post(apiName, path, myInit);
}


let nextToken;

async function listEditors(limit){
  let apiName = 'AdminQueries';
  let path = '/listUsersInGroup';
  let myInit = {
      queryStringParameters: {
        "groupname": "Editors",
        "limit": limit,
        "token": nextToken
      },
      headers: {
        'Content-Type' : 'application/json',
        Authorization: `${(await Auth.currentSession()).getAccessToken().getJwtToken()}`
      }
  }
  const { NextToken, ...rest } =  await API.get(apiName, path, myInit);
  nextToken = NextToken;
  return rest;
}

// react-admin-amplify asks for the v5 packages by their old places, and for a user interface that is not used here.
function dataProvider() {
  const places = {
    "aws-amplify": "aws-amplify-v5",
    "@aws-amplify/api": "aws-amplify-v5/node_modules/@aws-amplify/api",
    "@aws-amplify/auth": "aws-amplify-v5/node_modules/@aws-amplify/auth",
  };
  const require = createRequire(import.meta.url);
  const load = Module._load;
  Module._load = function (name, parent, ...rest) {
    if (parent?.filename?.includes("react-admin-amplify")) {
      if (name === "react-admin" || name === "ra-core") return {};
      if (places[name]) return require(places[name]);
    }
    return load.call(this, name, parent, ...rest);
  };
  const { buildDataProvider } = require("react-admin-amplify");
  return buildDataProvider({ queries: {}, mutations: {} }, { enableAdminQueries: true });
}

let provider;

await serve({
  reached,
  addToGroup,
  listEditors,
  hasMore: () => nextToken !== undefined,

  signIn: async (username, password) => (await Auth.signIn(username, password)).getSignInUserSession() !== null,
  signOut: () => Auth.signOut(),

  // Any call; what v5 throws is an Axios error.
  async call(method, path, { headers, ...init }) {
    const token = (await Auth.currentSession()).getAccessToken().getJwtToken();
    try {
      return { body: await API[method]("AdminQueries", path, { headers: { Authorization: token, ...headers }, ...init }) };
    } catch (error) {
      return { status: error.response?.status, body: error.response?.data, message: error.message };
    }
  },

  reactAdmin(action, resource, params) {
    provider ??= dataProvider();
    return provider[action](resource, params);
  },
});
