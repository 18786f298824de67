"""The AWS SDK's short way from a worker to the server: what it sends, reads and raises is what botocore's own does."""

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

import boto3
import botocore.session
import pytest
from botocore import auth, parsers
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from poolhouse.functions.inside_sdk import Reading, Straight, hasten

KEYS = {"aws_access_key_id": "ASIA1", "aws_secret_access_key": "secret", "aws_session_token": "session"}
USER = {
    "Username": "ana",
    "Attributes": [{"Name": "sub", "Value": "1"}],
    "UserCreateDate": 1767323045.678,
    "UserLastModifiedDate": 1767323045.678,
    "Enabled": True,
    "UserStatus": "CONFIRMED",
    "Unknown": {"member": 1},
}
PAGE = {"Users": [USER, {**USER, "Username": "ben", "Attributes": None}], "NextToken": "more"}
Script = Callable[[socket.socket, int], bool]


def answer(connection: socket.socket, body: object, *lines: str) -> None:
    text = json.dumps(body).encode()
    head = ["HTTP/1.1 200 OK", "Content-Type: application/x-amz-json-1.1", "x-amzn-RequestId: r-1", *lines]
    connection.sendall("\r\n".join([*head, f"Content-Length: {len(text)}", "", ""]).encode() + text)


def always(connection: socket.socket, _turn: int) -> bool:
    answer(connection, PAGE)
    return True


def whole(lines: BinaryIO) -> bytes:
    """The next request of a connection; empty at its end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = lines.readline()
        if not line:
            return b""
        head += line
    length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return head + lines.read(int(length.partition(b":")[2]))


class Server:
    """Keeps every request; `script` answers the nth and says whether the connection is to be kept."""

    def __init__(self, script: Script) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._script = script
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._is_open = True
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if not self._is_open:
                connection.close()
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            while request := whole(lines):
                self.requests.append(request)
                if not self._script(connection, len(self.requests)):
                    return

    def close(self) -> None:
        """After the clients that speak to it."""
        self._is_open = False
        socket.create_connection(self._socket.getsockname()).close()
        self._threads[0].join()
        self._socket.close()
        for thread in self._threads:
            thread.join()


class Shop:
    """Servers and clients of one test."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._servers: list[Server] = []
        self._clients: list[object] = []

    def server(self, script: Script = always) -> Server:
        self._servers.append(Server(script))
        return self._servers[-1]

    def client(self, address: str, *, is_hastened: bool = True, **config):
        retries = {"mode": "standard", "total_max_attempts": config.pop("attempts", 1)}
        settings = Config(retries=retries, **config)
        made = self._session.client("cognito-idp", endpoint_url=address, config=settings)
        self._clients.append(made)
        if is_hastened:
            hasten(made, address)
        return made

    def close(self) -> None:
        for client in self._clients:
            client.close()
        for server in self._servers:
            server.close()


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    """One for all: it reads the service's model once."""
    return boto3.Session(**KEYS, region_name="eu-test-1")


@pytest.fixture
def shop(session) -> Iterator[Shop]:
    shop, before, signers = Shop(session), dict(parsers.PROTOCOL_PARSERS), dict(auth.AUTH_TYPE_MAPS)
    yield shop
    shop.close()
    parsers.PROTOCOL_PARSERS.update(before)
    auth.AUTH_TYPE_MAPS.update(signers)


def listed(client, **more):
    return client.list_users_in_group(UserPoolId="eu-test-1_a", GroupName="crowd", Limit=2, **more)


def named(request: bytes) -> dict[str, str]:
    """The headers of a request, without those that differ from call to call."""
    head = request.partition(b"\r\n\r\n")[0].decode()
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
    changing = {"X-Amz-Date", "Authorization", "amz-sdk-invocation-id", "User-Agent"}
    return {name: value for name, value in headers.items() if name not in changing}


