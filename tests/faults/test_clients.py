"""Clients that misbehave, against a real server: idle in numbers, half-closed, oversize, deeply nested, slow to read."""

import asyncio
import contextlib
import json
import resource
import socket
import time

import httpx
import pytest
from cli.command import ROOT_SECRET, SERVE, ready, started
from cli.test_serve import arguments
from fresh import free_port

IDLE = 3_000
FEW = 512
JSON = "application/x-amz-json-1.1"
TARGET = {"x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth", "content-type": JSON}


@contextlib.contextmanager
def open_files(wanted):
    """This process may open so many, if its hard limit lets it; what it starts meanwhile inherits that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One server for all of these tests, started with few open files, which it raises itself."""
    from app.running import project as copied

    folder, port = tmp_path_factory.mktemp("served"), free_port()
    project = copied(folder / "project")
    with contextlib.ExitStack() as stack:
        with open_files(FEW):
            server = stack.enter_context(
                started(*arguments(project, f"sqlite:///{folder}/f.db", port), cwd=project, given=SERVE)
            )
        assert ready(f"http://127.0.0.1:{port}"), server.text
        server.port = port
        yield server
        assert "Traceback" not in server.text
        assert ROOT_SECRET not in server.text


def lives(server):
    """Answers at once."""
    began = time.monotonic()
    assert httpx.get(f"http://127.0.0.1:{server.port}/health/ready", timeout=20).status_code == 200
    return time.monotonic() - began


def ask(connection):
    """Answered on this very connection."""
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_many_idle_connections(served):
    """More than it was allowed when it was started are held, none is closed or loses its place, and others are served."""
    with open_files(IDLE + 500), contextlib.ExitStack() as stack:
        opened = []
        for number in range(1, IDLE + 1):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=60))
            opened.append(one)
            if number % 500 == 0:  # so that no more wait to be taken than the system lets wait
                ask(one)
        assert lives(served) < 10
        for one in opened[:: IDLE // 10]:
            ask(one)
    assert lives(served) < 10


async def test_half_closed(served):
    """Whoever closes his side after a whole request gets his answer or an end, and nothing stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 20)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 200")
    writer.close()
    lives(served)


BODIES = {
    "oversize": (b'{"AuthFlow":"' + b"x" * 1_100_000 + b'"}', 413),
    "deep arrays": (b'{"AuthFlow":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "deep objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
    "deep metadata": (b'{"ClientMetadata":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, 400),
    "a long number": (b'{"AuthFlow":' + b"9" * 500_000 + b"}", 400),
    "no JSON": (b"\xff" * 1000, 400),
}


@pytest.mark.parametrize("kind", BODIES)
def test_bodies_that_go_too_far(served, kind):
    """Refused in words of the protocol, soon, without a trace of it in the log."""
    body, status = BODIES[kind]
    began = time.monotonic()
    answer = httpx.post(f"http://127.0.0.1:{served.port}/", content=body, headers=TARGET, timeout=30)
    assert (answer.status_code, "__type" in answer.json()) == (status, True)
    assert time.monotonic() - began < 10
    lives(served)


def test_a_nested_query(served):
    """GraphQL: ten thousand levels are refused, not recursed into."""
    query = "{" + "a{" * 10_000 + "b" + "}" * 10_001
    answer = httpx.post(f"http://127.0.0.1:{served.port}/graphql", json={"query": query}, timeout=30)
    assert answer.status_code < 500
    assert json.loads(answer.text)["errors"]
    lives(served)
