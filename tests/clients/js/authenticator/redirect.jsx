// An app that sends its users to the hosted pages: aws-amplify v6, authorization code with PKCE.

import { Amplify } from "aws-amplify";
import { fetchAuthSession, fetchUserAttributes, signInWithRedirect, signOut } from "aws-amplify/auth";
import "aws-amplify/auth/enable-oauth-listener";
import { Hub } from "aws-amplify/utils";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { resourceConfig } from "/poolhouse_local.js";

const { oauth, ...app } = await (await fetch("/app.json")).json();
const { Auth } = resourceConfig();
const { userPoolEndpoint } = Auth.Cognito;
Amplify.configure({ Auth: { Cognito: { ...app, userPoolEndpoint, loginWith: { oauth } } } });

async function whoIsHere() {
  const { tokens } = await fetchAuthSession();
  return tokens ? { ...(await fetchUserAttributes()), state: window.told } : null;
}

function App() {
  const [user, setUser] = useState();
  const [refreshed, setRefreshed] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const look = () => whoIsHere().then(setUser, (error) => setProblem(String(error)));
    look();
    return Hub.listen("auth", ({ payload }) => {
      if (payload.event === "customOAuthState") window.told = payload.data;
      if (payload.event === "signInWithRedirect_failure") setProblem(String(payload.data.error));
      look();
    });
  }, []);
  if (problem) return <p role="alert">{problem}</p>;
  if (user === undefined) return <p>...</p>;
  if (user === null) {
    return <button onClick={() => signInWithRedirect({ customState: "basket-7" })}>Sign in</button>;
  }
  return (
    <main>
      <h1>Hello {user.email}</h1>
      <p>State: {user.state}</p>
      <button onClick={() => fetchAuthSession({ forceRefresh: true }).then(() => setRefreshed(true))}>Refresh</button>
      {refreshed && <p>Refreshed</p>}
      <button onClick={() => signOut()}>Sign out</button>
    </main>
  );
}

createRoot(document.getElementById("root")).render(<App />);
