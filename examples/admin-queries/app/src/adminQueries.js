// The two calls of Amplify's page, with aws-amplify v6; v5/adminQueries.js has them as they are printed there.

import { get, post } from "aws-amplify/api";
import { fetchAuthSession } from "aws-amplify/auth";

const apiName = "AdminQueries";

async function headers() {
  const { tokens } = await fetchAuthSession();
  return { "Content-Type": "application/json", Authorization: tokens.accessToken.toString() };
}

export async function addToGroup() {
  const path = "/addUserToGroup";
  const body = { username: "richard", groupname: "Editors" };
  const response = await post({ apiName, path, options: { body, headers: await headers() } }).response;
  return response.body.json();
}

let nextToken;

// A page of the group's members; every call gives the next page, and after the last one the first again.
export async function listEditors(limit) {
  const path = "/listUsersInGroup";
  const queryParams = { groupname: "Editors", limit, ...(nextToken && { token: nextToken }) };
  const response = await get({ apiName, path, options: { queryParams, headers: await headers() } }).response;
  const { NextToken, ...rest } = await response.body.json();
  nextToken = NextToken;
  return { ...rest, more: NextToken !== undefined };
}
