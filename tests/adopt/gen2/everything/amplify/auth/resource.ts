import { defineAuth, secret } from "@aws-amplify/backend"
import { report } from "../functions/resource"
import { postConfirmation } from "./post-confirmation/resource"

enum Group {
  Admins = "ADMINS",
  Everyone = "EVERYONE",
}

export const auth = defineAuth({
  loginWith: {
    email: {
      verificationEmailStyle: "CODE",
      verificationEmailSubject: "Welcome",
      verificationEmailBody: (createCode) => `Your code: ${createCode()}`,
      userInvitation: { emailBody: (user, code) => `Hello ${user()}, sign in with ${code()}.` },
    },
    externalProviders: {
      google: { clientId: secret("GOOGLE_ID"), clientSecret: secret("GOOGLE_SECRET") },
      callbackUrls: ["http://localhost:3000/"],
      logoutUrls: ["http://localhost:3000/"],
    },
  },
  userAttributes: {
    givenName: { required: true, mutable: true },
    "custom:tenantId": { dataType: "String", mutable: false, maxLen: 40 },
  },
  multifactor: { mode: "OPTIONAL", totp: true },
  groups: [Group.Admins, Group.Everyone],
  triggers: { postConfirmation },
  access: (allow) => [
    allow.resource(postConfirmation).to(["addUserToGroup"]),
    allow.resource(report).to(["manageUsers", "listUsers"]),
    allow.resource(report).to(["flyToTheMoon" as never]),
  ],
})
