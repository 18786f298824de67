// aws-amplify v5 in Node with the configuration of the first argument, as JSON.

import v5 from "aws-amplify-v5";
import { serve } from "./outcomes.mjs";

const { Amplify, API, Auth } = v5;
Amplify.configure(JSON.parse(process.argv[2]));

let user; // v5 hands its user object from step to step

const step = () => (user.getSignInUserSession() ? "DONE" : user.challengeName);

await serve({
  async signUp(given) {
    const { userConfirmed, userSub, codeDeliveryDetails } = await Auth.signUp(given);
    return { userConfirmed, userSub, codeDeliveryDetails };
  },

  confirmSignUp: (username, code) => Auth.confirmSignUp(username, code),

  async signIn(username, password) {
    user = await Auth.signIn(username, password);
    return step();
  },

  async confirmSignIn(code, factor) {
    user = await Auth.confirmSignIn(user, code, factor);
    return step();
  },

  async completeNewPassword(password) {
    user = await Auth.completeNewPassword(user, password);
    return step();
  },

  async tokens() {
    const session = await Auth.currentSession();
    const [access, id, refresh] = [session.getAccessToken(), session.getIdToken(), session.getRefreshToken()];
    return { access: access.getJwtToken(), id: id.getJwtToken(), refresh: refresh.getToken(), claims: id.payload };
  },

  async refresh() {
    const current = await Auth.currentAuthenticatedUser();
    const session = await Auth.currentSession();
    await new Promise((resolve, reject) => {
      current.refreshSession(session.getRefreshToken(), (error) => (error ? reject(error) : resolve()));
    });
  },

  async attributes() {
    const found = await Auth.userAttributes(await Auth.currentAuthenticatedUser());
    return Object.fromEntries(found.map(({ Name, Value }) => [Name, Value]));
  },

  change: async (attributes) => Auth.updateUserAttributes(await Auth.currentAuthenticatedUser(), attributes),

  verify: async (attribute, code) =>
    Auth.verifyUserAttributeSubmit(await Auth.currentAuthenticatedUser(), attribute, code),

  changePassword: async (...given) => Auth.changePassword(await Auth.currentAuthenticatedUser(), ...given),

  forgotPassword: (username) => Auth.forgotPassword(username),

  forgotPasswordSubmit: (username, code, password) => Auth.forgotPasswordSubmit(username, code, password),

  setupTOTP: () => Auth.setupTOTP(user),

  async verifyTotpToken(code) {
    await Auth.verifyTotpToken(user, code);
    return Auth.setPreferredMFA(user, "TOTP");
  },

  preferredMFA: async () => Auth.getPreferredMFA(await Auth.currentAuthenticatedUser(), { bypassCache: true }),

  signOut: (options) => Auth.signOut(options),

  isSignedIn: () => Auth.currentAuthenticatedUser().then(() => true, () => false),

  graphql: (query, variables) => API.graphql({ query, variables }),
});
