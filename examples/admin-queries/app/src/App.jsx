import { withAuthenticator } from "@aws-amplify/ui-react";
import { useState } from "react";
import { addToGroup, listEditors } from "./adminQueries.js";

const PAGE = 10;

function App({ signOut, user }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [told, setTold] = useState("");
  const [editors, setEditors] = useState();

  // Shows what a call gave, or why it was refused. One call at a time: a second click waits for the first answer.
  async function run(call, show) {
    if (busy) return;
    setBusy(true);
    setProblem("");
    setTold("");
    try {
      show(await call());
    } catch (error) {
      setProblem(error.response ? `${error.message} (${error.response.statusCode})` : error.message);
    } finally {
      setBusy(false);
    }
  }

  const add = () => run(addToGroup, ({ message }) => setTold(message));
  const list = () =>
    run(
      () => listEditors(PAGE),
      ({ Users, more }) => {
        setEditors(Users);
        setTold(count(Users.length, more));
      },
    );

  return (
    <>
      <header className="bar">
        <strong>Admin Queries</strong>
        <span>{user.username}</span>
        <button className="plain" onClick={signOut}>Sign out</button>
      </header>
      <main className="App">
        <section className="card">
          <h1>Editors</h1>
          <p>Adds the user richard to the group Editors, and lists who is in it, {PAGE} at a time.</p>
          <div className="actions">
            <button aria-disabled={busy} onClick={add}>Add to Group</button>
            <button aria-disabled={busy} onClick={list}>List Editors</button>
          </div>
          <p role="status">{busy ? "Asking ..." : told}</p>
          <p role="alert" className="problem">{problem}</p>
          {editors && <Editors users={editors} />}
        </section>
      </main>
    </>
  );
}

function count(shown, more) {
  const people = shown === 1 ? "1 editor" : `${shown} editors`;
  return more ? `${people}. There are more: list again for the next page.` : `${people}. This is the last page.`;
}

function Editors({ users }) {
  return (
    <table>
      <caption>Members of Editors</caption>
      <thead>
        <tr>
          <th scope="col">User name</th>
          <th scope="col">E-mail</th>
          <th scope="col">Status</th>
        </tr>
      </thead>
      <tbody>
        {users.map(({ Username, Attributes, Enabled, UserStatus }) => (
          <tr key={Username}>
            <th scope="row">{Username}</th>
            <td>{Attributes.find(({ Name }) => Name === "email")?.Value}</td>
            <td>{Enabled ? UserStatus : "disabled"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const Title = () => <h1 className="title">Admin Queries</h1>;

export default withAuthenticator(App, { hideSignUp: true, variation: "default", components: { Header: Title } });
