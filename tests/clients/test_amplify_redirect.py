"""aws-amplify v6 and the hosted pages: `auth.oauth` of the outputs leads there, and the way back gives tokens."""

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from clients.development import Backend, Development
from clients.javascript import Script, Thrown

LOGIN = """login_with={
        "email": True,
        "external_providers": {"callback_urls": ["http://localhost:3000/"], "logout_urls": ["http://localhost:3000/bye/"]},
    }"""


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A project whose definitions turn the hosted pages on while the server runs."""
    project = tmp_path_factory.mktemp("hosted")
    server = Development(project)
    try:
        with closing(server.backend()) as backend:
            source = project / "amplify" / "auth" / "resource.py"
            source.write_text(source.read_text().replace('login_with={"email": True}', LOGIN))
            backend.outputs = _with_oauth(project)
            yield backend
    finally:
        server.stop()


def _with_oauth(project: Path) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        outputs: dict[str, Any] = json.loads((project / "amplify_outputs.json").read_text())
        if "oauth" in outputs["auth"]:
            return outputs
        time.sleep(0.1)
    raise AssertionError("the outputs never named the hosted pages")


@pytest.fixture
def tab(hosted: Backend, script: Callable[..., Script]) -> Script:
    return script("redirect.mjs", str(hosted.project))


def signed_in(hosted: Backend, address: str) -> str:
    """What a person does in the browser: the address it is sent back to."""
    user = hosted.new_user()
    with httpx.Client(base_url=hosted.url) as browser:
        opened = browser.get(address.replace("https://", "http://"), follow_redirects=True)
        form = opened.text.partition("<form")[2].partition("</form>")[0]
        target = html.unescape(re.findall(r'action="([^"]+)"', form)[0])
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
        fields = {name: html.unescape(value) for name, value in hidden}
        answer = browser.post(target, data={**fields, "username": user.email, "password": user.password})
    assert answer.status_code == 303
    return answer.headers["location"]


def test_the_outputs_are_understood(hosted: Backend, tab: Script) -> None:
    """The library reads our addresses, scopes and flow; the domain is the server itself."""
    assert tab("oauth") == {
        "domain": hosted.url.removeprefix("http://"),
        "redirectSignIn": ["http://localhost:3000/"],
        "redirectSignOut": ["http://localhost:3000/bye/"],
        "responseType": "code",
        "scopes": ["phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"],
        "providers": [],
    }


def test_sign_in_with_redirect(hosted: Backend, tab: Script) -> None:
    """The address that the library makes is our page, and the code that comes back becomes its tokens."""
    address = tab("open", {})
    assert address.startswith(f"https://{hosted.url.removeprefix('http://')}/oauth2/authorize?")
    assert parse_qs(urlsplit(address).query)["client_id"] == [hosted.client_id]
    end = tab("back", signed_in(hosted, address))
    assert end["claims"]["aud"] == hosted.client_id
    assert end["user"]["userId"] == end["claims"]["sub"]


def test_a_foreign_state_is_refused_by_the_client(hosted: Backend, tab: Script) -> None:
    """Somebody else's answer ends in no session."""
    address = tab("open", {})
    back = re.sub(r"state=[^&]+", "state=another", signed_in(hosted, address))
    with pytest.raises(Thrown):
        tab("back", back)
