"""Hosted sign-in over TLS, and what comes of it: the source document's way for iOS, with the ID token, and aws-amplify's."""

import base64
import hashlib
import html
import json
import re
import secrets
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx
import pytest
from clients import generated
from clients.admin_queries_example import CALLBACK, seed
from clients.development import Backend, User, trusted
from clients.javascript import Script

RICHARD = User("richard", "richard")
EDITORS = {"groupname": "Editors", "limit": "10"}


@pytest.fixture
def http(secured: Backend) -> Iterator[httpx.Client]:
    """A phone that trusts the project's authority."""
    context = ssl.create_default_context(cafile=trusted(secured.project))
    with httpx.Client(base_url=secured.url, verify=context, timeout=30) as client:
        yield client


def sign_in_on_the_pages(http: httpx.Client, address: str, name: str) -> str:
    """What a person does in the browser: the address that the app is sent back to."""
    opened = http.get(address, follow_redirects=True)
    form = opened.text.partition("<form")[2].partition("</form>")[0]
    target = html.unescape(re.findall(r'action="([^"]+)"', form)[0])
    hidden = {
        key: html.unescape(value) for key, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)">', form)
    }
    answer = http.post(target, data={**hidden, "username": name, "password": seed.PASSWORD})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def swift_tokens(backend: Backend, http: httpx.Client, name: str) -> dict[str, str]:
    """Amplify Swift's own requests: authorize with PKCE, then the code for the tokens."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "code_challenge_method": "S256",
        "client_id": backend.client_id,
        "state": secrets.token_hex(16),
        "redirect_uri": CALLBACK,
        "scope": "email openid",
        "code_challenge": challenge,
    }
    back = sign_in_on_the_pages(http, f"/oauth2/authorize?{urlencode(query, quote_via=quote)}", name)
    assert back.startswith(CALLBACK)
    returned = {key: values[0] for key, values in parse_qs(urlsplit(back).query).items()}
    assert returned["state"] == query["state"]
    # The body is joined without encoding, so a code must not need any.
    body = f"grant_type=authorization_code&client_id={backend.client_id}&code={returned['code']}"
    body += f"&redirect_uri={CALLBACK}&code_verifier={verifier}"
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = http.post("/oauth2/token", content=body.encode(), headers=form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_id_token_of_the_hosted_pages(secured: Backend, http: httpx.Client) -> None:
    """The access token lacks the scope and is refused, as the source document warns; the raw ID token in
    `authorization` is accepted, and its owner's groups count.
    """
    secured.remove(RICHARD, "Editors")
    tokens = swift_tokens(secured, http, "alice")
    add = {"content": b'{"username":"richard","groupname":"Editors"}'}
    refused = http.post("/dev/addUserToGroup", headers={"authorization": tokens["access_token"]}, **add)
    assert (refused.status_code, refused.json()) == (401, {"message": "Unauthorized"})
    assert secured.groups_of(RICHARD) == []
    listed = http.get("/dev/listUsersInGroup", params=EDITORS, headers={"authorization": tokens["id_token"]})
    assert (listed.status_code, len(listed.json()["Users"])) == (200, 10)
    done = http.post("/dev/addUserToGroup", headers={"authorization": tokens["id_token"]}, **add)
    assert (done.status_code, done.json()) == (200, {"message": "Success adding richard to Editors"})
    assert secured.groups_of(RICHARD) == ["Editors"]


def test_an_id_token_of_no_admin(secured: Backend, http: httpx.Client) -> None:
    """It opens nothing but the own sign-out, for which it names its owner."""
    secured.remove(RICHARD, "Editors")
    token = {"authorization": swift_tokens(secured, http, "richard")["id_token"]}
    assert http.get("/dev/listUsersInGroup", params=EDITORS, headers=token).status_code == 403
    body = {"username": "richard", "groupname": "Admins"}
    assert http.post("/dev/addUserToGroup", json=body, headers=token).status_code == 403
    assert secured.groups_of(RICHARD) == []
    assert http.post("/dev/signUserOut", json={"username": "richard"}, headers=token).status_code == 200
    assert http.get("/dev/listGroups", headers=token).status_code == 401


def test_the_native_file_names_what_the_pages_take(secured: Backend) -> None:
    """`Auth.Default.OAuth` of Swift and Android: the app's own address, and the scopes that the client may ask for."""
    folder = generated.write(secured, "json-mobile", base_url="https://pool.test")
    plugin = json.loads((folder / "amplifyconfiguration.json").read_text())["auth"]["plugins"]["awsCognitoAuthPlugin"]
    oauth = plugin["Auth"]["Default"]["OAuth"]
    client = secured.root.describe_user_pool_client(UserPoolId=secured.pool_id, ClientId=secured.client_id)
    known = client["UserPoolClient"]
    assert (oauth["AppClientId"], oauth["WebDomain"]) == (secured.client_id, "pool.test")
    assert oauth["SignInRedirectURI"] in known["CallbackURLs"]
    assert oauth["SignOutRedirectURI"] in known["LogoutURLs"]
    assert set(oauth["Scopes"]) <= set(known["AllowedOAuthScopes"])


def test_amplifys_https(secured: Backend, http: httpx.Client) -> None:
    """aws-amplify v6 puts `https://` before the domain of its outputs: the server itself answers there."""
    with closing(Script("redirect.mjs", str(secured.project), "tls", authority=trusted(secured.project))) as tab:
        assert tab("oauth")["domain"] == secured.url.removeprefix("https://")
        address = tab("open", {})
        assert address.startswith(f"{secured.url}/oauth2/authorize?")
        end = tab("back", sign_in_on_the_pages(http, address, "alice"))
    assert end["claims"]["iss"] == f"{secured.url}/{secured.pool_id}"
    assert end["claims"]["cognito:groups"] == ["Admins"]


def test_cookies_are_kept_for_https(secured: Backend, http: httpx.Client) -> None:
    """Every cookie of the pages is Secure and bound to the host."""
    swift_tokens(secured, http, "alice")
    names = [cookie for cookie in http.cookies.jar if "poolhouse" in cookie.name]
    assert names
    assert all(cookie.secure and cookie.name.startswith("__Host-") for cookie in names)


@pytest.mark.parametrize("authority", [True, False])
def test_amplify_over_tls(secured: Backend, script: Callable[..., Script], authority: bool) -> None:
    """Node trusts the authority that NODE_EXTRA_CA_CERTS names, and nothing without it."""
    secured.remove(RICHARD, "Editors")
    path = trusted(secured.project) if authority else None
    with closing(Script("queries6.mjs", str(secured.project), authority=path)) as tab:
        if not authority:
            with pytest.raises(Exception, match=r"NetworkError|network"):
                tab("signIn", "alice", seed.PASSWORD)
            return
        assert tab("signIn", "alice", seed.PASSWORD) is True
        assert tab("addToGroup") == {"message": "Success adding richard to Editors"}
    assert secured.groups_of(RICHARD) == ["Editors"]
