// amazon-cognito-identity-js with the pool of the first argument: {UserPoolId, ClientId, endpoint}, as JSON.

import identity from "amazon-cognito-identity-js";
import { serve } from "./outcomes.mjs";

const { AuthenticationDetails, CognitoRefreshToken, CognitoUser, CognitoUserAttribute, CognitoUserPool } = identity;
const pool = new CognitoUserPool(JSON.parse(process.argv[2]));

let user; // the library's object for one user, from step to step

const named = (Username) => (user = new CognitoUser({ Username, Pool: pool }));

// The library's (error, value) callbacks.
const answer = (call) =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));

// The library's objects of callbacks: the name of the one that was called, and what it was given.
const step = (call) =>
  new Promise((resolve, reject) => {
    const told = (name) => (...given) => resolve({ step: name, given: name === "onSuccess" ? [] : given });
    const names = ["onSuccess", "mfaRequired", "totpRequired", "mfaSetup", "selectMFAType", "newPasswordRequired"];
    names.push("inputVerificationCode", "associateSecretCode", "customChallenge");
    call({ ...Object.fromEntries(names.map((name) => [name, told(name)])), onFailure: reject });
  });

const session = () => answer((done) => user.getSession(done));

await serve({
  async signUp(username, password, attributes) {
    const given = Object.entries(attributes).map(([Name, Value]) => new CognitoUserAttribute({ Name, Value }));
    const { userConfirmed, userSub, codeDeliveryDetails } = await answer((done) =>
      pool.signUp(username, password, given, null, done),
    );
    return { userConfirmed, userSub, codeDeliveryDetails };
  },

  confirmRegistration: (username, code) => answer((done) => named(username).confirmRegistration(code, true, done)),

  resendConfirmationCode: (username) => answer((done) => named(username).resendConfirmationCode(done)),

  authenticate: (Username, Password, flow = "USER_SRP_AUTH") => {
    named(Username).setAuthenticationFlowType(flow);
    return step((told) => user.authenticateUser(new AuthenticationDetails({ Username, Password }), told));
  },

  // CUSTOM_AUTH without a password.
  begin: (Username) => {
    named(Username).setAuthenticationFlowType("CUSTOM_AUTH");
    return step((told) => user.initiateAuth(new AuthenticationDetails({ Username }), told));
  },

  answer: (given) => step((told) => user.sendCustomChallengeAnswer(given, told)),

  completeNewPassword: (password) => step((told) => user.completeNewPasswordChallenge(password, {}, told)),

  sendMFACode: (code, factor) => step((told) => user.sendMFACode(code, told, factor)),

  associateSoftwareToken: () => step((told) => user.associateSoftwareToken(told)),

  verifySoftwareToken: (code, name) => step((told) => user.verifySoftwareToken(code, name, told)),

  preferSoftwareToken: () =>
    answer((done) => user.setUserMfaPreference(null, { PreferredMfa: true, Enabled: true }, done)),

  async tokens() {
    const found = await session();
    const [access, id, refresh] = [found.getAccessToken(), found.getIdToken(), found.getRefreshToken()];
    return { access: access.getJwtToken(), id: id.getJwtToken(), refresh: refresh.getToken(), claims: id.payload };
  },

  async refresh(token) {
    const refreshed = await answer((done) => user.refreshSession(new CognitoRefreshToken({ RefreshToken: token }), done));
    return refreshed.isValid();
  },

  async attributes() {
    const found = await answer((done) => user.getUserAttributes(done));
    return Object.fromEntries(found.map(({ Name, Value }) => [Name, Value]));
  },

  change: (attributes) => {
    const given = Object.entries(attributes).map(([Name, Value]) => new CognitoUserAttribute({ Name, Value }));
    return answer((done) => user.updateAttributes(given, done));
  },

  askForCode: (attribute) => step((told) => user.getAttributeVerificationCode(attribute, told)),

  verify: (attribute, code) => step((told) => user.verifyAttribute(attribute, code, told)),

  changePassword: (old, fresh) => answer((done) => user.changePassword(old, fresh, done)),

  forgotPassword: (username) => step((told) => named(username).forgotPassword(told)),

  confirmPassword: (username, code, password) => step((told) => named(username).confirmPassword(code, password, told)),

  rememberDevice: () => step((told) => user.setDeviceStatusRemembered(told)),

  devices: () =>
    new Promise((onSuccess, onFailure) => user.listDevices(60, null, { onSuccess, onFailure })).then(
      ({ Devices }) => Devices.map(({ DeviceKey }) => DeviceKey),
    ),

  forgetDevice: () => step((told) => user.forgetDevice(told)),

  deleteUser: () => answer((done) => user.deleteUser(done)),

  signOut: () => user.signOut(),

  signOutEverywhere: () => step((told) => user.globalSignOut(told)),

  current: () => pool.getCurrentUser()?.getUsername() ?? null,
});
