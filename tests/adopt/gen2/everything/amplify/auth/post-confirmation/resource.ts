import { defineFunction, secret } from "@aws-amplify/backend"

export const postConfirmation = defineFunction({
  name: "post-confirmation",
  resourceGroupName: "auth",
  timeoutSeconds: 10,
  memoryMB: 256,
  environment: { GROUP_NAME: "EVERYONE", API_KEY: secret("API_KEY"), STAGE: process.env.STAGE! },
})