def test_both_ways_say_and_read_the_same(shop):
    """Request line, headers, body and answer are those of botocore's own session."""
    server = shop.server()
    plain = listed(shop.client(server.address, is_hastened=False))
    short = shop.client(server.address)
    assert isinstance(short._endpoint.http_session, Straight)
    assert listed(short) == plain
    own, ours = server.requests
    assert ours.splitlines()[0] == own.splitlines()[0]
    assert named(ours) == named(own)
    assert ours.splitlines()[-1] == own.splitlines()[-1]
    assert b"Authorization: AWS4-HMAC-SHA256 Credential=ASIA1/" in ours


def test_a_connection_is_kept(shop):
    """Calls one after the other share it."""
    server = shop.server()
    client = shop.client(server.address)
    assert [listed(client)["Users"][1]["Username"] for _ in range(3)] == ["ben"] * 3
    assert (server.connections, len(server.requests)) == (1, 3)


def test_a_connection_that_the_server_closes_is_not_used_again(shop):
    """Whether the server says so or not, the next call goes over a new one, and nothing is sent twice."""

    def once(connection: socket.socket, turn: int) -> bool:
        answer(connection, PAGE, *(["Connection: close"] if turn == 1 else []))
        return False

    server = shop.server(once)
    client = shop.client(server.address)
    attempts = [listed(client)["ResponseMetadata"]["RetryAttempts"] for _ in range(2)]
    (kept,) = client._endpoint.http_session._idle
    assert select.select([kept], [], [], 30)[0], "the server's end has come"
    attempts.append(listed(client)["ResponseMetadata"]["RetryAttempts"])
    assert attempts == [0, 0, 0]
    assert (server.connections, len(server.requests)) == (3, 3)


@pytest.mark.parametrize(
    "what", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"]
)
def test_an_answer_that_ends_too_early(shop, what):
    """botocore hears of it in its own words, and asks again where it may."""

    def first_half(connection: socket.socket, turn: int) -> bool:
        if turn == 2:
            return always(connection, turn)
        connection.sendall(what)
        return False

    server = shop.server(first_half)
    assert listed(shop.client(server.address, attempts=2))["ResponseMetadata"]["RetryAttempts"] == 1
    alone = shop.server(lambda connection, _: connection.sendall(what) is not None)
    with pytest.raises(ConnectionClosedError):
        listed(shop.client(alone.address))


@pytest.mark.parametrize("length", [b"", b"Content-Length: 1\r\n", b"Content-Length: two\r\n"])
def test_an_answer_that_does_not_tell_its_length(shop, length):
    """It is refused, and the connection is not used again."""
    what = b"HTTP/1.1 200 OK\r\n%b\r\n{}" % length
    server = shop.server(lambda connection, _: connection.sendall(what) is None)
    with pytest.raises(ConnectionClosedError):
        listed(shop.client(server.address))


def test_an_answer_in_pieces(shop):
    """Each byte may come alone; a header that is there twice has both values."""

    def slowly(connection: socket.socket, _turn: int) -> bool:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        text = b'HTTP/1.1 200 OK\r\nVary: A\r\nvary: B\r\nContent-Length: 12\r\n\r\n{"Users":[]}'
        for place in range(len(text)):
            connection.sendall(text[place : place + 1])
        return True

    told = listed(shop.client(shop.server(slowly).address))
    assert told["Users"] == []
    assert told["ResponseMetadata"]["HTTPHeaders"]["vary"] == "A, B"


def test_a_server_that_does_not_answer(shop):
    """The client's own patience counts."""
    done = threading.Event()
    server = shop.server(lambda *_: done.wait(30) and False)
    try:
        with pytest.raises(ReadTimeoutError):
            listed(shop.client(server.address, read_timeout=0.05))
    finally:
        done.set()


def test_nobody_listens(shop):
    """botocore tries it itself and says what it says."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(EndpointConnectionError):
            listed(shop.client(f"http://127.0.0.1:{taken.getsockname()[1]}"))


def test_an_error_is_read_as_ever(shop):
    """The exception's class, code and message."""

    def refuse(connection: socket.socket, _turn: int) -> bool:
        body = b'{"__type":"GroupNotFoundException","message":"no"}'
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        return True

    client = shop.client(shop.server(refuse).address)
    with pytest.raises(client.exceptions.ClientError) as caught:
        listed(client)
    assert caught.value.response["Error"] == {"Code": "GroupNotFoundException", "Message": "no"}


