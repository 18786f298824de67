"""What Swift, Android, Flutter and older JavaScript clients put on the wire, replayed byte by byte, with and without TLS.

These clients do not run here; their requests are those of spec/admin-queries.md section 5.1.
"""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest
from clients import generated
from clients.admin_queries_example import seed
from clients.development import Backend, User, trusted

from poolhouse.client import Session, sign_in

RICHARD = User("richard", "richard")
ADD = b'{"username":"richard","groupname":"Editors"}'
SWIFT = b"aws-sdk-swift/1.0 lang/swift#5.9 lib/amplify-swift#2.27.1"
FLUTTER = b"amplify-flutter/2.0.0 (dart)"
OKHTTP = b"amplify-android:2.14.10 (Android/14; Pixel; en_US)"


class Wire:
    """One connection to a server; what is sent is bytes, what comes back is parsed."""

    def __init__(self, backend: Backend, session: Session) -> None:
        self.backend, self.session = backend, session
        address = urlsplit(backend.url)
        self.host = address.netloc.encode()
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        if address.scheme == "https":
            context = ssl.create_default_context(cafile=trusted(backend.project))
            self._socket = context.wrap_socket(self._socket, server_hostname=address.hostname)

    def close(self) -> None:
        self._socket.close()

    def __call__(self, request: bytes, body: bytes = b"", **tokens: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers, decoded JSON. `<access>` and `<id>` in the request are alice's tokens."""
        given = {"access": self.session.access_token, "id": self.session.id_token, **tokens}
        for name, token in given.items():
            request = request.replace(f"<{name}>".encode(), token.encode())
        request = request.replace(b"<host>", self.host).replace(b"<length>", str(len(body)).encode())
        self._socket.sendall(b"\r\n".join(request.strip().splitlines()) + b"\r\n\r\n" + body)
        answer = HTTPResponse(self._socket, method="HEAD" if request.startswith(b"HEAD") else None)
        answer.begin()
        content = answer.read()
        return answer.status, {n.lower(): v for n, v in answer.getheaders()}, json.loads(content) if content else None


@pytest.fixture(params=["sqlite_queries", "postgresql_queries", "sqlite_secured"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Both databases, and once more with TLS."""
    found: Backend = request.getfixturevalue(request.param)
    seed.seed(found.root, found.pool_id)
    found.remove(RICHARD, "Editors")
    return found


@pytest.fixture
def wire(backend: Backend) -> Iterator[Wire]:
    session = sign_in(backend.outputs, "alice", seed.PASSWORD, ca_file=trusted(backend.project))
    with closing(Wire(backend, session)) as opened:
        yield opened


SWIFT_POST = (
    b"""POST /dev/addUserToGroup HTTP/1.1
Host: <host>
Content-Type: application/json
X-Amz-Date: 20240102T030405Z
Accept: */*
authorization: <access>
Accept-Language: en-US,en;q=0.9
Accept-Encoding: gzip, deflate
Content-Length: <length>
User-Agent: %s
Connection: keep-alive
"""
    % SWIFT
)
SWIFT_WITH_ID_TOKEN = (
    b"""POST /dev/addUserToGroup HTTP/1.1
Host: <host>
content-type: application/json
authorization: <id>
Content-Length: <length>
User-Agent: %s
"""
    % SWIFT
)
ANDROID_POST = (
    b"""POST /dev/addUserToGroup HTTP/1.1
authorization: <access>
User-Agent: %s
Content-Length: <length>
Host: <host>
Connection: Keep-Alive
Accept-Encoding: gzip
"""
    % OKHTTP
)
ANDROID_POST_TWICE = ANDROID_POST.replace(b"User-Agent", b"Authorization: <access>\nUser-Agent")
FLUTTER_POST = (
    b"""POST /dev/addUserToGroup HTTP/1.1
user-agent: %s
content-type: application/json; charset=utf-8
accept-encoding: gzip
authorization: <access>
content-length: <length>
host: <host>
"""
    % FLUTTER
)
FLUTTER_WEB_POST = (
    b"""POST /dev/addUserToGroup HTTP/1.1
Host: <host>
Connection: keep-alive
Content-Length: <length>
Authorization: <access>
X-Amz-User-Agent: %s
Content-Type: application/json; charset=utf-8
Accept: */*
Origin: http://localhost:3000
Referer: http://localhost:3000/
"""
    % FLUTTER
)
V5_POST = b"""POST /dev/addUserToGroup HTTP/1.1
Accept: application/json, text/plain, */*
Content-Type: application/json
Authorization: <access>
User-Agent: axios/1.6.5
Content-Length: <length>
Accept-Encoding: gzip, compress, deflate, br
Host: <host>
Connection: keep-alive
"""
BEARER_POST = V5_POST.replace(b"Authorization: <access>", b"AUTHORIZATION: bearer <access>")
POSTS = {
    "swift": SWIFT_POST,
    "swift, id token": SWIFT_WITH_ID_TOKEN,
    "android": ANDROID_POST,
    "android, header twice": ANDROID_POST_TWICE,
    "flutter": FLUTTER_POST,
    "flutter in a browser": FLUTTER_WEB_POST,
    "javascript v5": V5_POST,
    "bearer": BEARER_POST,
}


@pytest.mark.parametrize("request_", POSTS.values(), ids=POSTS)
def test_richard_is_added(backend: Backend, wire: Wire, request_: bytes) -> None:
    """Whatever its headers: JSON with and without a Content-Type, the token under every spelling of the header."""
    assert wire(request_, ADD)[::2] == (200, {"message": "Success adding richard to Editors"})
    assert backend.groups_of(RICHARD) == ["Editors"]


def test_a_form(backend: Backend, wire: Wire) -> None:
    """What an HTML form would send."""
    request = V5_POST.replace(b"application/json\n", b"application/x-www-form-urlencoded\n")
    assert wire(request, b"username=richard&groupname=Editors")[0] == 200
    assert backend.groups_of(RICHARD) == ["Editors"]


V5_GET = b"""GET /dev/listUsersInGroup?groupname=Editors&limit=10&token= HTTP/1.1
Accept: application/json, text/plain, */*
Content-Type: application/json
Authorization: <access>
User-Agent: axios/1.6.5
Content-Length: 4
Host: <host>
Connection: keep-alive
"""
SWIFT_GET = (
    b"""GET /dev/listUsersInGroup?limit=10&groupname=Editors HTTP/1.1
Host: <host>
content-type: application/json
X-Amz-Date: 20240102T030405Z
authorization: <access>
User-Agent: %s
"""
    % SWIFT
)
ANDROID_GET = (
    b"""GET /dev/listUsersInGroup?groupname=Editors&limit=10 HTTP/1.1
authorization: <access>
User-Agent: %s
Host: <host>
Connection: Keep-Alive
Accept-Encoding: gzip
"""
    % OKHTTP
)
FLUTTER_GET = (
    b"""GET /dev/listUsersInGroup?groupname=Editors&limit=10 HTTP/1.1
user-agent: %s
accept-encoding: gzip
authorization: <access>
host: <host>
"""
    % FLUTTER
)
GETS = {
    "swift": (SWIFT_GET, b""),
    "swift 1": (SWIFT_GET.replace(b"X-Amz-Date: 20240102T030405Z\n", b""), b""),
    "android": (ANDROID_GET, b""),
    "flutter": (FLUTTER_GET, b""),
    "javascript v5, whose GET has the body null": (V5_GET, b"null"),
}


@pytest.mark.parametrize(("request_", "body"), GETS.values(), ids=GETS)
def test_all_pages_over_one_connection(wire: Wire, request_: bytes, body: bytes) -> None:
    """The token goes into the next request as it came: no client's idea of encoding can hurt it. Bodies of GETs are
    read away, so that the next request on the connection is the next request.
    """
    found: list[str] = []
    request = request_
    while True:
        status, _headers, page = wire(request, body)
        assert status == 200, page
        found += [user["Username"] for user in page["Users"]]
        if "NextToken" not in page:
            break
        assert page["NextToken"].replace("-", "").replace("_", "").isalnum()
        query = request_.partition(b" HTTP")[0].replace(b"&token=", b"") + b"&token=" + page["NextToken"].encode()
        request = query + b" HTTP" + request_.partition(b" HTTP")[2]
    assert sorted(found) == seed.EDITORS


def test_encodings_of_a_query(wire: Wire) -> None:
    """An address as user name, in every client's encoding; `+` is a space, as forms have it, so it must come encoded."""
    one = FLUTTER_GET.replace(b"listUsersInGroup?groupname=Editors&limit=10", b"getUser?username=<name>")
    for name in ("richard%40example.com", "richard@example.com", "%72ichard", "richard"):
        assert wire(one, name=name)[2]["Username"] == "richard"
    for name in ("rich+ard", "rich%20ard", "ghost%2Bx", "ghost%3Bx"):
        status, _headers, told = wire(one, name=name)
        assert (status, set(told)) == (400, {"message"})


def test_two_different_tokens(backend: Backend, wire: Wire) -> None:
    """Android adds its token to the one of the app: where they differ, neither is believed."""
    mixed = ANDROID_POST_TWICE.replace(b"Authorization: <access>", b"Authorization: <id>")
    assert wire(mixed, ADD)[::2] == (401, {"message": "Unauthorized"})
    assert backend.groups_of(RICHARD) == []


def test_a_post_that_became_a_get(backend: Backend, wire: Wire) -> None:
    """Android sends a POST without data as a GET: no such route, and nothing happens."""
    assert wire(ANDROID_GET.replace(b"listUsersInGroup?groupname=Editors&limit=10", b"addUserToGroup"))[0] == 404
    assert backend.groups_of(RICHARD) == []


def test_preflight_of_flutter(wire: Wire) -> None:
    """A browser asks first, for the header that only Flutter sends too; answers can be read from another origin."""
    status, headers, _body = wire(
        b"""OPTIONS /dev/addUserToGroup HTTP/1.1
Host: <host>
Origin: http://localhost:3000
Access-Control-Request-Method: POST
Access-Control-Request-Headers: authorization,content-type,x-amz-user-agent
"""
    )
    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    allowed = {name.strip().lower() for name in headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type", "x-amz-user-agent"} <= allowed
    assert wire(FLUTTER_WEB_POST, ADD)[1]["access-control-allow-origin"] == "*"
    refused = wire(FLUTTER_WEB_POST.replace(b"<access>", b"nobody"), ADD)
    assert (refused[0], refused[1]["access-control-allow-origin"]) == (401, "*")


def test_the_generated_addresses_answer(backend: Backend, wire: Wire) -> None:
    """Flutter's files and those of the first generation lead to the API: a call of their URLs succeeds."""
    folder = generated.write(backend, "dart", "dart-mobile", "json-web")

    def dart(name: str) -> Any:
        return json.loads((folder / name).read_text().partition("r'''")[2].removesuffix("''';\n"))

    first = dart("amplifyconfiguration.dart")
    addresses = {
        dart("amplify_outputs.dart")["rest_api"]["AdminQueries"]["url"],
        first["api"]["plugins"]["awsAPIPlugin"]["AdminQueries"]["endpoint"],
        json.loads((folder / "amplifyconfiguration.json").read_text())["aws_cloud_logic_custom"][0]["endpoint"],
    }
    (address,) = addresses
    pool = first["auth"]["plugins"]["awsCognitoAuthPlugin"]["CognitoUserPool"]["Default"]
    assert pool["Endpoint"] == dart("amplify_outputs.dart")["auth"]["user_pool_endpoint"] == backend.url
    path = urlsplit(address).path.encode()
    assert wire(FLUTTER_GET.replace(b"GET /dev", b"GET " + path))[0] == 200
