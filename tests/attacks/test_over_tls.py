"""Clients that stop in the middle of TLS: none of them holds a connection open, and others are served meanwhile."""

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from app.running import project
from cli.command import Running, started, wait_for
from fresh import free_port

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"
MANY = 20


class Secured:
    """`poolhouse dev --tls`, and how many files its process has open."""

    def __init__(self, server: Running, folder: Path, port: int) -> None:
        self.port, self._server = port, server
        self.context = ssl.create_default_context(cafile=folder / ".poolhouse" / "tls" / "ca.pem")

    def answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.get(f"https://localhost:{self.port}/health/live", verify=self.context, timeout=10)
            return answer.status_code == 200
        return False

    def sockets(self) -> int:
        found = 0
        for file in Path(f"/proc/{self._server.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found += str(file.readlink()).startswith("socket:")
        return found

    def plain(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def tls(self) -> ssl.SSLSocket:
        return self.context.wrap_socket(self.plain(), server_hostname="localhost")


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder, port = project(tmp_path_factory.mktemp("secured")), free_port()
    with started("dev", "--project", str(folder), "--port", str(port), "--tls", cwd=folder) as server:
        server.says("is ready")
        made = Secured(server, folder, port)
        assert wait_for(made.answers)
        yield made
    assert "Traceback" not in server.text


def garbage(secured: Secured) -> socket.socket:
    line = secured.plain()
    line.sendall(HEAD)
    return line


def half_a_hello(secured: Secured) -> socket.socket:
    """The first bytes of a greeting, and no more of this side."""
    line = secured.plain()
    line.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    line.shutdown(socket.SHUT_WR)
    return line


def half_closed(secured: Secured) -> socket.socket:
    """Nothing more of this side, without the goodbye of TLS, in the middle of a body."""
    line = secured.tls()
    line.sendall(HEAD)
    plain = socket.socket(fileno=line.detach())
    plain.shutdown(socket.SHUT_WR)
    return plain


def cut(secured: Secured) -> socket.socket:
    """Reset in the middle of a body."""
    line = secured.tls()
    line.sendall(HEAD)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
    return line


@pytest.mark.parametrize("stop", [garbage, half_a_hello, half_closed, cut])
def test_a_client_that_stops(secured: Secured, stop) -> None:
    before = secured.sockets()
    lines = [stop(secured) for _ in range(MANY)]
    assert secured.answers()
    # The server has others of its own, which come and go: those of its functions.
    assert wait_for(lambda: secured.sockets() < before + MANY // 2), (secured.sockets(), before)
    for line in lines:
        line.close()
