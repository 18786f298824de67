// @aws-sdk/client-cognito-identity-provider with the client configuration of the first argument, as JSON.

import * as sdk from "@aws-sdk/client-cognito-identity-provider";
import { serve } from "./outcomes.mjs";

const client = new sdk.CognitoIdentityProviderClient(JSON.parse(process.argv[2]));

await serve({
  async send(command, input) {
    const { $metadata, ...answer } = await client.send(new sdk[command](input));
    return { ...answer, status: $metadata.httpStatusCode };
  },

  // Every page that a paginator yields.
  async pages(operation, input, pageSize) {
    const pages = [];
    for await (const { $metadata, ...page } of sdk[`paginate${operation}`]({ client, pageSize }, input)) {
      pages.push(page);
    }
    return pages;
  },

  // Whether what the command throws is an instance of the named error class.
  async throws(command, input, error) {
    return client.send(new sdk[command](input)).then(
      () => false,
      (thrown) => thrown instanceof sdk[error],
    );
  },
});
