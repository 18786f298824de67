"""The AWS SDK's short way from a worker to the server: what it sends, reads and raises is what botocore's own does.

What goes botocore's own way is in test_inside_plain.
"""

import json
import socket
import threading

import botocore.session
import pytest
from botocore import parsers
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from functions.sdk import PAGE, always, answer, listed, named

from poolhouse.functions.inside_sdk import Calls, Reading, hasten


def test_both_ways_say_and_read_the_same(shop):
    """Request line, headers, body and answer are those of botocore's own session."""
    server = shop.server()
    plain = listed(shop.client(server.address, is_hastened=False))
    short = shop.client(server.address)
    assert isinstance(short._make_api_call, Calls)
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
    assert kept.poll.poll(30_000), "the server's end has come"
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
    """The exception's class, code and message; the server was asked once."""

    def refuse(connection: socket.socket, _turn: int) -> bool:
        body = b'{"__type":"GroupNotFoundException","message":"no"}'
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        return True

    server = shop.server(refuse)
    told = []
    for is_hastened in (True, False):
        client = shop.client(server.address, attempts=3, is_hastened=is_hastened)
        with pytest.raises(client.exceptions.ClientError) as caught:
            listed(client)
        told.append((type(caught.value).__name__, str(caught.value), caught.value.response))
    assert told[0] == told[1]
    assert told[0][2]["Error"] == {"Code": "GroupNotFoundException", "Message": "no"}
    assert len(server.requests) == 2


@pytest.mark.parametrize("mode", ["standard", "legacy"])
def test_a_fault_of_the_server_is_repeated_by_botocore(shop, mode):
    """The failed answer was its first attempt; it counts both."""

    def first_fails(connection: socket.socket, turn: int) -> bool:
        if turn == 1:
            connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}")
            return True
        return always(connection, turn)

    server = shop.server(first_fails)
    assert listed(shop.client(server.address, attempts=2, mode=mode))["ResponseMetadata"]["RetryAttempts"] == 1
    assert [b"attempt=1" in request for request in server.requests] == [True, False]


def test_a_plain_call_gives_retries_back(shop):
    """The standard mode stops repeating when too much failed lately; what succeeds counts."""
    client = shop.client(shop.server().address)
    (back,) = client._make_api_call._plan("ListUsersInGroup").after
    quota = back.__self__._quota
    quota.acquire(9)
    listed(client)
    assert quota.available_capacity == 500 - 9 + 1


@pytest.mark.parametrize("address", ["https://127.0.0.1:4500", "http://127.0.0.1", "http://127.0.0.1:80"])
def test_what_is_not_ours_is_left_alone(shop, address):
    """Another server, TLS, and the port that a Host header does not name."""
    client = shop.client(address)
    hasten(client, "http://127.0.0.1:4500")
    assert not isinstance(client._make_api_call, Calls)


def test_a_proxy_is_not_passed_by(shop, monkeypatch):
    """Neither one of the client's settings nor one of the environment."""
    address = "http://127.0.0.1:4500"
    behind = shop.client(address, proxies={"http": "http://127.0.0.1:9"})
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "elsewhere.example")
    for client in (behind, shop.client(address)):
        assert not isinstance(client._make_api_call, Calls)


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
            clients = [session.client("cognito-idp"), session.client("cognito-identity"), session.client("sts"), elsewhere]
            return [type(client._make_api_call).__name__ for client in clients]
        """,
        memory_mb=256,
        timeout_seconds=20,
    )
    outcome = await functions.invoke("work", b"{}")
    assert json.loads(outcome.payload) == ["Calls", "Calls", "method", "method"]
