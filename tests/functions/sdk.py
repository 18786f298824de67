"""A server that answers by a script, and clients of it, for the tests of a worker's SDK."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import boto3
from botocore.config import Config

from poolhouse.functions.inside_sdk import hasten

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
        self._open: list[socket.socket] = []
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
            self._open.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            while request := whole(lines):
                self.requests.append(request)
                if not self._script(connection, len(self.requests)):
                    return

    def close(self) -> None:
        """After the clients that speak to it. An exception that a test keeps may keep a connection of botocore's."""
        self._is_open = False
        socket.create_connection(self._socket.getsockname()).close()
        self._threads[0].join()
        self._socket.close()
        for connection in self._open:
            with suppress(OSError):  # its thread has closed it
                connection.shutdown(socket.SHUT_RDWR)
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
        retries = {"mode": config.pop("mode", "standard"), "total_max_attempts": config.pop("attempts", 1)}
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


def listed(client, **more):
    return client.list_users_in_group(UserPoolId="eu-test-1_a", GroupName="crowd", Limit=2, **more)


def named(request: bytes) -> dict[str, str]:
    """The headers of a request, without those that differ from call to call."""
    head = request.partition(b"\r\n\r\n")[0].decode()
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
    changing = {"X-Amz-Date", "Authorization", "amz-sdk-invocation-id"}
    return {name: value for name, value in headers.items() if name not in changing}
