// Has the browser use or make a passkey, with the options on the page, and sends the answer with the page's form. The
// form's button works while this script can answer it, and not while the browser is being asked.

const form = document.getElementById("passkey");
const button = form.querySelector("button");
const isNew = "new" in form.dataset;

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function named(credentials) {
  return (credentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
}

function credential() {
  const options = JSON.parse(form.dataset.options);
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (isNew) {
    publicKey.user = { ...options.user, id: bytes(options.user.id) };
    publicKey.excludeCredentials = named(options.excludeCredentials);
    return navigator.credentials.create({ publicKey });
  }
  publicKey.allowCredentials = named(options.allowCredentials);
  return navigator.credentials.get({ publicKey });
}

function answer({ id, rawId, type, authenticatorAttachment, response }) {
  const plain = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) {
      plain[name] = text(response[name]);
    }
  }
  if (isNew) {
    plain.transports = response.getTransports?.() ?? [];
  }
  return { id, rawId: text(rawId), type, authenticatorAttachment, response: plain };
}

function tell(name) {
  for (const each of ["trouble", "known"]) {
    document.getElementById(each)?.toggleAttribute("hidden", each !== name);
  }
}

async function ask() {
  tell(null);
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(answer(await credential()));
  } catch (error) {
    tell(isNew && error.name === "InvalidStateError" ? "known" : "trouble");
    button.disabled = false;
    button.focus();
    return;
  }
  form.submit();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
if (isNew) {
  button.disabled = false;
} else {
  ask();
}
