// An app behind @aws-amplify/ui-react's withAuthenticator, configured by the module that the server generated.

import { withAuthenticator } from "@aws-amplify/ui-react";
import "@aws-amplify/ui-react/styles.css";
import { Amplify } from "aws-amplify";
import { fetchAuthSession } from "aws-amplify/auth";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { configure } from "/poolhouse_local.js";

configure(Amplify);

function Home({ signOut, user }) {
  const [groups, setGroups] = useState();
  useEffect(() => {
    fetchAuthSession().then(({ tokens }) => setGroups(tokens.idToken.payload["cognito:groups"] ?? []));
  }, []);
  return (
    <main>
      <h1>Hello {user.signInDetails.loginId}</h1>
      {groups && <p>Groups: {groups.join(", ") || "none"}</p>}
      <button onClick={signOut}>Sign out</button>
    </main>
  );
}

const Guarded = withAuthenticator(Home);
createRoot(document.getElementById("root")).render(<Guarded />);
