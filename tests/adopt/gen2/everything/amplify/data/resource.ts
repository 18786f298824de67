import { type ClientSchema, a, defineData } from "@aws-amplify/backend"
import { python, report } from "../functions/resource"
import { listMembers } from "./list-members/resource"

const schema = a
  .schema({
    Role: a.enum(["OWNER", "GUEST"]),
    Member: a.customType({ id: a.id().required(), role: a.ref("Role"), tags: a.string().array() }),
    Todo: a.model({ content: a.string() }).authorization((allow) => [allow.owner()]),
    Listed: a.customType({ todo: a.ref("Todo") }),
    listMembers: a
      .query()
      .arguments({ limit: a.integer(), filter: a.customType({ role: a.enum(["OWNER", "GUEST"]) }) })
      .returns(a.ref("Member").array())
      .authorization((allow) => [allow.groups(["ADMINS"]), allow.authenticated("identityPool")])
      .handler(a.handler.function(listMembers)),
    sendReport: a
      .mutation()
      .arguments({ to: a.email().required(), note: a.string().default("none") })
      .authorization((allow) => allow.authenticated())
      .handler(a.handler.function(report).async()),
    startReport: a
      .mutation()
      .arguments({ to: a.email().required() })
      .authorization((allow) => allow.authenticated())
      .handler(a.handler.function(report).async()),
    todos: a.query().returns(a.ref("Listed")).authorization((allow) => [allow.guest()]).handler(a.handler.function(report)),
    python: a.query().returns(a.string()).authorization((allow) => [allow.guest()]).handler(a.handler.function(python)),
    strangers: a.query().returns(a.string()).authorization((allow) => [allow.group("NOBODY")]).handler(a.handler.function(report)),
    resolver: a.query().returns(a.string()).authorization((allow) => [allow.authenticated()]).handler(a.handler.custom({ entry: "./r.js" })),
    onReport: a.subscription().for(a.ref("startReport")).authorization((allow) => [allow.guest()]).handler(a.handler.custom({ entry: "./s.js" })),
  })
  .authorization((allow) => [allow.resource(report).to(["query"])])

export type Schema = ClientSchema<typeof schema>

export const data = defineData({
  schema,
  authorizationModes: { defaultAuthorizationMode: "userPool", apiKeyAuthorizationMode: { expiresInDays: 30 } },
})
