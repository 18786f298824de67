"""SIGHUP of `poolhouse serve`: new connections see the new certificate, old ones go on, a broken pair changes nothing."""

import contextlib
import http.client
import json
import signal
import socket
import ssl

import httpx
import pytest
from cli.command import SERVE, started, wait_for
from cryptography import x509
from fresh import free_port

from poolhouse.app import clock
from poolhouse.crypto.certificates import Pair, new_authority, new_leaf

HOSTS = ["localhost", "127.0.0.1"]


class Files:
    """The pair that the server is given, and the authority that both of its certificates are of."""

    def __init__(self, folder):
        self.authority = new_authority("tests", clock())
        self.ca, self.certificate, self.key = (folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
        self.ca.write_bytes(self.authority.certificate)
        self.write(self.leaf())

    def leaf(self) -> Pair:
        return new_leaf(self.authority, HOSTS, clock())

    def write(self, pair: Pair) -> None:
        self.certificate.write_bytes(pair.certificate)
        self.key.write_bytes(pair.key)

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)


def serial(pair):
    return x509.load_pem_x509_certificate(pair.certificate).serial_number


def shown(port, files, name="localhost"):
    """The serial number of what a new connection is shown; without a name where it asks for none."""
    context = files.trusting()
    context.check_hostname = name is not None
    plain = socket.create_connection(("127.0.0.1", port), 10)
    with plain, context.wrap_socket(plain, server_hostname=name) as wire:
        return x509.load_der_x509_certificate(wire.getpeercert(binary_form=True)).serial_number


def told(server, event):
    return [line for line in map(json.loads, list(server.lines)) if line["event"] == event]


def reachable(port, files):
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"https://localhost:{port}/health/ready", verify=files.trusting()).status_code == 200
    return False


@contextlib.contextmanager
def kept_open(port, files):
    """A connection that has been used, and a way to use it again."""
    connection = http.client.HTTPSConnection("localhost", port, context=files.trusting(), timeout=30)

    def ask():
        connection.request("GET", "/health/live")
        with connection.getresponse() as answer:
            answer.read()
            return answer.status

    assert ask() == 200
    socket_then = connection.sock
    try:
        yield ask
        assert connection.sock is socket_then
    finally:
        connection.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_renewed_certificate(request, project, tmp_path, workers):
    """Each process takes it, with and without a server's name; a connection that is open is not cut."""
    files, port = Files(tmp_path), free_port()
    database = request.getfixturevalue("postgresql") if workers > 1 else f"sqlite:///{tmp_path}/one.db"
    given = ("--tls-cert", str(files.certificate), "--tls-key", str(files.key))
    arguments = ("serve", "--project", str(project), "--database", database, "--port", str(port), *given)
    with started(*arguments, "--workers", str(workers), cwd=project, given=SERVE) as server:
        assert wait_for(lambda: len(told(server, "ready")) == workers, 180), server.text
        assert reachable(port, files)
        with kept_open(port, files) as ask:
            files.write(renewed := files.leaf())
            server.process.send_signal(signal.SIGHUP)
            assert wait_for(lambda: len(told(server, "certificate renewed")) == workers), server.text
            # More connections than one process would get by chance.
            assert {shown(port, files, name) for name in ["localhost", None] * 4} == {serial(renewed)}
            assert ask() == 200
            a_broken_pair(server, port, files, workers, renewed)
            assert ask() == 200
        assert server.end(signal.SIGTERM) == 0
    assert "worker ended" not in server.text
    assert "Traceback" not in server.text


def a_broken_pair(server, port, files, workers, before):
    """Another's key is refused with the reason, and what was shown is shown on; a whole one is taken again."""
    files.write(files.leaf()._replace(key=files.leaf().key))
    server.process.send_signal(signal.SIGHUP)
    assert wait_for(lambda: len(told(server, "certificate not renewed")) == workers), server.text
    assert all("no certificate with its key" in line["why"] for line in told(server, "certificate not renewed"))
    assert {shown(port, files) for _ in range(4)} == {serial(before)}
    files.write(mended := files.leaf())
    server.process.send_signal(signal.SIGHUP)
    assert wait_for(lambda: len(told(server, "certificate renewed")) == 2 * workers), server.text
    assert {shown(port, files) for _ in range(4)} == {serial(mended)}
