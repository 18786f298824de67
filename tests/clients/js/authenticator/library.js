// aws-amplify v6 in a browser, call by call, for what a browser alone can do.

import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";
import { resourceConfig } from "/poolhouse_local.js";

const app = await (await fetch("/app.json")).json();
const { userPoolEndpoint } = resourceConfig().Auth.Cognito;
Amplify.configure({ Auth: { Cognito: { ...app, userPoolEndpoint } } });

// What the call resolves to, or the name and message of what it threw.
window.amplify = async (action, given) => {
  try {
    return { value: (await auth[action](given)) ?? null };
  } catch ({ name, message }) {
    return { error: `${name}: ${message}` };
  }
};
document.title = "Ready";