@pytest.mark.parametrize("address", ["https://127.0.0.1:4500", "http://127.0.0.1", "http://127.0.0.1:80"])
def test_what_is_not_ours_is_left_alone(shop, address):
    """Another server, TLS, and the port that a Host header does not name."""
    client = shop.client(address)
    hasten(client, "http://127.0.0.1:4500")
    assert not isinstance(client._endpoint.http_session, Straight)


def test_a_proxy_is_not_passed_by(shop, monkeypatch):
    """Neither one of the client's settings nor one of the environment."""
    address = "http://127.0.0.1:4500"
    behind = shop.client(address, proxies={"http": "http://127.0.0.1:9"})
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "elsewhere.example")
    for client in (behind, shop.client(address)):
        assert not isinstance(client._endpoint.http_session, Straight)


def test_a_header_that_a_handler_added_breaks_nothing_out(shop):
    """A line break in it is refused as botocore's own session refuses it, and nothing is sent."""
    server = shop.server()
    client = shop.client(server.address)
    client.meta.events.register(
        "before-send", lambda request, **_: request.headers.__setitem__("X-Mine", "a\r\nX-Other: b")
    )
    with pytest.raises(Exception, match="header"):
        listed(client)
    assert server.requests == []


def sample(shape, depth: int = 0):
    """JSON of a shape, and one member too many; nothing is left out before the fifth level."""
    match shape.type_name:
        case "structure" if getattr(shape, "is_tagged_union", False):
            name, member = next(iter(shape.members.items()))
            return {member.serialization.get("name", name): sample(member, depth + 1)}
        case "structure":
            given = {"unknown": {"x": [1]}, "empty": None}
            if depth < 5:
                given |= {
                    each.serialization.get("name", name): sample(each, depth + 1)
                    for name, each in shape.members.items()
                }
            return given
        case "list":
            return [sample(shape.member, depth + 1), None, sample(shape.member, depth + 1)]
        case "map":
            return {"key": sample(shape.value, depth + 1)}
        case "timestamp":
            return 1767323045.678
        case "blob":
            return "aGk="
        case "boolean":
            return True
        case "string":
            return "text"
        case _:
            return 7


@pytest.mark.parametrize("service", ["cognito-idp", "cognito-identity", "kms", "dynamodb"])
def test_every_answer_is_read_as_botocore_reads_it(service):
    """All operations of services that speak JSON, with shapes within themselves, unions, maps and bytes among them."""
    model = botocore.session.get_session().get_service_model(service)
    own, ours = parsers.JSONParser(), Reading()
    for name in model.operation_names:
        shape = model.operation_model(name).output_shape
        bodies = [b"", b"{}", b"not json"]
        if shape is not None:
            bodies.append(json.dumps(sample(shape)).encode())
        for body in bodies:
            given = {"status_code": 200, "headers": {"x-amzn-requestid": "r-1"}, "body": body}
            assert ours.parse(given, shape) == own.parse(given, shape), name


async def test_a_worker_uses_it_for_its_server_and_for_no_other(house):
    """botocore still offers the place through which it gets in."""
    functions = await house.run(
        """
        import boto3, os
        session = boto3.Session()
        def handler(event, context):
            elsewhere = session.client("cognito-idp", endpoint_url="http://127.0.0.1:10")
            clients = [session.client("cognito-idp"), session.client("sts"), elsewhere]
            return [type(client._endpoint.http_session).__name__ for client in clients]
        """,
        memory_mb=256,
        timeout_seconds=20,
    )
    outcome = await functions.invoke("work", b"{}")
    assert json.loads(outcome.payload) == ["Straight", "Straight", "URLLib3Session"]
